"""The security headers of every answer, errors and static files included."""

from flask import Flask, Response, current_app, request
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
    app.after_request(_add)


def keep_secret(response: Response) -> Response:
    """Keep an address that is a permission out of caches, search engines and other sites' logs; an `after_request`."""
    response.headers.update(SECRET)
    return response


def with_pictures_from(origin: str) -> dict[str, str]:
    """Return the headers of a page on which pictures of another site may be asked for."""
    return {"Content-Security-Policy": POLICY.replace(PICTURES, f"{PICTURES} {origin}")}


def _add(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SETTINGS"].production:
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
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
