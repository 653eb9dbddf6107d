"""What holds for every page: headers, tokens on forms, nothing changed by GET, no secret in the log."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetups import logs
from meetups.extensions import db
from tests.factories import add_meetup, add_member, sign_in

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("path", ["/", "/signin", "/nowhere", "/static/css/site.css", "/healthz"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin" and "camera=()" in headers["Permissions-Policy"]


def test_a_members_pages_are_kept_by_no_cache(client: FlaskClient) -> None:
    sign_in(client, add_member("Ana"))
    assert client.get("/me").headers["Cache-Control"] == "no-store"


def posts(app: Flask) -> list[str]:
    values = {"public_id": "x", "rid": "2026-12-01T1000", "token": "x", "row_id": 1, "action": "retry", "edit_id": "x"}
    # Mail programs press the first; of the next two the token is the permission; the others answer POST as they answer
    # GET, and change nothing.
    exempt = {
        "reminders.unsubscribe",
        "links.answer",
        "hosting.act",
        "feeds.series",
        "feeds.date",
        "feeds.own",
        "feeds.search",
    }
    rules = [
        rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()) and rule.endpoint not in exempt
    ]
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="POST") for rule in rules
    ]


def test_no_form_is_taken_without_its_token(app: Flask, client: FlaskClient) -> None:
    sign_in(client, add_member("Ana"))
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        paths = posts(app)
        assert len(paths) > 20
        assert {path: client.post(path).status_code for path in paths} == dict.fromkeys(paths, 400)
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_form_from_another_site_is_not_taken(client: FlaskClient) -> None:
    answer = client.post("/signin", data={"email": "ana@example.org"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_the_log_names_routes_and_neither_paths_nor_people(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    meetup = add_meetup()
    db.session.commit()
    with caplog.at_level(logging.INFO):
        client.get(f"/meetups/{meetup.public_id}?near=43.675,-79.348")
        client.post("/signin", data={"email": "ana@example.org"})
    lines = "\n".join(logs.formatter("text").format(record) for record in caplog.records)
    assert "route=/meetups/<public_id> method=GET status=302" in lines
    for secret in (meetup.public_id, "43.675", "ana@example.org"):
        assert secret not in lines


def test_ids_cannot_be_counted(client: FlaskClient) -> None:
    meetup = add_meetup()
    db.session.commit()
    assert client.get(f"/meetups/{meetup.id}").status_code == 404
    assert len(meetup.public_id) == 22


@pytest.mark.parametrize("path", ["/static/css/site.css?v=1", "/", "/mine", "/about"])
def test_reading_sets_no_cookie_so_that_none_comes_back_after_signing_out(client: FlaskClient, path: str) -> None:
    sign_in(client, add_member("Ana"))
    with client.get(path) as answer:
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/me/sessions/99999999999999999999/end", "/mailbox/99999999999999999999", "/mailbox/99999999999999999999/html"],
)
def test_numbers_beyond_any_row_are_404(client: FlaskClient, path: str) -> None:
    sign_in(client, add_member("Ana"))
    assert (client.post if path.endswith("end") else client.get)(path).status_code == 404


@pytest.mark.parametrize("path", ["/meetups/%00", "/meetups/%00/2026-12-01T1000", "/places/%00", "/near/%00", "/near/%00/x.ics", "/signin/%00", "/meetups/%00/x.ics", "/meetups/%00/edit", "/members/%00/block", "/feeds/%00/my-meetups.ics", "/unsubscribe/%00", "/signin/link/%00"])  # fmt: skip
def test_an_address_with_a_null_is_nowhere(client: FlaskClient, path: str) -> None:
    sign_in(client, add_member("Ana"))
    assert client.get(path).status_code in (404, 410)


@pytest.mark.parametrize("path", ["/signin", "/me", "/me/home", "/me/calendar", "/me/kids", "/near", "/look-round"])
def test_a_null_in_a_form_is_no_fault_of_ours(client: FlaskClient, path: str) -> None:
    sign_in(client, add_member("Ana"))
    typed = dict.fromkeys(("email", "first_name", "name", "device", "remove", "near", "q", "role", "next"), "\x00a")
    assert client.post(path, data=typed).status_code < 500
