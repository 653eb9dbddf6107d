"""Which of several towns comes first, and when it is clear that it is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.gazetteer import (
    CHOICES,
    Fit,
    Kind,
    Match,
    Spot,
    choices,
    code_keys,
    countries_of_languages,
    lies_in,
    meant,
    ranked,
    readings,
)
from meetups.domain.nearness import Point
from meetups.domain.zones import country_of

CODES = ("AU", "CA", "DE", "GB", "US")
SPOTS = st.builds(
    Spot,
    kind=st.sampled_from([Kind.CITY, Kind.DISTRICT]),
    name=st.sampled_from(["Hackney", "Brooklyn", "Brook"]),
    region=st.sampled_from(["", "England", "Ohio", "Victoria"]),
    country=st.sampled_from(CODES),
    point=st.just(Point(0, 0)),
    people=st.integers(0, 3_000_000),
)
MATCHES = st.lists(st.builds(Match, SPOTS, st.sampled_from(Fit)), max_size=30)
NEAR = st.lists(st.sampled_from(CODES), unique=True, max_size=3)


def spot(name: str, country: str, people: int = 0, kind: Kind = Kind.CITY, region: str = "") -> Spot:
    return Spot(kind, name, region, country, Point(0, 0), people)


def exact(*spots: Spot) -> list[Match]:
    return [Match(spot, Fit.EXACT) for spot in spots]


@given(MATCHES, NEAR)
def test_exact_comes_before_beginning_then_the_visitors_countries_then_people(
    matches: list[Match], near: list[str]
) -> None:
    found = ranked(matches, near)
    told = [match.spot.label for match in found]
    assert len(told) == len(set(told)) and set(told) == {match.spot.label for match in matches}
    places = [
        (match.fit, near.index(match.spot.country) if match.spot.country in near else 9, -match.spot.weight)
        for match in found
    ]
    assert places == sorted(places)


@given(MATCHES, NEAR, st.randoms())
def test_the_order_in_which_rows_come_is_no_matter(matches: list[Match], near: list[str], chance) -> None:  # type: ignore[no-untyped-def]
    mixed = list(matches)
    chance.shuffle(mixed)
    first, second = ranked(matches, near), ranked(mixed, near)
    assert [match.spot.label for match in first] == [match.spot.label for match in second]


@given(MATCHES, NEAR)
def test_what_is_meant_is_the_first_and_nothing_as_good_is_as_great(matches: list[Match], near: list[str]) -> None:
    found = ranked(matches, near)
    best = meant(found, near)
    offered = choices(found) if found else []
    assert len(offered) <= CHOICES
    if best is None:
        # Whoever is not told is asked, and has something to choose from.
        assert not found or len(offered) > 1
        return
    assert best == found[0].spot == offered[0]
    for rival in (match.spot for match in found[1:] if match.fit == found[0].fit):
        assert rival.weight < best.weight * 10
        if rival.country == best.country:
            assert rival.weight * 10 <= best.weight


@given(MATCHES, NEAR)
def test_the_greatest_of_those_that_fit_is_always_offered(matches: list[Match], near: list[str]) -> None:
    found = ranked(matches, near)
    if found:
        alike = [match.spot.weight for match in found if match.fit == found[0].fit]
        assert max(alike) in [spot.weight for spot in choices(found)]


@given(st.lists(st.sampled_from(CODES), unique=True, min_size=1), NEAR)
def test_a_postal_code_of_several_countries_is_a_choice_whoever_asks(there: list[str], near: list[str]) -> None:
    found = ranked(exact(*(spot("12043", country, kind=Kind.CODE) for country in there)), near)
    assert (meant(found, near) is None) == (len(there) > 1)
    assert {one.country for one in choices(found)} == set(there)


def test_a_seat_without_a_count_has_a_thousand_people() -> None:
    hackneys = exact(spot("Hackney", "AU", 583), spot("Hackney", "GB", 0))
    assert [match.spot.country for match in ranked(hackneys, ())] == ["GB", "AU"]
    assert [match.spot.country for match in ranked(hackneys, ("AU",))] == ["AU", "GB"]
    assert meant(ranked(hackneys, ()), ()) is None
    assert meant(ranked(hackneys, ("GB",)), ("GB",)) == hackneys[1].spot


def test_a_village_near_by_does_not_stand_for_a_city_that_everybody_knows() -> None:
    found = ranked(exact(spot("Brooklyn", "CA", 849), spot("Brooklyn", "US", 2_736_074)), ("CA",))
    assert [match.spot.country for match in found] == ["CA", "US"] and meant(found, ("CA",)) is None


def test_a_label_says_region_and_country_and_nothing_twice() -> None:
    assert spot("Hackney", "GB", region="England").label == "Hackney, England, GB"
    assert spot("Berlin", "DE", region="Berlin").label == "Berlin, DE"
    code = Spot(Kind.CODE, "12043", "Berlin", "DE", Point(0, 0), locality="Berlin")
    assert code.label == "12043, Berlin, DE"


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("97214", ["97214"]),
        ("97214-1234", ["972141234", "97214"]),
        ("e8", ["e8"]),
        ("E8 3DL", ["e83dl", "e8"]),
        ("sw1a 1aa", ["sw1a1aa", "sw1a"]),
        ("M4M 2S9", ["m4m2s9", "m4m"]),
        ("D02 XY45", ["d02xy45", "d02"]),
        ("1012 AB", ["1012ab", "1012"]),
        ("111 22", ["11122"]),
        ("Hackney", []),
        ("", []),
    ],
)
def test_a_whole_postal_code_is_known_by_the_part_that_data_have(typed: str, keys: list[str]) -> None:
    assert code_keys(typed) == keys


def test_a_text_is_read_at_its_comma_or_as_a_longer_and_a_shorter_name() -> None:
    assert readings("Hackney, England, GB")[-1] == ("hackney", ["england", "gb"])
    assert readings("New York ny") == [("new york ny", []), ("new york", ["ny"]), ("new", ["york", "ny"])]
    assert ("washington d c", ["us"]) in readings("Washington, D.C., US")
    assert readings(" , ") == readings(" ") == []


def test_what_is_around_a_spot_may_be_begun_or_said_by_its_initials() -> None:
    around = ["", "New South Wales", "AU", "Australia"]
    assert all(lies_in(words.split(), around) for words in ("nsw", "new south", "au", "wales austr", ""))
    assert not lies_in(["nz"], around) and not lies_in(["au", "uk"], around)


def test_the_countries_of_a_visitor_are_in_her_languages_and_her_zone() -> None:
    assert countries_of_languages(["en-GB", "de", "zh-Hans-CN", "en-us", "x-yz", "*"]) == ["GB", "CN", "US"]
    assert country_of("America/Toronto") == "CA" and country_of("Europe/Berlin") == "DE"
    assert country_of("UTC") is None
