"""A real browser before a real server with the demo town of one fixed hour."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.install import find
from tests.browser.tiles import Tiles

ROOT = Path(__file__).parent.parent.parent
# A machine that is busy with the other tests is slow to answer, and that is nobody's fault.
PATIENCE = 20_000  # milliseconds
expect.set_options(timeout=PATIENCE)
# She who hosts in the demo town runs the site too.
ADMIN = "rosa@hello-park.example"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def tiles() -> Iterator[Tiles]:
    """Another site that has a street map, or while it is `away` has not."""
    with Tiles() as other:
        yield other


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, tiles: Tiles) -> Iterator[str]:
    """The address of a running demo town; its worker runs beside it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("town")
    environ = {
        **os.environ,
        "DATA_DIR": str(data),
        "DEMO": "1",
        "PORT": str(port),
        "FLASK_APP": "wsgi",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TILE_URL": tiles.url,
        "TILE_ATTRIBUTION": "© <b>Squares</b>",
    }
    environ.pop("DATABASE_URL", None)
    python = [sys.executable, "-m"]
    subprocess.run([*python, "flask", "prepare"], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    admin = subprocess.Popen([*python, "flask", "make-admin", ADMIN], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    web = subprocess.Popen([*python, "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--threads", "8", "--log-level", "error"], cwd=ROOT, env=environ)  # fmt: skip
    worker = subprocess.Popen([*python, "flask", "worker", "--every", "0.5"], cwd=ROOT, env=environ)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/healthz")
        assert admin.wait(30) == 0
        yield address
    finally:
        for process in (web, worker):
            process.terminate()
        for process in (web, worker):
            process.wait(20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the site did not start")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find()
    assert path, "no browser: make browser"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["js", "nojs"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def phone(chromium: Browser, site: str, scripted: bool) -> Iterator[BrowserContext]:
    """A phone of 390 by 844, with and without JavaScript."""
    context = chromium.new_context(**PHONE, base_url=site, java_script_enabled=scripted)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    return phone.new_page()


@pytest.fixture
def noted(chromium: Browser, site: str) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page on a phone, what it asks for, and what is wrong with it."""
    context = chromium.new_context(**PHONE, base_url=site, reduced_motion="reduce")  # type: ignore[arg-type]
    page, asked, wrong = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page, asked, wrong
    context.close()
