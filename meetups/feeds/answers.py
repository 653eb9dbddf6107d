"""A calendar as an HTTP answer that clients may ask for again cheaply (RFC 9110 section 13)."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from cachetools import LRUCache
from flask import Response, request
from werkzeug.http import http_date

from meetups.feeds.states import State

KEEP_SECONDS = 900
ALWAYS = (
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
    # Calendars of other sites' pages may show ours; nothing in it is secret, or it has no address to guess.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
# A calendar's bytes and the name of its file.
Written = tuple[bytes, str]
# What strangers have read lately, by tag. In bytes, for each process.
KEEPS = 8_000_000
KEPT: LRUCache[str, Written] = LRUCache(KEEPS, getsizeof=lambda written: len(written[0]))
_LOCK = Lock()


def known(state: State) -> bool:
    """Return whether the reader has these very bytes.

    If-Modified-Since must be the Last-Modified we sent: programs that send a date of their own would miss changes.
    """
    if "If-None-Match" in request.headers:
        # Nearly always it is the one tag we sent.
        same = request.headers["If-None-Match"] == f'"{state.tag}"'
        return state.tag is not None and (same or request.if_none_match.contains_weak(state.tag))
    return state.at is not None and request.if_modified_since == state.at


def unchanged(state: State, *, secret: bool = False) -> Response:
    """Return the answer to a reader that has it all."""
    return Response(status=304, headers=_headers(state, secret))


def calendar(body: bytes, name: str, state: State, *, secret: bool = False) -> Response:
    """Return the answer for a calendar whose file is called `name`."""
    headers = [*_headers(state, secret), ("Content-Disposition", f'inline; filename="{name}.ics"')]
    return Response(body, headers=headers, content_type="text/calendar; charset=utf-8")


def _headers(state: State, secret: bool) -> list[tuple[str, str]]:
    keep = f"public, max-age={KEEP_SECONDS}" if state.tag else "no-cache"
    return [
        *([("ETag", f'"{state.tag}"')] if state.tag else []),
        *([("Last-Modified", http_date(state.at))] if state.tag and state.at else []),
        ("Cache-Control", "private, no-cache" if secret else keep),
        *ALWAYS,
    ]


def answer(state: State, write: Callable[[], Written]) -> Response:
    """Return 304, or what `write` gives: the bytes and the name of the file. What a tag stands for is written once."""
    return unchanged(state) if known(state) else calendar(*_kept(state.tag, write), state)


def _kept(tag: str | None, write: Callable[[], Written]) -> Written:
    if tag is None:
        return write()
    with _LOCK:
        found = KEPT.get(tag)
    if found is None:
        found = write()
        with _LOCK, suppress(ValueError):  # larger than all that is kept
            KEPT[tag] = found
    return found
