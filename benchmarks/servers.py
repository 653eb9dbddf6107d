"""Which server to put the site behind: the same pages under each that is installed, asked in turn.

`python -m benchmarks.servers`. gunicorn is what the site comes with; granian and waitress are measured where they can
be imported. Two cores are two processes (waitress has but one). Prints each rate against that of gunicorn with
threads, and the bytes that all its processes have for themselves.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from contextlib import ExitStack

from benchmarks import http, scale_world
from benchmarks.http import Target
from meetups.app import create_app
from meetups.config import from_environment
from meetups.extensions import db

GUNICORN = ("gunicorn", "wsgi:app", "--bind", "127.0.0.1:{port}", "--log-level", "error", "--workers", "2")
GRANIAN = ("granian", "wsgi:app", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--workers", "2")
SERVERS = {
    "gunicorn, threads": (*GUNICORN, "--worker-class", "gthread", "--threads", "8"),
    "gunicorn, one at a time": (*GUNICORN, "--worker-class", "sync"),
    "granian": (*GRANIAN, "--blocking-threads", "4", "--no-ws"),
    "waitress": ("waitress", "--listen", "127.0.0.1:{port}", "--threads", "8", "wsgi:app"),
}
FIRST = "gunicorn, threads"
ROUNDS, SECONDS = 9, 0.5


def main() -> int:
    """Print a table."""
    options = argparse.ArgumentParser()
    options.add_argument("--connections", type=int, default=8)
    asked = options.parse_args()
    here = f"near={scale_world.HERE.lat:.3f},{scale_world.HERE.lon:.3f}"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        environment = {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite", "DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1",
            "DEMO": "",
        }  # fmt: skip
        with create_app(from_environment(os.environ | environment)).app_context():
            scale_world.fill(10_000, 1_000)
            db.engine.dispose()
        found = {name: command for name, command in SERVERS.items() if importlib.util.find_spec(command[0])}
        started = {name: running.enter_context(http.running(command, environment)) for name, command in found.items()}
        paths = {"nothing (/healthz)": "/healthz", "browse": f"/?{here}", "about": "/about"}
        targets = {name: [Target(what, path) for what, path in paths.items()] for name in started}
        for number in range(ROUNDS + 1):
            for name, (port, _) in started.items():
                # gunicorn's plain worker closes a connection with its answer: one for each request.
                anew = name == "gunicorn, one at a time"
                http.measure_once(port, targets[name], SECONDS, asked.connections, keep=number > 0, anew=anew)
        print(
            f"{asked.connections} connections; against {FIRST}" + "".join(f"{what:>20}" for what in paths) + "      MB"
        )
        for name, (_, process) in started.items():
            rates = [one.rate / first.rate for one, first in zip(targets[name], targets[FIRST], strict=True)]
            size = sum(http.memory(one) for one in [process, *http.children(process)]) / 1e6
            print(f"{name:38}" + "".join(f"{rate:20.2f}" for rate in rates) + f"{size:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
