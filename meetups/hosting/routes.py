"""The page that a link in a host's mail leads to: one button, no sign-in. The signed token is the permission."""

from typing import Any

from flask import Blueprint, abort, after_this_request, flash, redirect, render_template, request
from flask_login import login_required

from meetups.accounts import guesses
from meetups.accounts import queries as accounts
from meetups.accounts.current import member, viewer
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.text import search_key
from meetups.events import queries as events
from meetups.events.models import Meetup
from meetups.extensions import csrf, db
from meetups.hosting import emails, helpers, queries
from meetups.hosting.acts import ACTS, Act
from meetups.hosting.forms import SpotForm
from meetups.hosting.tokens import Token, read
from meetups.web.headers import keep_secret
from meetups.web.links import came_from, path

bp = Blueprint("hosting", __name__)
COMPOSERS = emails  # importing it registers the mails
HANDFUL, NAME_LETTERS = 5, 40
# True for all of them: which mails somebody takes is nobody else's to know.
ASKED = ": she sees it on the meetup’s page, and by mail if she takes such mails. Tell her at the park, too."


# No CSRF token: whoever has the address may do this one thing, and a mail program's browser may keep no cookie.
@bp.route("/host/<token>", methods=["GET", "POST"])
@csrf.exempt
def act(token: str) -> Any:
    """Show what the link is for; do it where its button is pressed."""
    after_this_request(keep_secret)
    found = guesses.opened(read, token) or abort(404)
    doing = ACTS.get(found.purpose) or abort(404)
    if doing.page(found.subject, found.member, utcnow()) is None:
        abort(404)
    if request.method == "POST" and _may(doing, found):
        return _do(doing, found)
    return _page(doing, found)


def _may(doing: Act, found: Token) -> bool:
    here = viewer()
    return not doing.for_herself or (here is not None and here.id == found.member.id)


@bp.route("/meetups/<public_id>/cohosts", methods=["GET", "POST"])
@login_required
def cohosts(public_id: str) -> Any:
    """Who hosts with her, whom she asks to, and to whom she hands over: for the host alone."""
    meetup = events.meetup(public_id, member())
    if meetup is None or meetup.host_id != member().id or meetup.source:
        abort(404)
    if request.method == "POST":
        return _change_roles(meetup)
    helping, offered = queries.cohosts(meetup), queries.offered(meetup)
    known = [row.member_id for row in helping]
    others = [one for one in queries.have_come(meetup, utcnow()) if one.id not in known]
    shown = {"helping": helping, "offered": offered, "most": helpers.MOST_COHOSTS, **_of_name(others)}
    return render_template("hosting/cohosts.html", meetup=meetup, **shown)


def _of_name(others: list[Member]) -> dict[str, Any]:
    """Return a handful of some families, of the name that is looked for where one is; `many` where there are more."""
    name = request.args.get("name", "")[:NAME_LETTERS]
    key = search_key(name)
    found = [one for one in others if key in search_key(one.first_name)]
    return {"others": found[:HANDFUL], "name": name, "many": len(others) > HANDFUL, "more": len(found) > HANDFUL}


def _change_roles(meetup: Meetup) -> Any:
    back = redirect(path("hosting.cohosts", public_id=meetup.public_id))
    do, whom = request.form.get("do"), accounts.by_public_id(request.form.get("whom", "")) or abort(404)
    try:
        words = _change_role(meetup, whom, do)
    except Problem as problem:
        db.session.rollback()
        words = problem.message
    else:
        db.session.commit()
    flash(words)
    return back


def _change_role(meetup: Meetup, whom: Member, do: str | None) -> str:
    if do == "ask":
        helpers.name_cohost(meetup, whom, utcnow())
        return f"{whom.first_name} is asked{ASKED}"
    if do == "offer":
        helpers.offer(meetup, whom, utcnow())
        return f"{whom.first_name} is asked{ASKED} You host until she says yes."
    if do == "end":
        helpers.end_cohost(meetup, whom)
        return "Ended. Nobody is told."
    if do != "keep":
        abort(404)
    helpers.take_offer_back(meetup)
    return "You stay the host."


@bp.post("/meetups/<public_id>/cohosts/leave")
@login_required
def leave(public_id: str) -> Any:
    """Stop hosting with somebody; she is not told."""
    meetup = queries.helped(public_id, member()) or abort(404)
    helpers.end_cohost(meetup, member())
    db.session.commit()
    if events.meetup(public_id, member()) is None:
        # A block hides it from her, as a guest too.
        flash("You do not host it any more.")
        return redirect(path("pages.mine"))
    flash("You do not host it any more. You can come as a guest.")
    return redirect(path("pages.meetup", public_id=public_id))


def _do(doing: Act, found: Token) -> Any:
    she = found.member
    form = SpotForm()
    if not form.validate():
        return _page(doing, found, form), 422
    try:
        doing.do(found.subject, she, form.spot.data or None, utcnow())
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
    else:
        db.session.commit()
    page = doing.page(found.subject, she, utcnow())
    known = viewer()
    if page and known and known.id == she.id:
        back = came_from(page.back)
        flash(page.title if back == page.back else f"{page.title}: {page.lead}")
        return redirect(back)
    return _page(doing, found, done=True)


def _page(doing: Act, found: Token, form: SpotForm | None = None, done: bool = False) -> Any:
    page = doing.page(found.subject, found.member, utcnow()) or abort(404)
    form = form or SpotForm(formdata=None, data={"spot": page.spot})
    shown = {"page": page, "form": form, "done": done, "member": found.member, "may": _may(doing, found)}
    return render_template("hosting/act.html", **shown)
