"""Addresses: which one may be gone back to, and how one is written in a mail."""

import re
from functools import lru_cache

from flask import current_app, request
from werkzeug.routing import Map, MapAdapter

_INSIDE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def inside(target: str | None, default: str = "/") -> str:
    """Return `target` if it is a path on this site in printable ASCII, else `default` (no open redirect)."""
    return target if target and _INSIDE.fullmatch(target) else default


def came_from(default: str) -> str:
    """Return the path of the page that a form says it was reached from in `next`, else `default`."""
    return inside(request.values.get("next"), default)


def public_url(endpoint: str, **values: object) -> str:
    """Return the absolute address of an endpoint from PUBLIC_URL, never from the Host a request claimed."""
    base: str = current_app.config["SETTINGS"].public_url
    return base + path(endpoint, **values)


def path(endpoint: str, **values: object) -> str:
    """Return the path of an endpoint, also where there is no request (url_for needs one)."""
    return _bound(current_app.url_map).build(endpoint, values)


@lru_cache(8)
def _bound(routes: Map) -> MapAdapter:
    # A mail has five addresses, and thousands are written at once.
    return routes.bind("localhost")
