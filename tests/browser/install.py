"""Find a Chromium for the browser tests, or install one: the system's package manager, then npm."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BUILD = Path(__file__).parent.parent.parent / ".build"
# An npm package that carries a headless Chromium; told of this runtime it unpacks its libraries too.
PACKAGE = "@sparticuz/chromium@147.0.0"
RUNTIME = {"AWS_LAMBDA_JS_RUNTIME": "nodejs20.x"}
UNPACK = "import('@sparticuz/chromium').then(async (it) => console.log(await it.default.executablePath()))"


def find() -> str | None:
    """Return the path of a Chromium: CHROMIUM's, the system's, or the one installed here."""
    own = BUILD / "chromium"
    candidates = (os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), str(own) if own.exists() else None)
    return next((path for path in candidates if path), None)


def by_system() -> None:
    """Ask apt, where it is there and may be used."""
    if not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not shutil.which("sudo"):
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    if subprocess.run([*sudo, "apt-get", "install", "-y", "chromium"], check=False, **quiet).returncode:  # type: ignore[call-overload]
        subprocess.run([*sudo, "apt-get", "update"], check=False, **quiet)  # type: ignore[call-overload]
        subprocess.run([*sudo, "apt-get", "install", "-y", "chromium"], check=False, **quiet)  # type: ignore[call-overload]


def by_npm() -> None:
    """Unpack the Chromium of an npm package, with a script that starts it beside its libraries."""
    if not shutil.which("npm"):
        return
    folder = BUILD / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}")
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE], cwd=folder, check=False)
    unpack = ["node", "-e", UNPACK]
    done = subprocess.run(
        unpack, cwd=folder, check=False, capture_output=True, text=True, env={**os.environ, **RUNTIME}
    )
    path = Path(done.stdout.strip() or "-")
    if path.exists():
        libraries = path.parent / "al2023" / "lib"
        (BUILD / "chromium").write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {path} "$@"\n')
        (BUILD / "chromium").chmod(0o755)


def main() -> int:
    """Return 0 once a browser is there."""
    for way in (by_system, by_npm):
        if find():
            return 0
        way()
    if find():
        return 0
    print("No Chromium could be installed. Install one and run again, or say where it is: CHROMIUM=/path make test")  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
