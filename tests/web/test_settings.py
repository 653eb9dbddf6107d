"""What a site refuses to start with, and whom it answers."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from meetups.config import BadSetting, from_environment

GOOD = {
    "PUBLIC_URL": "https://hello.example",
    "SECRET_KEY": "a key that is long enough for any production",
    "MAIL_URL": "smtp://localhost",
    "MAIL_FROM": "Hello Park <hello@hello.example>",
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return GOOD | {"DATA_DIR": str(tmp_path)}


def test_a_site_for_others_starts_with_these_settings(environ: dict[str, str]) -> None:
    settings = from_environment(environ)
    assert settings.production and not settings.demo
    assert settings.flask()["SESSION_COOKIE_SECURE"]


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
        ({"DEMO": "1"}, "DEMO"),
        ({"PORT": "eighty"}, "PORT"),
    ],
)
def test_a_weak_or_wrong_setting_is_refused_by_its_name(
    environ: dict[str, str], changes: dict[str, str], named: str
) -> None:
    with pytest.raises(BadSetting, match=named):
        from_environment(environ | changes)


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
