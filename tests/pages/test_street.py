"""Another site's street map: offered, named, and let in, only where the operator has chosen one."""

from dataclasses import replace

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.app import create_app
from meetups.config import Settings, Tiles
from meetups.extensions import db
from tests.factories import add_meetup


def offered(client: FlaskClient) -> BeautifulSoup:
    return BeautifulSoup(client.get("/").text, "html.parser")


def test_a_street_map_is_offered_only_where_the_site_has_one(client: FlaskClient, settings: Settings) -> None:
    add_meetup()
    db.session.commit()
    assert not offered(client).select("[data-street]")
    assert "img-src 'self' data:;" in client.get("/").headers["Content-Security-Policy"]
    with_tiles = create_app(replace(settings, tiles=Tiles("https://tiles.example:8443/{z}/{x}/{y}.png", "© <Mappers>")))
    other = with_tiles.test_client()
    button = offered(other).select_one("[data-street]")
    assert button is not None and button.has_attr("hidden")
    assert button.text.strip() == "Street map, from tiles.example"
    assert button["data-credit"] == "© <Mappers>" and "<Mappers>" not in other.get("/").text
    policy = other.get("/").headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example:8443;" in policy and policy.count("tiles.example") == 1
    assert "tiles.example" not in other.get("/about").headers["Content-Security-Policy"]
    with with_tiles.app_context():
        db.engine.dispose()
