"""The mailbox for replies: what a site refuses to start with."""

from pathlib import Path

import pytest

from meetups.config import BadSetting, from_environment

FROM = "Hello Park <hello@park.example>"


def reply_to(tmp_path: Path, text: str, mail_from: str = FROM) -> str | None:
    return from_environment({"DATA_DIR": str(tmp_path), "MAIL_FROM": mail_from, "REPLY_TO": text}).reply_to


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", None),
        ("  ", None),
        ("rsvp@park.example", "rsvp@park.example"),
        (" RSVP@Park.Example ", "rsvp@park.example"),
        ("r@park.example", "r@park.example"),
        ("rsvp@replies.park.example", "rsvp@replies.park.example"),
    ],
)
def test_a_plain_address_of_the_senders_domain_is_taken(tmp_path: Path, text: str, kept: str | None) -> None:
    assert reply_to(tmp_path, text) == kept


def test_the_site_may_send_from_below_the_domain_of_its_replies(tmp_path: Path) -> None:
    assert reply_to(tmp_path, "rsvp@park.example", "<hello@mail.park.example>") == "rsvp@park.example"


@pytest.mark.parametrize(
    "text",
    [
        "rsvp",
        "@park.example",
        "rsvp@",
        "rsvp+x@park.example",
        "Park <rsvp@park.example>",
        "a@b@park.example",
        "rsvp@park.example\nBcc: x@evil.example",
        "a" * 21 + "@park.example",
        "rsvp@xpark.example",
        "rsvp@other.example",
        "rsvp@example",
        "ключ@park.example",
    ],
)
def test_any_other_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match="REPLY_TO"):
        reply_to(tmp_path, text)
