"""Every mail is of a kind that a member may choose or that always comes, or was asked for by what she did."""

from pathlib import Path

import pytest

from meetups.domain.mails import KINDS

# Asked for by what somebody has just done, herself or through her calendar, and sent whatever she has chosen.
ASKED_FOR = ("code", "test", "waiting", "youre_out")
EMAILS = Path(__file__).parent.parent.parent / "templates" / "emails"
TEMPLATES = {path.parent.name for path in EMAILS.glob("*/subject.txt")}


def test_no_mail_is_forgotten_and_none_is_of_two_minds() -> None:
    known = [*ASKED_FOR, *(name for kind in KINDS.values() for name in kind.templates)]
    assert set(known) == TEMPLATES
    # Reminders of either kind may fall together.
    assert [name for name in sorted(known) if known.count(name) > 1] == ["together"] * 2


@pytest.mark.parametrize(("template", "at_night"), [("offered", True), ("host_news", False)])
def test_what_happens_shortly_before_comes_always(template: str, at_night: bool) -> None:
    (kind,) = (kind for kind in KINDS.values() if template in kind.templates)
    assert kind.urgent is at_night and kind.stops is None
