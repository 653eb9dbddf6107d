"""A town with thousands of reminders due at once."""

from datetime import datetime, timedelta

from alembic import command
from sqlalchemy import func, insert, select, update

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.columns import public_id
from meetups.domain.nearness import Point, cells
from meetups.domain.text import search_key
from meetups.domain.zones import to_local
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.places.models import Place
from meetups.reminders.services import plan
from meetups.rsvps.models import Rsvp
from meetups.schema import alembic_config

FAMILIES = 20  # at each date
ZONE = "America/Toronto"
IS_DUE = OutboxMail.template == "day_before"


def fill(mails: int) -> None:
    """Make an empty database a town in which `mails` reminders of tomorrow's dates have come due."""
    command.upgrade(alembic_config(), "head")
    now = utcnow()
    starts = now + timedelta(hours=20)
    place = _place(now)
    db.session.add(place)
    db.session.flush()
    members = _members(mails // FAMILIES, "host", now) + _members(mails, "mother", now)
    hosts, mothers = members[: mails // FAMILIES], members[mails // FAMILIES :]
    dates = [_date(host, place, number, starts) for number, host in enumerate(hosts)]
    db.session.execute(insert(Rsvp), [_yes(dates[n // FAMILIES], mother, now) for n, mother in enumerate(mothers)])
    # As it was yesterday, when they came due: nobody has read about her date since.
    plan(now - timedelta(days=3), limit=mails)
    db.session.commit()


def make_due() -> None:
    """Put all of them back to where they were before any was sent; nobody remembers that she was told."""
    before = utcnow() - timedelta(days=3)
    fresh = {"state": MailState.PENDING, "attempts": 0, "owner": None, "finished_at": None}
    db.session.execute(update(OutboxMail).where(IS_DUE).values(**fresh, next_try=utcnow() - timedelta(hours=4)))
    db.session.execute(update(Rsvp).values(told_at=before))
    db.session.commit()


def due() -> list[OutboxMail]:
    """Return the reminders."""
    return list(db.session.scalars(select(OutboxMail).where(IS_DUE).order_by(OutboxMail.id)))


def unsent() -> int:
    """Return how many of them have not been marked as sent."""
    query = select(func.count()).select_from(OutboxMail).where(IS_DUE, OutboxMail.state != MailState.SENT)
    found = db.session.scalar(query) or 0
    db.session.rollback()
    return found


def _place(now: datetime) -> Place:
    point = Point(43.6747, -79.3476)
    cell6, cell7, cell8 = cells(point)
    return Place(
        name="Withrow Park", search_key=search_key("Withrow Park"), kind="park", lat=point.lat, lon=point.lon,
        zone=ZONE, cell6=cell6, cell7=cell7, cell8=cell8, source="benchmark", source_ref="1", created_at=now,
    )  # fmt: skip


def _members(count: int, name: str, now: datetime) -> list[int]:
    # Nobody has quiet hours, whatever the time of day is.
    fixed = {"first_name": "Ana", "created_at": now, "quiet_from": 0, "quiet_until": 0}
    rows = [fixed | {"email": f"{name}{number}@example.org"} for number in range(count)]
    return list(db.session.scalars(insert(Member).returning(Member.id, sort_by_parameter_order=True), rows))


def _date(host: int, place: Place, number: int, starts: datetime) -> Occurrence:
    local = to_local(starts, ZONE)
    meetup = Meetup(
        host_id=host, place_id=place.id, starts=local, zone=ZONE, kind=Kind.WALK, visibility=Visibility.PUBLIC,
        title=f"Walk {number}", spot="Red stroller by the gate", duration=60, ages=127, created_at=starts,
        changed_at=starts,
    )  # fmt: skip
    db.session.add(meetup)
    db.session.flush()
    date = Occurrence(
        meetup_id=meetup.id, recurrence_id=local, uid=public_id(), starts_at=starts,
        ends_at=starts + timedelta(hours=1), place_id=place.id, cell6=place.cell6, cell7=place.cell7,
        cell8=place.cell8, kind=Kind.WALK, ages=127, taken=FAMILIES,
        # The host's list is not what is measured.
        listed_for=starts,
    )  # fmt: skip
    db.session.add(date)
    db.session.flush()
    return date


def _yes(date: Occurrence, member: int, now: datetime) -> dict[str, object]:
    said = now - timedelta(days=3)
    return {
        "occurrence_id": date.id, "member_id": member, "answer": "going", "created_at": said, "changed_at": said,
        "for_starts": date.starts_at, "for_place_id": date.place_id, "told_starts": date.starts_at,
        "told_ends": date.ends_at, "told_place_id": date.place_id, "told_spot": "Red stroller by the gate",
        "told_in": True, "told_at": said,
    }  # fmt: skip
