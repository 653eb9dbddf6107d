"""The application factory: settings, extensions, handlers, blueprints, commands, in that order."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from meetups import logs
from meetups.accounts.kid_routes import bp as kids
from meetups.accounts.routes import bp as accounts
from meetups.cli import register_commands
from meetups.clock import steady
from meetups.config import Settings, from_environment
from meetups.domain.zones import use_packaged_zones
from meetups.events.edit_routes import bp as edits
from meetups.events.routes import bp as events
from meetups.extensions import csrf, db, login, prepare_engine
from meetups.faults import where
from meetups.feeds import subscribed
from meetups.feeds.routes import bp as feeds
from meetups.granting import emails as granting
from meetups.hosting.routes import bp as hosting
from meetups.imports.routes import bp as imports
from meetups.mail.routes import bp as mail
from meetups.pages.routes import bp as pages
from meetups.places.proposal_routes import bp as proposals
from meetups.places.routes import bp as places
from meetups.reminders.routes import bp as reminders
from meetups.rsvps.link_routes import bp as links
from meetups.rsvps.routes import bp as rsvps
from meetups.rsvps.standing_routes import bp as standing
from meetups.upkeep.routes import bp as upkeep
from meetups.web import assets, errors, filters, headers, kept, requests
from meetups.web.requests import asked
from meetups.wishes.routes import bp as wishes

ROOT = Path(__file__).parent.parent
COMPOSERS = granting  # importing it registers the mail: it has no page of its own
SUBSCRIBED = subscribed  # importing it tells invitations who has a feed
BLUEPRINTS = (
    pages, accounts, kids, places, proposals, wishes, events, edits, rsvps, standing, links, feeds, imports, hosting,
    reminders, mail, upkeep,
)  # fmt: skip


class Cookies(SecureCookieSessionInterface):
    """Flask's own signed cookie; what signs it is made once, and not for each request."""

    def get_signing_serializer(self, app: Flask) -> Any:
        """Return what signs and reads the cookie; None where there is no key."""
        return _signer(self, app)


@lru_cache(8)
def _signer(cookies: Cookies, app: Flask) -> Any:
    return super(Cookies, cookies).get_signing_serializer(app)


class Site(Flask):
    """The application. What breaks an error page too is logged as all else is: no path in it, and no error's words."""

    session_interface = Cookies()

    def log_exception(self, exc_info: Any) -> None:
        """Log what no handler could answer."""
        errors.log.error("a request could not be answered", extra={"route": asked(), "why": where(exc_info[1])})


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; raise BadSetting where the environment is missing or weak."""
    settings = settings or from_environment(os.environ)
    use_packaged_zones()
    logs.configure(settings.log_format)
    app = Site(__name__, root_path=str(ROOT), instance_path=str(settings.data_dir))
    app.config.from_mapping(settings.flask(), SETTINGS=settings, STARTED=steady())
    _behind_proxies(app, settings.trusted_proxies)
    _add_extensions(app)
    for part in (requests, headers, errors, filters, assets, kept):
        part.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_commands(app)
    return app


def _behind_proxies(app: Flask, hops: int) -> None:
    # An exact number of hops: the first address in X-Forwarded-For is whatever the visitor wrote there.
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _add_extensions(app: Flask) -> None:
    db.init_app(app)
    csrf.init_app(app)
    # Templates know the viewer (accounts/routes.py), whom a page about errors can do without.
    login.init_app(app, add_context_processor=False)
    with app.app_context():
        prepare_engine(db.engine)
