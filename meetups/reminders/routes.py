"""Which reminders a member gets."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import login_required
from wtforms import BooleanField, RadioField

from meetups.accounts import queries as accounts
from meetups.accounts.current import member
from meetups.extensions import csrf, db
from meetups.reminders import emails, tokens
from meetups.web.forms import Form, options

bp = Blueprint("reminders", __name__)
COMPOSERS = emails  # importing it registers the mails


# What is chosen and what is stored: None is automatic (rsvps.invitations.wanted).
INVITATIONS = {"automatic": None, "always": True, "never": False}


def _stored(choice: Any) -> bool | None:
    if choice in (True, False):
        return bool(choice)
    if choice not in INVITATIONS:
        raise ValueError("no such choice")
    return INVITATIONS[choice]


class PreferencesForm(Form):
    """One box for each kind of reminder, and whether mails are invitations."""

    wants_day_before = BooleanField("The day before, at the same hour")
    wants_two_hours = BooleanField("Two hours before")
    wants_host_list = BooleanField("Who comes to what I host, and whether it is still on, the evening before")
    wants_baton = BooleanField("Now and then: would I be the one to find, where a host is silent")
    wants_invitations = RadioField(
        "Invitations in your calendar", coerce=_stored, choices=options((name, name.title()) for name in INVITATIONS)
    )


@bp.route("/me/mails", methods=["GET", "POST"])
@login_required
def preferences() -> Any:
    """Choose."""
    form = PreferencesForm(obj=member())
    if not current_app.config["SETTINGS"].reply_to:
        del form.wants_invitations
    if form.validate_on_submit():
        form.populate_obj(member())
        db.session.commit()
        flash("Saved.")
        return redirect(url_for("reminders.preferences"))
    return render_template("reminders/preferences.html", form=form), 422 if form.is_submitted() else 200


# Mail programs post here by themselves (RFC 8058), without a form of ours; the token is the permission.
@bp.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
def unsubscribe(token: str) -> Any:
    """End one kind of reminder: a page with one button, or the mail program's own post."""
    member_id, kind = tokens.read(token) or abort(404)
    found = accounts.by_public_id(member_id) or abort(404)
    # Not "GET or else": a HEAD must change nothing either.
    if request.method != "POST":
        return render_template("reminders/unsubscribe.html", kind=kind, done=False)
    setattr(found, tokens.KINDS[kind], False)
    db.session.commit()
    if "List-Unsubscribe" in request.form:
        return Response(status=200)
    return render_template("reminders/unsubscribe.html", kind=kind, done=True)
