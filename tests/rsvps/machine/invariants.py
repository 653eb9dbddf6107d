"""What holds after each step, whatever it was. Each function takes the town and the looks before and after the step."""

from meetups.domain.capacity import Answer
from meetups.domain.reminders import two_hours_before
from meetups.domain.zones import to_local
from tests.factories import TORONTO
from tests.rsvps.machine.look import Date, Look, Row
from tests.rsvps.machine.mailman import NEWS
from tests.rsvps.machine.town import MINUTE, Town


def no_more_families_than_places(town: Town, before: Look, after: Look) -> None:
    """Where a date has fewer places than families come, its host has made it smaller, and nobody more got in."""
    for date in after.dates.values():
        was = before.dates[date.id].taken if date.id in before.dates else 0
        assert date.capacity is None or date.taken <= max(date.capacity, was)


def nobody_loses_her_place_but_by_her_own_word(town: Town, before: Look, after: Look) -> None:
    """Whoever had a place has it still: no edit, no smaller date, nobody else's answer and no round takes it away.

    But for an offer that is over, a block, a series that becomes her own, and a standing yes that has ended.
    """
    for pair, row in before.rows.items():
        date, now = after.dates.get(row.date), after.rows.get(pair)
        if not row.holds or date is None or (now and now.holds) or row.member == town.by.who:
            continue
        let_pass = row.answer == Answer.OFFERED and row.offered_until and row.offered_until <= after.now
        gone_quiet = row.by_standing and row.member not in after.regulars and date.starts > after.now
        shunned = after.shuns(date, row.member) and town.by.what in ("worker", "killed")
        assert let_pass or gone_quiet or shunned, f"{row} of {date} by {town.by}"


def nobody_waits_beside_a_free_place(town: Town, before: Look, after: Look) -> None:
    """But while a host's edit, that made the room, can still be undone. Shortly before, whoever let one pass waits."""
    for date in after.coming():
        if not date.off and date.id not in after.changed and not after.unsettled:
            free = date.capacity is None or date.taken < date.capacity
            assert not (free and after.able(date)), f"{after.able(date)} wait for {date}"


def nobody_overtakes(town: Town, before: Look, after: Look) -> None:
    """Who gets a place has waited longer than everybody who could have had it and still waits."""
    for date in after.coming():
        if date.id not in before.dates:
            continue
        known = town.lines.get(date.id, [])
        got = [row for row in after.of(date.id) if row.holds and not _held(before, row)]
        stay = {row.member for row in after.line(date)} & {row.member for row in before.line(before.dates[date.id])}
        for row in got:
            ahead = known[: known.index(row.member)] if row.member in known else known
            assert not stay.intersection(ahead), f"{row} came in before {stay.intersection(ahead)}"


def _held(before: Look, row: Row) -> bool:
    was = before.rows.get((row.date, row.member))
    return was is not None and was.holds


def keep_the_line(town: Town, before: Look, after: Look) -> None:
    """Note who waits for each date, in the order in which they came to wait: our own list, which no column is."""
    for date in after.dates.values():
        rows = sorted((row for row in after.of(date.id) if row.in_line), key=lambda row: row.id)
        waiting, known = [row.member for row in rows], town.lines.get(date.id, [])
        again = _began_to_wait_anew(before, rows)
        stay = [one for one in known if one in waiting and one not in again]
        town.lines[date.id] = stay + [one for one in waiting if one not in stay]


def _began_to_wait_anew(before: Look, rows: list[Row]) -> set[int]:
    def since(row: Row) -> object:
        was = before.rows.get((row.date, row.member))
        return was.since if was and was.in_line else row.since

    return {row.member for row in rows if since(row) != row.since}


def taken_is_what_the_rows_say(town: Town, before: Look, after: Look) -> None:
    """Places are counted where they are given."""
    for date in after.dates.values():
        assert date.taken == sum(row.holds for row in after.of(date.id)), f"{date}: {after.of(date.id)}"


def who_comes_has_heard_or_is_owed_it(town: Town, before: Look, after: Look) -> None:
    """Every answer knows when and where its date is, and whether it has a place, or a mail or a change says so yet."""
    for pair, row in after.rows.items():
        date = after.dates[row.date]
        if row.concerned and date.starts > after.now and not after.shuns(date, row.member):
            assert knows(town, date, row) or is_owed(after, date, row), f"{town.mailman.heard.get(pair)}: {date} {row}"


def knows(town: Town, date: Date, row: Row) -> bool:
    """Return whether a family has heard how a date stands: in a mail's own words, or on the page."""
    pair = row.date, row.member
    heard = town.mailman.heard[pair]
    if row.answer == Answer.OFFERED and not date.off:
        return heard.same(date.fact) and (pair, row.changed) in town.mailman.asked
    in_place = row.answer != Answer.GOING or date.off or pair in town.mailman.has_a_place
    return heard.same(date.fact) and in_place


def is_owed(after: Look, date: Date, row: Row) -> bool:
    """Return whether something is left from which she will hear."""
    kinds = (*NEWS, "youre_in", "offered")
    mails = (mail for mail in after.owed if mail.member == row.member and mail.template in kinds)
    return date.id in after.retold or any(date.id in mail.dates for mail in mails)


def every_yes_has_its_reminder(town: Town, before: Look, after: Look) -> None:
    """Who comes is to be planned, or the mail of two hours before waits for its time."""
    facts = {mail.key for mail in after.owed}
    for row in after.rows.values():
        date = after.dates[row.date]
        if row.answer != Answer.GOING or not row.planned or date.off or date.id in after.retold:
            continue
        if two_hours_before(date.starts) > after.now + MINUTE:
            key = f"two_hours:{date.id}:{row.member}:{date.starts.isoformat()} {date.place}"
            assert key in facts, f"{row} of {date}"


def what_a_standing_yes_gave_ends_with_it(town: Town, before: Look, after: Look) -> None:
    """No answer is left of one that has ended, and none to a date of its pause."""
    for row in after.rows.values():
        date = after.dates[row.date]
        if row.by_standing and row.holds and date.starts > after.now and not after.unsettled:
            assert row.member in after.regulars, f"{row} of {date}"
            assert not _pauses(after, date, row.member), f"{row} of {date}"


def who_comes_every_time_has_answered(town: Town, before: Look, after: Look) -> None:
    """Wherever the worker has just looked, and no edit can be undone any more."""
    looked = [member for member, regular in after.regulars.items() if regular.looked == after.now]
    for date in after.coming():
        for member in looked if town.by.what == "worker" and not (date.off or after.edited) else ():
            here = not _pauses(after, date, member) and not after.shuns(date, member) and member != date.host
            assert not here or (date.id, member) in after.rows, f"{member} at {date}"


def _pauses(after: Look, date: Date, member: int) -> bool:
    back = after.regulars[member].back
    return back is not None and to_local(date.starts, TORONTO).date() < back


def who_does_not_want_to_meet_is_not_brought_together(town: Town, before: Look, after: Look) -> None:
    """No step gives a member a place, an offer or a yes at a date of somebody she does not want to meet; and once
    the worker has seen the block, what they had answered is taken back."""
    for pair, row in after.rows.items():
        date, was = after.dates[row.date], before.rows.get(pair)
        if date.starts <= after.now or not row.concerned or not after.shuns(date, row.member):
            continue
        assert not (row.holds and not (was and was.holds)), f"the site gave {row} of {date}"
        assert after.unsettled or town.by.what != "worker", f"{row} stays at {date}"


def nobody_is_told_twice_but_by_a_kill(town: Town, before: Look, after: Look) -> None:
    """At most one mail for each kill, and for each connection that was cut."""
    assert town.mailman.doubled <= town.mailman.unsure, town.mailman.ids.most_common(2)


def every_mail_was_right(town: Town, before: Look, after: Look) -> None:
    """Each said its date's time and place of that moment, to somebody who may see it, and before it began."""
    assert not town.mailman.wrong, town.mailman.wrong[0]


def nothing_broke(town: Town, before: Look, after: Look) -> None:
    """No step of the worker has failed, and no mail could not be written."""
    assert not town.errors.found, town.errors.found


# Our own line is brought up to date once all else has been asked.
ALL = (
    nothing_broke,
    no_more_families_than_places,
    nobody_loses_her_place_but_by_her_own_word,
    taken_is_what_the_rows_say,
    nobody_waits_beside_a_free_place,
    nobody_overtakes,
    who_comes_has_heard_or_is_owed_it,
    every_yes_has_its_reminder,
    what_a_standing_yes_gave_ends_with_it,
    who_comes_every_time_has_answered,
    who_does_not_want_to_meet_is_not_brought_together,
    nobody_is_told_twice_but_by_a_kill,
    every_mail_was_right,
    keep_the_line,
)


def everybody_has_heard(town: Town, look: Look) -> None:
    """Once the worker has nothing left to tell, every family that has answered a date to come knows how it stands."""
    for pair, row in look.rows.items():
        date = look.dates[row.date]
        if row.concerned and date.starts > look.now:
            assert knows(town, date, row), f"{town.mailman.heard.get(pair)}: {date} {row}"
