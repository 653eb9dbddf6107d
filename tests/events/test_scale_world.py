"""The countries that `make bench` measures hold what it asks for."""

import pytest
from flask import Flask

from benchmarks import scale_world
from benchmarks.scale_measure import FILTERED
from meetups.events import finding
from meetups.events.search import PAGE, Search
from tests.conftest import NOW


@pytest.mark.usefixtures("unknowing")
def test_a_filtered_search_of_a_made_up_country_finds_a_page(app: Flask) -> None:
    scale_world.fill(1000, 20)
    found = finding.find(Search(near=scale_world.HERE, **FILTERED), None, NOW)
    assert len(found) == PAGE
