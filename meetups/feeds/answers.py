"""A calendar as an HTTP answer that clients may ask for again cheaply (RFC 9110 section 13)."""

import hashlib
from datetime import datetime

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

KEEP_SECONDS = 900


def calendar(body: bytes, name: str, changed: datetime | None, *, secret: bool = False) -> AnyResponse:
    """Return the answer for a calendar called `name`, last changed at a UTC instant; 304 where the reader has it."""
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    if changed:
        response.last_modified = changed
    response.headers["Cache-Control"] = f"{'private' if secret else 'public'}, max-age={KEEP_SECONDS}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response.headers["X-Robots-Tag"] = "noindex"
    # Calendars of other sites' pages may show ours; nothing in it is secret, or it has no address to guess.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)
