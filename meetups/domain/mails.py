"""The kinds of mail there are: what they are called, which may be switched off, and which wait for the morning."""

from dataclasses import dataclass
from datetime import timedelta

# A reminder in somebody's night waits for its end where that leaves an hour; what has changed leaves two.
REMINDER_LEAVES, CHANGE_LEAVES = timedelta(hours=1), timedelta(hours=2)
# Who is asked to be the one to find has an hour to say so before the others hear that nobody may be there.
BATON_LEAVES = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail that a member may choose.

    `words` is what she chooses, `stops` what the page that ends it says she will get no more of; without `stops` it
    is always on. Its choice is the column `wants_<name>` of the member. `default` is what she has before she has
    chosen anything. `templates` are its mails. One that is `urgent` goes in the night too; any other waits for the
    end of her quiet hours where that is at least `leaves` before the date begins.
    """

    name: str
    words: str
    stops: str | None
    templates: tuple[str, ...]
    default: bool = True
    urgent: bool = False
    leaves: timedelta = REMINDER_LEAVES

    @property
    def column(self) -> str:
        """The member's column that says whether she wants it."""
        return f"wants_{self.name}"


# In the order of the page.
KINDS = {
    kind.name: kind
    for kind in (
        Kind("day_before", "The day before", "reminders on the day before", ("day_before", "together")),
        Kind("two_hours", "Two hours before", "reminders two hours before", ("two_hours", "together")),
        Kind(
            "changes",
            "Changed and cancelled dates, places that come free, and the end of coming every time",
            None,
            ("changed", "cancelled", "changes", "promoted", "who", "standing_over"),
            leaves=CHANGE_LEAVES,
        ),
        Kind(
            "short_notice",
            "Shortly before: a place that is kept for me",
            None,
            ("offered",),
            urgent=True,
        ),
        Kind(
            "replies",
            "“You are in”, when I say that I come, once or every time",
            "mails that say you are in, once or every time",
            ("youre_in", "standing"),
            urgent=True,
        ),
        Kind(
            "host_list",
            "Who comes to what I host, and whether it is still on, the evening before",
            "questions about what you host",
            ("host_list",),
        ),
        Kind(
            "baton",
            "Now and then: would I be the one to find, where a host is silent",
            "questions whether you would be the one to find",
            ("baton",),
            leaves=BATON_LEAVES,
        ),
        Kind(
            "asked",
            "Now and then: would I host with somebody, or take a meetup over",
            "questions whether you would host",
            ("cohost", "hand_over"),
        ),
        Kind(
            "hosting",
            "Who cannot come to what I host, stands in for me, and what becomes of it",
            None,
            ("host_news", "baton_taken", "baton_lost", "resting", "would_host", "you_host"),
            leaves=CHANGE_LEAVES,
        ),
        Kind("places", "What becomes of a place that I propose", None, ("proposed",)),
        Kind(
            "wishes",
            "Once, when something starts where I wait for it",
            "mails that say that something starts where you wait",
            ("wish",),
            leaves=CHANGE_LEAVES,
        ),
        Kind("weekly", "Once a week, what is on near me for my children", "weekly look-aheads", ("weekly",)),
        # Not a mail of its own, but what mails about a date carry.
        Kind("invitations", "Invitations in your calendar", "invitations in your calendar", ()),
    )
}
