"""Addresses of static files that change with their content, so that they can be kept for a year."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request

ROOT = Path(__file__).parent.parent.parent / "static"
A_YEAR = 31_536_000


def register(app: Flask) -> None:
    """Attach `asset` for templates and the caching of what it names."""
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep)


def asset(name: str) -> str:
    """Return the address of a static file with its version, for a page of this request."""
    # A page has dozens; url_for takes longer than all else that is done for one.
    return f"{request.script_root}{current_app.static_url_path}/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:10]


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
