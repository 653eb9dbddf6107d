"""The security headers of every answer, errors and static files included."""

from collections.abc import Mapping
from functools import partial

from flask import Flask, Response, request
from flask_login import current_user
from sqlalchemy.exc import OperationalError

from meetups.extensions import forget_transaction

PICTURES = "img-src 'self' data:"
# Nothing inline and nothing from elsewhere, so no nonce is needed.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        PICTURES,
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "frame-src 'self'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: the CSRF check of an https form needs the origin.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For pages whose address is itself the permission. With same-origin no other site gets it; with no-referrer no form on
# them could be sent over https.
SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}
TWO_YEARS = 63_072_000


def register(app: Flask) -> None:
    """Attach the headers to every answer of the application."""
    https = {"Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains"}
    always = ALWAYS | (https if app.config["SETTINGS"].production else {})
    app.after_request(partial(_add, always))


def keep_secret(response: Response) -> Response:
    """Keep an address that is a permission out of caches, search engines and other sites' logs; an `after_request`."""
    response.headers.update(SECRET)
    return response


def with_pictures_from(origin: str) -> dict[str, str]:
    """Return the headers of a page on which pictures of another site may be asked for."""
    return {"Content-Security-Policy": POLICY.replace(PICTURES, f"{PICTURES} {origin}")}


def _add(always: Mapping[str, str], response: Response) -> Response:
    # One look at what is there: `setdefault` looks through all of it for each name, on every answer.
    there = {name.lower() for name, _ in response.headers}
    response.headers.extend((name, value) for name, value in always.items() if name.lower() not in there)
    if request.endpoint != "static" and "cache-control" not in there:
        # What a member saw must not come back from a cache after she has signed out.
        response.headers["Cache-Control"] = "no-store" if _may_be_a_members() else "private, no-cache"
    return response


def _may_be_a_members() -> bool:
    try:
        return bool(current_user.is_authenticated)
    except OperationalError:
        # The answer needed no database, and this question does: who cannot be asked about is taken for a member.
        forget_transaction()
        return True
