"""`flask demo-town` and `flask prepare`, on each database."""

import pytest
from flask import Flask

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.demo.commands import demo_town, prepare
from tests.demo.possible import impossible, rows


@pytest.mark.real_clock
def test_the_command_builds_a_town_that_could_be_and_can_be_repeated(app: Flask) -> None:
    assert "The demo town is built." in app.test_cli_runner().invoke(demo_town).output
    assert impossible(utcnow()) == []
    assert "there already" in app.test_cli_runner().invoke(demo_town).output


def test_preparing_builds_no_town_where_the_site_is_no_demo(app: Flask) -> None:
    assert app.test_cli_runner().invoke(prepare).exit_code == 0
    assert rows(Member) == []
