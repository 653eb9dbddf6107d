"""Addresses of static files that change with their content, so that they can be kept for a year; icons."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request
from markupsafe import Markup

ROOT = Path(__file__).parent.parent.parent / "static"
A_YEAR = 31_536_000
# A site stands under one path, or a few.
KEPT = 500


def register(app: Flask) -> None:
    """Attach `asset` and `icon` for templates and the caching of what they name."""
    app.jinja_env.globals |= {"asset": asset, "icon": icon}
    app.after_request(_keep)


def asset(name: str) -> str:
    """Return the address of a static file with its version, for a page of this request."""
    return _address(request.script_root, name)


def icon(name: str) -> Markup:
    """Return an icon of our sprite for a page of this request."""
    return _icon(request.script_root, name)


@lru_cache(KEPT)
def _icon(root: str, name: str) -> Markup:
    # A page has a hundred.
    use = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>')
    return use.format(_address(root, "icons.svg"), name)


@lru_cache(KEPT)
def _address(root: str, name: str) -> str:
    version = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:10]
    return f"{root}{current_app.static_url_path}/{name}?v={version}"


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
