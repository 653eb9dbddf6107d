"""What a bare Flask view costs that renders the very same from memory: the counterpart of each page that is measured.

`gunicorn benchmarks.bare:app`. The pages of BARE_PATHS (one path for each line) are asked once of the site itself; what
their templates were given, and what their other answers were, is kept. A plain Flask application then renders the same
templates with the same values: no database, no session, no headers of ours, nobody to know.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, before_render_template, jsonify
from jinja2 import Template

from meetups.app import create_app

# As long as one is.
TOKEN = "t" * 91
View = Callable[[], Any]


def bare(site: Flask, paths: list[str]) -> Flask:
    """Return an application that answers `paths` as `site` does now, from memory."""
    found = {}
    for path in paths:
        found.setdefault(path.split("?")[0], _view(site, path))
    made = Flask(__name__)
    # The site's own addresses, so that url_for in its templates leads where it does there.
    made.url_map = site.url_map
    made.view_functions = dict.fromkeys(site.view_functions, lambda **_: "no such page")
    for path, view in found.items():
        endpoint, _ = site.url_map.bind("127.0.0.1").match(path)
        made.view_functions[endpoint] = lambda view=view, **_: view()
    made.view_functions["pages.healthz"] = lambda: "ok"
    return made


def _view(site: Flask, path: str) -> View:
    rendered: list[tuple[Template, dict[str, Any]]] = []

    def keep(_app: Flask, template: Template, context: dict[str, Any], **_: Any) -> None:
        rendered.append((template, dict(context)))

    with before_render_template.connected_to(keep, site):
        answer = site.test_client().get(path)
    if rendered:
        template, context = rendered[0]
        context = {name: value for name, value in context.items() if name not in ("session", "g")}
        context |= {"csrf_token": lambda: TOKEN, "get_flashed_messages": lambda **_: ()}
        return lambda: template.render(context)
    if answer.mimetype == "application/geo+json":
        points = json.loads(answer.data)
        return lambda: jsonify(points)
    body, kind = answer.data, answer.mimetype
    return lambda: Response(body, mimetype=kind)


app = bare(create_app(), os.environ["BARE_PATHS"].splitlines())
