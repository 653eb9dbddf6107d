"""Routes of signing in and of the member herself."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import login_required
from sqlalchemy.exc import SQLAlchemyError

from meetups.accounts import bounces, emails, entry, forms, held, limits, queries, services, sessions, sign_in
from meetups.accounts.current import member, viewer
from meetups.accounts.models import Member, SignIn
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.extensions import ask_nobody, db, login
from meetups.web.links import inside

bp = Blueprint("accounts", __name__)
COMPOSERS = emails  # importing it registers the mail
HOUR = timedelta(hours=1)
CODES_AN_HOUR = 60
NAMELESS = "nameless"
TOO_MANY_CODES = "Too many codes were tried from where you are. Wait an hour, or use the button in the mail."
OVER = "That code has ended. Use the button in the newest mail, or ask for another code."
WRONG = "That is not the code in the mail. Look again: the newest mail counts."


@bp.record_once
def _cookie_lasts_as_long_as_its_row(state: BlueprintSetupState) -> None:
    state.app.permanent_session_lifetime = sessions.LASTS


@bp.before_app_request
def _note_use() -> None:
    # What takes no post (a calendar) sets no cookie either.
    if request.method == "POST" and request.endpoint and sessions.current_hash() and sessions.prolong(utcnow()):
        db.session.commit()


@bp.app_context_processor
def _viewer() -> dict[str, Any]:
    try:
        return {"viewer": viewer()}
    except SQLAlchemyError:
        # The page that says that the database is away must not ask it who is reading.
        ask_nobody()
        return {"viewer": None}


@login.unauthorized_handler
def _ask_to_sign_in() -> Any:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("accounts.signin", next=wanted))


@bp.route("/signin", methods=["GET", "POST"])
def signin() -> Any:
    """Ask where the code should go."""
    form, next_page = forms.EmailForm(), inside(request.args.get("next"))
    if viewer():
        return redirect(next_page)
    if not form.validate_on_submit():
        return render_template("accounts/signin.html", form=form), 422 if form.is_submitted() else 200
    path = entry.begin(form.email.data, None, {"next": next_page})
    if path:
        return redirect(path)
    form.email.errors = [entry.TOO_MANY]
    return render_template("accounts/signin.html", form=form), 429


@bp.route("/signin/<public_id>", methods=["GET", "POST"])
def code(public_id: str) -> Any:
    """Take the six digits."""
    row = sign_in.by_id(public_id) or abort(404)
    if _is_in(row):
        return redirect(_next(row))
    form = forms.CodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/code.html", form=form, row=row), 422 if form.is_submitted() else 200
    now = utcnow()
    calm = limits.allow(f"code-from:{limits.network(request.remote_addr)}", CODES_AN_HOUR, HOUR, now)
    if calm and sign_in.use_code(row, form.code.data, now):
        return _enter(row)
    db.session.commit()
    form.code.errors = [TOO_MANY_CODES if not calm else WRONG if sign_in.takes_codes(row, now) else OVER]
    return render_template("accounts/code.html", form=form, row=row), 422 if calm else 429


@bp.route("/signin/link/<token>", methods=["GET", "POST"])
def link(token: str) -> Any:
    """The page that the mail's button opens: one more button, for mail programs open links too."""
    row, now = sign_in.by_link(token), utcnow()
    if row and _is_in(row):
        return redirect(_next(row))
    if row is None or not sign_in.usable(row, now):
        return render_template("accounts/link_over.html"), 410
    # Not `== "GET"`: mail scanners send HEAD too, and nothing but the button may use a link up.
    if request.method != "POST":
        return render_template("accounts/link.html", row=row, token=token)
    if not sign_in.use(row, now):
        return render_template("accounts/link_over.html"), 410
    return _enter(row)


@bp.route("/signin/<public_id>/name", methods=["GET", "POST"])
def name(public_id: str) -> Any:
    """Ask somebody new, whose address is confirmed in this browser, for her first name."""
    row, now = sign_in.by_id(public_id), utcnow()
    if row is None or session.get(NAMELESS) != public_id:
        abort(404)
    if _is_in(row):
        return redirect(_next(row))
    form, waits = forms.NameForm(), sign_in.waits_for_name(row, now)
    if waits and not form.validate_on_submit():
        return render_template("accounts/name.html", form=form), 422 if form.is_submitted() else 200
    made = sign_in.new_member(row, form.first_name.data, now) if waits else None
    return _come_in(made, row, new=True) if made else _ask_again(row)


def _next(row: SignIn) -> str:
    return inside(row.held.get("next"))


def _ask_again(row: SignIn) -> Any:
    flash("That took too long, or you are in already. Please ask for a new code.")
    return redirect(url_for("accounts.signin", next=_next(row)))


def _is_in(row: SignIn) -> bool:
    """Return whether this browser has what the sign-in was for: the second tap of two is no mistake."""
    here = viewer()
    return row.used_at is not None and here is not None and here.email == row.email


def _enter(row: SignIn) -> Any:
    known = queries.by_email(row.email)
    found = known or sign_in.member_of(row, utcnow())
    if found:
        return _come_in(found, row, new=known is None)
    db.session.commit()
    session[NAMELESS] = row.public_id
    return redirect(url_for("accounts.name", public_id=row.public_id))


def _come_in(found: Member, row: SignIn, *, new: bool) -> Any:
    now = utcnow()
    # Whoever is new has just read in the mail what she confirms; a member must have begun it herself.
    sure = entry.began_here(row) or new
    sessions.start(found, sessions.device_words(request.user_agent.string), now)
    if bounces.works(found, now):
        flash("Your mail works again.")
    # Who comes in and what she was doing are one transaction; what has become impossible is said.
    try:
        with db.session.begin_nested():
            path = held.run(found, row.held | {"sure": sure}, now)
    except Problem as problem:
        flash(problem.message)
        path = _next(row)
    db.session.commit()
    return redirect(inside(path))


@bp.post("/me/mail-works")
@login_required
def mail_works() -> Any:
    """Send a code to an address that was suspended: whoever can read it there gets mail again."""
    path = entry.begin(member().email, None, {"action": "mail", "next": url_for("accounts.me")})
    if path:
        return redirect(path)
    flash(entry.TOO_MANY)
    return redirect(url_for("accounts.me"))


@bp.post("/signout")
def signout() -> Any:
    """Sign this browser out."""
    sessions.end(utcnow())
    db.session.commit()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("pages.browse"))


@bp.post("/look-round")
def demo() -> Any:
    """Sign in as somebody of the demo town."""
    if not current_app.config["SETTINGS"].demo:
        abort(404)
    found = services.demo_member(request.form.get("role", "")) or abort(404)
    sessions.start(found, sessions.device_words(request.user_agent.string), utcnow())
    db.session.commit()
    flash(f"You are looking round as {found.first_name}.")
    return redirect(inside(request.form.get("next"), url_for("pages.browse")))


@bp.route("/me", methods=["GET", "POST"])
@login_required
def me() -> Any:
    """A member's own page."""
    form = forms.NameForm(obj=member())
    if form.validate_on_submit():
        member().first_name = form.first_name.data
        db.session.commit()
        flash("Saved.")
        return redirect(url_for("accounts.me"))
    status = 422 if form.is_submitted() else 200
    shown = {"devices": queries.sessions_of(member()), "here": sessions.current_hash()}
    return render_template("accounts/me.html", form=form, blocked=queries.blocked_by(member()), **shown), status


@bp.post("/me/sessions/<int(max=2147483647):row_id>/end")
@login_required
def end_session(row_id: int) -> Any:
    """Sign one of her browsers out; 0 means all of them, this one too."""
    if row_id:
        sessions.end_one(member(), row_id)
    else:
        sessions.end_all(member())
    db.session.commit()
    flash("Signed out there." if row_id else "You are signed out everywhere.")
    return redirect(url_for("accounts.me" if row_id else "accounts.signin"))


@bp.route("/members/<public_id>/block", methods=["GET", "POST"])
@login_required
def block(public_id: str) -> Any:
    """Ask once, then let two members not meet."""
    other = queries.by_public_id(public_id)
    if other is None or other.id == member().id or _hidden(other):
        abort(404)
    if request.method != "POST":
        return render_template("accounts/block.html", other=other)
    services.block(member(), other, utcnow())
    db.session.commit()
    flash("You will not see each other again. You can take that back on your own page.")
    return redirect(url_for("pages.browse"))


def _hidden(other: Member) -> bool:
    # Whom she blocked herself is on her own page anyway; who blocked her never existed.
    return queries.blocked(member(), other) and other not in queries.blocked_by(member())


@bp.post("/members/<public_id>/unblock")
@login_required
def unblock(public_id: str) -> Any:
    """Take a block back."""
    other = queries.by_public_id(public_id)
    if other not in queries.blocked_by(member()):
        abort(404)
    services.unblock(member(), other)
    db.session.commit()
    flash("Taken back.")
    return redirect(url_for("accounts.me"))
