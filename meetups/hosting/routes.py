"""The page that a link in a host's mail leads to: one button, no sign-in. The signed token is the permission."""

from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request

from meetups.accounts import queries as accounts
from meetups.accounts.current import viewer
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.extensions import csrf, db
from meetups.hosting import emails
from meetups.hosting.acts import ACTS, Act
from meetups.hosting.forms import SpotForm
from meetups.hosting.tokens import Token, read

bp = Blueprint("hosting", __name__)
COMPOSERS = emails  # importing it registers the mails
# Nothing of these pages is kept or found, and the address goes nowhere with a link that is followed.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


# No CSRF token: whoever has the address may do this one thing, and a mail program's browser may keep no cookie.
@bp.route("/host/<token>", methods=["GET", "POST"])
@csrf.exempt
def act(token: str) -> Any:
    """Show what the link is for; do it where its button is pressed."""
    found = read(token) or abort(404)
    doing = ACTS.get(found.purpose) or abort(404)
    member = accounts.by_public_id(found.member) or abort(404)
    if doing.page(found.subject, member, utcnow()) is None:
        abort(404)
    if request.method == "POST":
        return _do(doing, found, member)
    return _page(doing, found, member)


def _do(doing: Act, found: Token, member: Member) -> Any:
    form = SpotForm()
    if not form.validate():
        return _page(doing, found, member, form), 422
    try:
        doing.do(found.subject, member, form.spot.data or None, utcnow())
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
    else:
        db.session.commit()
    page = doing.page(found.subject, member, utcnow())
    known = viewer()
    if page and known and known.id == member.id:
        flash(page.title)
        return redirect(page.back)
    return _page(doing, found, member, done=True)


def _page(doing: Act, found: Token, member: Member, form: SpotForm | None = None, done: bool = False) -> Any:
    page = doing.page(found.subject, member, utcnow()) or abort(404)
    form = form or SpotForm(formdata=None, data={"spot": page.spot})
    response = make_response(render_template("hosting/act.html", page=page, form=form, done=done, member=member))
    response.headers.update(PRIVATE)
    return response
