"""When an address is suspended."""

from datetime import UTC, datetime, timedelta

import pytest

from meetups.domain.bounces import Bounced, counts, suspends

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def report(days_ago: float, status: str = "5.2.1") -> Bounced:
    return Bounced(NOW - days_ago * DAY, status, refused=False)


def refusal(days_ago: float, status: str = "5.0.0") -> Bounced:
    return Bounced(NOW - days_ago * DAY, status, refused=True)


@pytest.mark.parametrize(
    ("bounces", "expected"),
    [
        ([], False),
        ([report(0), report(1)], False),
        ([report(0), report(0.1), report(0.2), report(1)], False),
        ([report(0), report(1), report(2)], True),
        ([report(0), refusal(1), report(29)], True),
        ([report(0), report(1), report(31)], False),
        ([refusal(0), refusal(1), refusal(2)], True),
        ([report(0, "4.2.2"), report(1, "4.4.1"), report(2, "4.4.7")], False),
        ([report(0, "5.7.1"), refusal(1, "5.7.26"), report(2, "5.7.1")], False),
        ([report(0, "5.1.1")], False),
        ([report(0, "5.1.1"), report(0.1, "5.1.1")], False),
        ([report(0, "5.1.1"), refusal(0)], True),
        ([report(0, "5.2.1"), refusal(0)], False),
        ([refusal(0, "5.1.1"), refusal(0.1, "5.1.1")], False),
        ([report(0, "5.1.1"), refusal(0, "5.7.1")], False),
        ([report(31, "5.1.1"), refusal(0)], False),
    ],
)
def test_three_days_or_no_such_mailbox_and_a_refusal(bounces: list[Bounced], expected: bool) -> None:
    assert suspends(bounces, NOW) is expected
    assert suspends(bounces[::-1], NOW) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", True),
        ("5.0.0", True),
        ("5.2.2", True),
        ("5.7.1", False),
        ("4.1.1", False),
        ("2.0.0", False),
        ("", False),
    ],
)
def test_what_counts(status: str, expected: bool) -> None:
    assert counts(status) is expected
