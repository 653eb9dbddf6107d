"""What has been read from the database lately, kept until anybody writes anything: pages of strangers, and answers to
questions.

Nothing is reckoned out: equal versions of the whole database are equal pages, so that what somebody hides, moves or
cancels is seen by the very next reader. Where nobody writes, a page costs what it takes to ask for the version.
"""

import gzip
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache, cached
from flask import Flask, Response, current_app, request, session
from werkzeug.datastructures import Headers

from meetups.clock import utcnow
from meetups.extensions import data_version, db

Found = TypeVar("Found")
# Of pages, in bytes, for each process.
KEEPS = 4_000_000
# In the cookie of a stranger who has seen a form; no page that is kept has one.
TOKEN = "csrf_token"  # noqa: S105 - the name of an entry
# How many times its own size a page takes with what is made of it, at most.
PACKED = 1.4
OF_THE_BODY = ("Content-Type", "Content-Length")
# What an entry takes beside its page.
ENTRY = 4_000
# As small as it gets without taking longer than the page.
LEVEL = 5


@dataclass(frozen=True)
class Kept:
    """A page as it is sent."""

    body: bytes
    headers: Headers

    @cached_property
    def packed(self) -> bytes:
        """The page for whoever can unpack it (RFC 1952)."""
        return gzip.compress(self.body, LEVEL, mtime=0)

    @cached_property
    def tag(self) -> str:
        """What differs with every page that says something else."""
        return hashlib.sha256(self.body).hexdigest()[:32]


_LOCK = Lock()


def register(app: Flask) -> None:
    """Give the application room for what it keeps."""
    app.extensions[__name__] = LRUCache(KEEPS, getsizeof=lambda page: len(page.body) * PACKED + ENTRY)


def until_written(most: int) -> Callable[[Callable[..., Found]], Callable[..., Found]]:
    """Keep what a function finds for its arguments, of the last `most` of them, until anybody writes anything: for what
    hangs on nothing but these and the database."""
    found: LRUCache[Any, Any] = LRUCache(most)

    def keep(function: Callable[..., Found]) -> Callable[..., Found]:
        return cached(found, key=lambda *args: (db.engine, data_version(), *args), lock=Lock())(function)

    return keep


def minute(now: datetime) -> datetime:
    """Return the minute that it is."""
    return now.replace(second=0, microsecond=0)


def kept_for_strangers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a view answers to strangers for a minute, until anybody writes anything: for them it may hang on
    nothing but its address, the database and the minute. Answers to anybody else are made anew."""

    @wraps(view)
    def answer() -> Any:
        # What was typed may mean something else to a reader of another language.
        if session.keys() - {TOKEN} or "q" in request.args:
            return view()
        asked = hashlib.sha256(f"{request.root_path}?{request.full_path}".encode()).digest()
        return _sent(_page((asked, minute(utcnow()), data_version()), view))

    return answer


def _page(key: Any, view: Callable[..., Any]) -> Kept:
    pages: LRUCache[Any, Kept] = current_app.extensions[__name__]
    with _LOCK:
        found = pages.get(key)
    if found is None:
        found = _made(current_app.make_response(view()))
        with _LOCK, suppress(ValueError):  # larger than all that is kept
            pages[key] = found
    return found


def _made(response: Response) -> Kept:
    return Kept(response.get_data(), response.headers)


def _sent(page: Kept) -> Response:
    # Weak (RFC 9110 section 8.8.1): packed or not, it says the same.
    unchanged = request.if_none_match.contains_weak(page.tag)
    packed = not unchanged and request.accept_encodings["gzip"] > 0
    answer = Response(status=304) if unchanged else Response(page.packed if packed else page.body)
    answer.headers.extend((name, value) for name, value in page.headers if name not in OF_THE_BODY)
    if not unchanged:
        answer.headers["Content-Type"] = page.headers["Content-Type"]
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["ETag"] = f'W/"{page.tag}"'
    answer.vary.add("Accept-Encoding")
    return answer
