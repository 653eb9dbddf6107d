"""How errors become pages: in the site's look, saying what to do, never what went wrong inside."""

import logging

from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from meetups.extensions import Gone, ask_nobody, forget_transaction
from meetups.faults import where
from meetups.web.requests import asked

WORDS = {
    400: ("That did not arrive whole", "Go back, load the page again and try once more."),
    403: ("Not for you", "You may not do that."),
    404: ("Nothing here", "The page is gone, or it never was."),
    405: ("That is a button, not a page", "Go back and use the button."),
    410: ("This link has ended", "Ask for a new one."),
    413: ("That was too much", "Shorten the text and try again."),
    429: ("Too many tries", "Wait a little, then try again."),
    500: ("Our fault", "Something broke on our side. What you had saved is safe. Please try again."),
    503: ("Busy for a moment", "Please try again in a few seconds. Nothing was lost."),
}
BUSY_RETRY_SECONDS = "5"
log = logging.getLogger("meetups.errors")


def register(app: Flask) -> None:
    """Attach the handlers to the application."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Gone, _gone)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, said: str | None = None) -> tuple[str, int]:
    """Return an error page and its status; `said` replaces the usual advice."""
    title, advice = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    return render_template("errors/error.html", title=title, advice=said or advice, status=status), status


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400 or isinstance(error, SecurityError):
        # Under a name that is not ours no page has addresses to link to.
        return error
    # Ours when it was given in abort(); Werkzeug's own words are not for mothers.
    own = error.description if error.description != type(error).description else None
    return page(code, own)


def _stale_form(_error: CSRFError) -> tuple[str, int]:
    return page(400, "The form was open too long or cookies are off. Go back, load the page again, and send it.")


def _database(error: OperationalError) -> tuple[str, int, dict[str, str]]:
    forget_transaction()
    log.warning("database not available", extra={"why": type(error.orig).__name__})
    ask_nobody()
    return *page(503), {"Retry-After": BUSY_RETRY_SECONDS}


def _gone(_error: Gone) -> tuple[str, int]:
    # A date whose host has just taken it back, say: to whoever comes a moment later it never was.
    forget_transaction()
    return page(404)


def _unexpected(error: Exception) -> tuple[str, int]:
    forget_transaction()
    log.error("a request did not work", extra={"route": asked(), "why": where(error)})
    return page(500)
