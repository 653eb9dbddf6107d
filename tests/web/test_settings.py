"""What a site refuses to start with, and whom it answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetups.config import BadSetting, from_environment
from meetups.extensions import db
from tests.mail.processes import ROOT

GOOD = {
    "PUBLIC_URL": "https://hello.example",
    "SECRET_KEY": "a key that is long enough for any production",
    "MAIL_URL": "smtp://localhost",
    "MAIL_FROM": "Hello Park <hello@hello.example>",
}


TILES = "https://tiles.example:8443/{z}/{x}/{y}{r}.png?key=a-b_c"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return GOOD | {"DATA_DIR": str(tmp_path)}


def test_a_site_for_others_starts_with_these_settings(environ: dict[str, str]) -> None:
    settings = from_environment(environ)
    assert settings.production and not settings.demo
    assert settings.flask()["SESSION_COOKIE_SECURE"]


def test_a_new_sites_first_command_finds_a_folder_for_its_database(environ: dict[str, str], tmp_path: Path) -> None:
    new = environ | {"DATA_DIR": str(tmp_path / "new" / "instance"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "upgrade-db"]
    done = subprocess.run(command, cwd=ROOT, env=new, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    weak = subprocess.run(command, cwd=ROOT, env=new | {"SECRET_KEY": "x"}, capture_output=True, text=True, timeout=60)
    assert weak.returncode != 0 and "SECRET_KEY" in weak.stderr and "Traceback" not in weak.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"PUBLIC_URL": "http://hello.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://127.0.0.1.hello.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://192.168.1.7:5000"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "ftp://hello.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "hello.example"}, "PUBLIC_URL"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"MAIL_URL": ""}, "MAIL_URL"),
        ({"MAIL_URL": "mail.example:587"}, "MAIL_URL"),
        ({"DEMO": "1"}, "DEMO"),
        ({"PORT": "eighty"}, "PORT"),
        ({"TILE_URL": TILES}, "TILE_ATTRIBUTION is needed"),
        ({"TILE_ATTRIBUTION": "© Mappers"}, "TILE_URL is missing"),
        *(
            ({"TILE_URL": url, "TILE_ATTRIBUTION": "© Mappers"}, "TILE_URL")
            for url in (
                "tiles.example/{z}/{x}/{y}.png",
                "https://tiles.example/{z}/{x}.png",
                "https://{s}.tiles.example/{z}/{x}/{y}.png",
                "https://tiles.example/{z}/{x}/{y}.png?key={key}",
                "https://tiles.example; script-src */{z}/{x}/{y}.png",
                "https://me:secret@tiles.example/{z}/{x}/{y}.png",
                "http://tiles.example/{z}/{x}/{y}.png",
                "https://tiles.example/{z}/{x}/{y}/{y}.png",
            )
        ),
    ],
)
def test_a_weak_or_wrong_setting_is_refused_by_its_name(
    environ: dict[str, str], changes: dict[str, str], named: str
) -> None:
    with pytest.raises(BadSetting, match=named):
        from_environment(environ | changes)


def test_tiles_are_taken_whole_with_whose_they_are(environ: dict[str, str]) -> None:
    assert from_environment(environ).tiles is None
    tiles = from_environment(environ | {"TILE_URL": f" {TILES} ", "TILE_ATTRIBUTION": "© Mappers"}).tiles
    assert tiles and (tiles.url, tiles.attribution) == (TILES, "© Mappers")
    assert (tiles.origin, tiles.host) == ("https://tiles.example:8443", "tiles.example")
    here = from_environment(environ | {"TILE_URL": "http://127.0.0.1:9/{z}/{x}/{y}", "TILE_ATTRIBUTION": "©"}).tiles
    assert here and here.origin == "http://127.0.0.1:9"


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000", ""])
def test_on_this_machine_alone_nothing_needs_to_be_set(tmp_path: Path, url: str) -> None:
    settings = from_environment({"DATA_DIR": str(tmp_path), "PUBLIC_URL": url, "DEMO": "1"})
    assert not settings.production and settings.demo
    assert len(settings.secret_key) >= 32
    assert from_environment({"DATA_DIR": str(tmp_path)}).secret_key == settings.secret_key


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.7:5000"])
def test_a_page_under_another_name_is_not_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/mailbox", headers={"Host": host}).status_code == 400
    assert client.get("/", headers={"Host": "127.0.0.1:5000"}).status_code == 200


def test_the_demos_mails_lead_to_where_it_is() -> None:
    # honcho gives its second process, the worker that writes them, another PORT.
    planned = subprocess.run(["make", "-n", "run", "PORT=5123"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "PUBLIC_URL=${PUBLIC_URL:-http://127.0.0.1:5123} exec" in planned.stdout


def test_no_pages_query_is_shared_among_the_databases_processes(app: Flask) -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.exec_driver_sql("SHOW max_parallel_workers_per_gather").scalar() == "0"
        else:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
