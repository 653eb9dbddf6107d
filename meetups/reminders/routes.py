"""Which mails a member gets, and when."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    after_this_request,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import login_required

from meetups.accounts import choices, guesses
from meetups.accounts import queries as accounts
from meetups.accounts.current import member
from meetups.clock import utcnow
from meetups.domain.mails import KINDS
from meetups.extensions import csrf, db
from meetups.reminders import emails, weekly
from meetups.reminders.forms import PreferencesForm
from meetups.reminders.services import plan_anew
from meetups.web.headers import keep_secret

bp = Blueprint("reminders", __name__)
COMPOSERS = emails, weekly  # importing them registers the mails


@bp.route("/me/mails", methods=["GET", "POST"])
@login_required
def preferences() -> Any:
    """Choose."""
    form = _form()
    if not form.validate_on_submit():
        always = [kind.words for kind in KINDS.values() if not kind.stops]
        status = 422 if form.is_submitted() else 200
        return render_template("reminders/preferences.html", form=form, always=always), status
    hour, weekly = member().day_before_hour, (member().wants_weekly, member().weekly_day)
    form.populate_obj(member())
    if (member().wants_weekly, member().weekly_day) != weekly:
        # The next look-ahead is reckoned anew; where nothing changes, one that is due is not lost.
        member().weekly_at = None
    if member().day_before_hour != hour:
        plan_anew(member(), utcnow())
    db.session.commit()
    flash("Saved.")
    return redirect(url_for("reminders.preferences"))


def _form() -> PreferencesForm:
    form = PreferencesForm(obj=member())
    if not current_app.config["SETTINGS"].reply_to:
        del form.wants_invitations
    if not member().home_cell:
        # Nobody knows what is near her: what she has not been asked stays as it is.
        del form.wants_weekly, form.weekly_day
    return form


# Mail programs post here by themselves (RFC 8058), without a form of ours; the token is the permission.
@bp.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
def unsubscribe(token: str) -> Any:
    """End one kind of mail, or have it again: a page with one button, or the mail program's own post."""
    # This page alone of these: its address is the permission.
    after_this_request(keep_secret)
    member_id, kind = guesses.opened(choices.read, token) or abort(404)
    found = accounts.by_public_id(member_id) or abort(404)
    words = KINDS[kind].stops
    # Not "GET or else": a HEAD must change nothing either.
    if request.method != "POST":
        return render_template("reminders/unsubscribe.html", words=words)
    again = "again" in request.form
    (choices.have_again if again else choices.stop)(found, kind)
    db.session.commit()
    if "List-Unsubscribe" in request.form:
        return Response(status=200)
    return render_template("reminders/unsubscribe.html", words=words, done="again" if again else "stopped")
