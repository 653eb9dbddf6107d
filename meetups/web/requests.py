"""Around every request: what it may write, where it may come from, and one log line without secrets."""

import logging
import time

from flask import Flask, Response, abort, g, request

from meetups import metrics
from meetups.extensions import may_write

READING = frozenset({"GET", "HEAD", "OPTIONS"})
log = logging.getLogger("meetups.access")


def register(app: Flask) -> None:
    """Attach the hooks to the application."""
    app.before_request(_begin)
    app.after_request(_log)
    app.teardown_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    may_write.set(request.method not in READING)
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        # Bare bytes that are no text: every look at the parameters would break on them.
        abort(400)
    # PostgreSQL takes no text with a null, and nobody types one.
    if "\0" in request.path:
        abort(404)
    if any("\0" in value for values in request.values.listvalues() for value in values):
        abort(400)
    if request.method not in READING and _from_elsewhere():
        abort(400, "This form was sent from another site.")


def _from_elsewhere() -> bool:
    # Mail programs post the one-click unsubscribe (RFC 8058) without a browser's header.
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def _log(response: Response) -> Response:
    # The route's rule, never its path or query: those carry tokens and places.
    rule = request.url_rule.rule if request.url_rule else "-"
    spent = time.perf_counter() - g.get("began", time.perf_counter())
    facts = {"route": rule, "method": request.method, "status": response.status_code, "duration": round(spent, 4)}
    log.info("request", extra=facts)
    metrics.count_request(request.endpoint or "-", request.method, response.status_code, spent)
    return response


def asked() -> str:
    """Return what is asked for as a log may name it: "GET /meetups/<public_id>"."""
    # The route's rule, never its path or query: those carry tokens and places.
    return f"{request.method} {request.url_rule.rule if request.url_rule else '-'}"


def _end(_error: BaseException | None) -> None:
    may_write.set(True)
