"""A calendar as an HTTP answer that clients may ask for again cheaply (RFC 9110 section 13)."""

import hashlib

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

KEEP_SECONDS = 900


def calendar(body: bytes, name: str, *, secret: bool = False) -> AnyResponse:
    """Return the answer for a calendar called `name`; 304 where the reader has these very bytes.

    There is no Last-Modified: a feed changes with an answer, with the calendar's date, with a park's name, and a
    date that knew only of some of them would keep a reader from the rest.
    """
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache" if secret else f"public, max-age={KEEP_SECONDS}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response.headers["X-Robots-Tag"] = "noindex"
    # Calendars of other sites' pages may show ours; nothing in it is secret, or it has no address to guess.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)
