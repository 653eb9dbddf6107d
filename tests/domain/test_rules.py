"""Ages, nearness, places, reminders, visibility, zones: the small rules, each at its borders."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.ages import ALL_AGES, AgeBand, band_at, bands_words, kids_words
from meetups.domain.capacity import Answer, Room, decide, promotions, room
from meetups.domain.errors import Problem
from meetups.domain.nearness import (
    MOST_CELLS,
    Point,
    cell_centre,
    cells,
    cells_around,
    home_cell,
    metres,
    parse_point,
    reach_minutes,
    walking_minutes,
)  # fmt: skip
from meetups.domain.reminders import day_before, evening_before, two_hours_before
from meetups.domain.visibility import Audience, Shows, audience, children_shown, shows
from meetups.domain.vtimezone import listed, observances
from meetups.domain.words import when_words
from meetups.domain.zones import in_gap, to_local, to_utc, use_packaged_zones, zone, zone_at
from meetups.events.search import WITHINS

use_packaged_zones()
quick = settings(deadline=None, max_examples=150)
points = st.builds(Point, st.floats(-65, 65), st.floats(-179, 179))


@pytest.mark.parametrize(
    ("born", "band"),
    [((2027, 1), "BUMP"), ((2026, 12), "BABY"), ((2026, 7), "BABY"), ((2026, 6), "CRAWLER"), ((2026, 1), "CRAWLER"),
     ((2025, 12), "ONE"), ((2025, 1), "ONE"), ((2024, 12), "TWO"), ((2023, 12), "PRESCHOOL"), ((2022, 1), "PRESCHOOL"), ((2021, 12), "SCHOOL")],
)  # fmt: skip
def test_a_child_is_in_its_band_from_the_month_it_is_old_enough(born: tuple[int, int], band: str) -> None:
    assert band_at(date(*born, 1), date(2026, 12, 15)) == AgeBand[band]


@pytest.mark.parametrize(
    ("bits", "words"),
    [(int(ALL_AGES), "All ages"), (0, "All ages"), (2 + 4 + 8, "Newborn to 1 year"), (1 + 2, "Bumps and 0 to 5 months"), (8, "1 year"), (64, "School age"), (4 + 32, "6 to 11 months and 3 to 4 years")],
)  # fmt: skip
def test_ages_are_said_in_words(bits: int, words: str) -> None:
    assert bands_words(bits) == words


def test_a_day_far_away_is_said_with_its_year() -> None:
    start = datetime(2027, 12, 7, 10)
    assert when_words(start, date(2027, 11, 24)) == when_words(start) == "Tuesday 7 December at 10:00"
    assert when_words(start, date(2026, 11, 24)) == "Tuesday 7 December 2027 at 10:00"


def test_children_are_said_in_words() -> None:
    assert kids_words([AgeBand.BUMP, AgeBand.ONE, AgeBand.ONE]) == "two 1-year-olds and a bump"
    assert kids_words([]) == ""


@quick
@given(points, st.floats(0, 5000), st.floats(0, 360), st.floats(0, 1))
def test_the_cells_cover_every_point_of_the_circle(middle: Point, within: float, turn: float, part: float) -> None:
    far = within * part * 0.999 / 6_371_009
    lat, lon = math.radians(middle.lat), math.radians(middle.lon)
    bearing = math.radians(turn)
    there = math.asin(math.sin(lat) * math.cos(far) + math.cos(lat) * math.sin(far) * math.cos(bearing))
    east = lon + math.atan2(
        math.sin(bearing) * math.sin(far) * math.cos(lat), math.cos(far) - math.sin(lat) * math.sin(there)
    )
    point = Point(math.degrees(there), (math.degrees(east) + 540) % 360 - 180)
    column, cover = cells_around(middle, within)
    assert getattr(cells(point), column) in cover
    assert len(cover) <= MOST_CELLS


@quick
@given(st.floats(0, 20_000))
def test_walks_are_told_in_fives_and_never_as_nothing(far: float) -> None:
    minutes = walking_minutes(far)
    assert minutes >= 5 and minutes % 5 == 0 and minutes * 67 / 1.3 >= far - 1


@quick
@given(st.sampled_from(WITHINS), st.floats(16, 3000))
def test_what_a_search_leaves_out_takes_longer_than_it_says(within: int, beyond: float) -> None:
    assert walking_minutes(within + beyond) > reach_minutes(within)


def test_a_home_is_a_cell_and_nothing_finer() -> None:
    cell = home_cell(Point(43.6747, -79.3476))
    assert cell == cells(Point(43.6747, -79.3476)).cell8 and metres(cell_centre(cell), Point(43.6747, -79.3476)) < 700


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "91,0", "0,181", "nan,0", "inf,0", "a,b"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        parse_point(text)


@quick
@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 9), st.sampled_from(list(Answer))), max_size=60))
def test_places_are_never_given_twice_whatever_is_answered(capacity: int, asked: list[tuple[int, Answer]]) -> None:
    answers: dict[int, Answer] = {}
    taken = 0
    for family, wanted in asked:
        decision = decide(wanted, answers.get(family), capacity, taken)
        taken += decision.delta
        answers[family] = decision.answer
        waiting = [number for number, answer in answers.items() if answer == Answer.WAITING]
        for number in waiting[: promotions(capacity, taken, len(waiting))]:
            answers[number], taken = Answer.GOING, taken + 1
        assert taken == sum(answer == Answer.GOING for answer in answers.values()) <= capacity
        if Answer.WAITING in answers.values():
            assert taken == capacity


@pytest.mark.parametrize(
    ("capacity", "taken", "left"),
    [
        (None, 99, Room.YES),
        (10, 7, Room.YES),
        (10, 8, Room.FEW),
        (10, 10, Room.NO),
        (10, 12, Room.NO),
        (40, 30, Room.FEW),
    ],
)
def test_room_is_told_as_yes_few_or_no(capacity: int | None, taken: int, left: Room) -> None:
    assert room(capacity, taken) == left


def test_the_day_before_is_the_same_hour_and_two_hours_are_two_hours() -> None:
    # The clocks go forward on 14 March 2027 at 2:00 in Toronto, back by half an hour on Lord Howe on 4 April.
    assert to_local(day_before(datetime(2027, 3, 14, 10), "America/Toronto"), "America/Toronto") == datetime(
        2027, 3, 13, 10
    )
    assert to_local(day_before(datetime(2027, 4, 4, 10), "Australia/Lord_Howe"), "Australia/Lord_Howe") == datetime(
        2027, 4, 3, 10
    )
    start = to_utc(datetime(2027, 3, 14, 3, 30), "America/Toronto")
    assert to_local(two_hours_before(start), "America/Toronto") == datetime(2027, 3, 14, 0, 30)
    assert to_local(evening_before(datetime(2027, 3, 14, 10), "America/Toronto"), "America/Toronto") == datetime(
        2027, 3, 13, 19
    )


@pytest.mark.parametrize("members_only", [False, True])
def test_the_table_of_who_sees_what(members_only: bool) -> None:
    everything = set(Shows)
    expected = {
        Audience.BLOCKED: None,
        Audience.STRANGER: {Shows.OUTLINE} if members_only else {Shows.OUTLINE, Shows.WHOLE},
        Audience.MEMBER: everything - {Shows.SPOT, Shows.GUESTS},
        Audience.GOING: everything,
        Audience.HOST: everything,
    }
    for who, facts in expected.items():
        seen = shows(who, members_only=members_only)
        assert (None if seen is None else set(seen)) == facts


def test_a_block_outdoes_everything() -> None:
    assert audience(signed_in=True, host=True, going=True, blocked=True) == Audience.BLOCKED
    assert audience(signed_in=False, host=False, going=False, blocked=False) == Audience.STRANGER


def test_fewer_than_three_families_are_not_counted() -> None:
    one, bump = AgeBand.ONE, AgeBand.BUMP
    assert children_shown([[one], [one]]) is None
    assert children_shown([[one], [one, bump], [bump]]) == [bump, bump, one, one]


def test_wall_clocks_by_the_packaged_zones() -> None:
    assert in_gap(datetime(2027, 3, 14, 2, 30), "America/Toronto") and not in_gap(
        datetime(2027, 3, 14, 3), "America/Toronto"
    )
    assert to_utc(datetime(2026, 11, 1, 1, 30), "America/Toronto") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert zone_at(Point(43.67, -79.34)) == "America/Toronto" and zone_at(Point(51.5, -0.12)) == "Europe/London"
    with pytest.raises(Problem):
        zone("Mars/Phobos")


@pytest.mark.parametrize(
    "name",
    ["America/Toronto", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"],
)
def test_yearly_rules_give_the_offset_of_every_hour_of_three_years(name: str) -> None:
    rules = observances(name, 2026)
    changes: list[tuple[datetime, timedelta]] = []
    for part in rules:
        if part.rule is None:
            assert all(_offset(name, hour) == part.offset_to for hour in _hours())
            return
        text = ";".join(f"{key}={','.join(map(str, listed(value)))}" for key, value in part.rule.items())
        for local in rrule.rrulestr(f"RRULE:{text}", dtstart=part.starts).between(
            datetime(2025, 1, 1), datetime(2029, 1, 1)
        ):
            changes.append(((local - part.offset_from).replace(tzinfo=UTC), part.offset_to))
    changes.sort()
    for hour in _hours():
        offset = [to for at, to in changes if at <= hour][-1]
        assert offset == _offset(name, hour)


def _hours() -> list[datetime]:
    return [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(0, 3 * 8766, 1)]


def _offset(name: str, at: datetime) -> timedelta | None:
    return at.astimezone(zone(name)).utcoffset()
