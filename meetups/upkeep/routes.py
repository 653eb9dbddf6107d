"""The outbox, for admins: how it stands, and what to do about mails that did not leave. Nobody's address is shown."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from meetups.accounts.current import viewer
from meetups.clock import utcnow
from meetups.extensions import db
from meetups.mail import queries, services
from meetups.mail.models import MailState
from meetups.web.forms import Form

bp = Blueprint("upkeep", __name__, url_prefix="/admin")
SHOWN = 50
ACTIONS = {"retry": services.retry, "drop": services.drop}
DONE = {"retry": "sent once more", "drop": "given up"}


@bp.before_request
def _admins_only() -> None:
    # For everybody else there is nothing here.
    member = viewer()
    if member is None or not member.admin:
        abort(404)


@bp.get("/mails")
def mails() -> str:
    """How many mails are in each state, the oldest that is due, and what went wrong last."""
    now = utcnow()
    counts = queries.by_state()
    return render_template(
        "upkeep/mails.html",
        counts=[(str(state), counts.get(state, 0)) for state in MailState],
        due=queries.due(now),
        beat=queries.last_beat(),
        failures=queries.failures(),
        troubles=queries.troubles(SHOWN),
        now=now,
    )


@bp.route("/mails/<int(max=2147483647):row_id>/<any(retry, drop):action>", methods=["GET", "POST"])
def one(row_id: int, action: str) -> Any:
    """Send one mail once more, or give it up; first ask."""
    trouble = queries.trouble(row_id) or abort(404)
    if not Form().validate_on_submit():
        return render_template("upkeep/confirm.html", action=action, count=1, trouble=trouble, why=trouble.outcome)
    return _done(action, services.one(row_id))


@bp.route("/mails/failed/<any(retry, drop):action>", methods=["GET", "POST"])
def failed(action: str) -> Any:
    """Send all mails once more that failed for one reason, or give them up; first ask."""
    why = request.args.get("why", "")
    count = dict(queries.failures()).get(why) or abort(404)
    if not Form().validate_on_submit():
        return render_template("upkeep/confirm.html", action=action, count=count, trouble=None, why=why)
    return _done(action, services.failed_for(why))


def _done(action: str, which: Any) -> Any:
    count = ACTIONS[action](utcnow(), which)
    db.session.commit()
    flash(f"{count} {'mail is' if count == 1 else 'mails are'} {DONE[action]}.")
    return redirect(url_for("upkeep.mails"))
