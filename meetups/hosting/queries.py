"""Which dates are silent, and who might stand in."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.accounts.queries import unblocked
from meetups.domain.hosting import LAST_DATES, Regular
from meetups.events.hosts import helps, hosted_by, open_to, root_of
from meetups.events.models import CoHost, HandOver, Meetup, Occurrence
from meetups.events.queries import starts_within
from meetups.extensions import db
from meetups.hosting.models import BatonAsk
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.rsvps.queries import CONCERNED

_FIRST = aliased(Meetup)
_ROOT = func.coalesce(Meetup.series_id, Meetup.id)
_AWAKE = Meetup.resting_at.is_(None), Meetup.cancelled_at.is_(None)


@dataclass(frozen=True, slots=True)
class Silent:
    """What the rules need to know of a silent date, and whether a regular was asked since its host was."""

    id: int
    starts_at: datetime
    zone: str
    asked_at: datetime
    confirmed_at: datetime | None
    regular_asked: bool


def silent_soon(now: datetime, ahead: timedelta) -> list[Silent]:
    """Return all dates that start within `ahead`, that families come to, whose host was asked and has not said yes
    since, and which nobody stands in for. Whether that yes still counts, a rule says; of most nothing is due."""
    asked = select(BatonAsk.id).where(BatonAsk.occurrence_id == Occurrence.id, BatonAsk.asked_at >= Occurrence.asked_at)
    known = Meetup.zone, Occurrence.asked_at, Occurrence.confirmed_at, asked.exists()
    query = (
        select(Occurrence.id, Occurrence.starts_at, *known)
        .join(Occurrence.meetup)
        .where(
            *starts_within(now, ahead),
            Occurrence.taken > 0,
            Occurrence.asked_at.is_not(None),
            or_(Occurrence.confirmed_at.is_(None), Occurrence.confirmed_at < Occurrence.asked_at),
            Occurrence.held_by_id.is_(None),
            Occurrence.unhosted_at.is_(None),
            Meetup.source.is_(None),
        )
    )
    found: Iterable[Any] = db.session.execute(query)
    return [Silent(*row) for row in found]


def held(date_ids: Collection[int]) -> list[Occurrence]:
    """Return dates by their ids, the soonest first, locked for the transaction; without those that others change."""
    if not date_ids:
        return []
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.id.in_(date_ids))
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(_with_series(query, Occurrence)))


def _with_series(query: Select[Any], *dates: Any) -> Select[Any]:
    """Return the query of meetups, or of their `dates`, that locks what it finds, each with its part and the first part
    of its series: what somebody else is changing waits for the next round. Who waits for nobody stands in nobody's way,
    whatever the order."""
    query = query.join(_FIRST, _FIRST.id == _ROOT)
    return query.with_for_update(skip_locked=True, of=(*dates, Meetup, _FIRST))


def _held() -> ColumnElement[bool]:
    own = Rsvp.occurrence_id == Occurrence.id, Rsvp.member_id == Occurrence.held_by_id
    answer = func.coalesce(select(Rsvp.answer).where(*own).correlate(Occurrence).scalar_subquery(), "")
    helps = and_(hosted_by(Occurrence.held_by_id), answer != "not_going")
    return and_(or_(answer == "going", helps), open_to(Occurrence.held_by_id))


def is_held(occurrence: Occurrence) -> bool:
    """Return whether somebody stands in on a date who comes and may see the host."""
    query = select(Occurrence.id).join(Occurrence.meetup).where(Occurrence.id == occurrence.id, _held())
    return db.session.scalar(query) is not None


# The worker asks these every few seconds, and building them takes longer than asking.
_HELD_IN_VAIN = _with_series(
    select(Occurrence).join(Occurrence.meetup).where(Occurrence.held_by_id.is_not(None), ~_held()), Occurrence
)
# Two who have blocked each other help no more, either of them: so neither is a host from whom the other is parted.
_HELPS_NO_MORE = CoHost.accepted_at.is_not(None) & ~helps(CoHost, Meetup.host_id)
_BLOCKED_ROLES: tuple[Select[Any], ...] = (
    select(CoHost).join(Meetup, Meetup.id == CoHost.series_id).where(_HELPS_NO_MORE | ~open_to(CoHost.member_id)),
    select(HandOver).join(Meetup, Meetup.id == HandOver.series_id).where(~open_to(HandOver.member_id)),
)


def deserted(now: datetime, ahead: timedelta, limit: int) -> list[Occurrence]:
    """Return the dates that start within `ahead` whose stand-in does not come any more, or may not see the host; locked
    for the transaction. A co-host need not answer to come."""
    return list(db.session.scalars(_HELD_IN_VAIN.where(*starts_within(now, ahead)).limit(limit)))


def date(uid: str) -> Occurrence | None:
    """Return the date of a UID with all that a page or a mail needs."""
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.uid == uid)
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
    )
    return db.session.scalar(query)


def asked(occurrence: Occurrence, since: datetime) -> BatonAsk | None:
    """Return who was asked to stand in on a date since a moment."""
    query = select(BatonAsk).where(BatonAsk.occurrence_id == occurrence.id, BatonAsk.asked_at >= since)
    return db.session.scalar(query.order_by(BatonAsk.id.desc()).limit(1))


def forget_asked(occurrence: Occurrence) -> None:
    """Take back that whoever stands in on a date was asked to."""
    hers = BatonAsk.occurrence_id == occurrence.id, BatonAsk.member_id == occurrence.held_by_id
    db.session.execute(delete(BatonAsk).where(*hers))


def regulars(occurrence: Occurrence, now: datetime) -> list[Regular]:
    """Return the families that go to a date and may be asked to stand in, with how they came to the last dates.

    No block stands between any of them and the host, or anybody else who goes: these would learn of each other.
    """
    going = _askable(occurrence)
    came = _came(occurrence, going, now)
    last = select(BatonAsk.member_id, func.max(BatonAsk.asked_at).label("at")).where(BatonAsk.member_id.in_(going))
    asked_last = {row.member_id: row.at for row in db.session.execute(last.group_by(BatonAsk.member_id))}
    return [Regular(one, len(came[one]), max(came[one]), asked_last.get(one)) for one in going if came[one]]


def _askable(occurrence: Occurrence) -> list[int]:
    # Who gets no mail cannot be asked, and nobody else would be.
    wants = Member.wants_baton, Member.mail_suspended_at.is_(None)
    query = _of_use(occurrence).join(Member, Member.id == Rsvp.member_id).where(*wants)
    return list(db.session.scalars(query.order_by(Rsvp.member_id)))


def may_stand_in(occurrence: Occurrence, member: Member) -> bool:
    """Return whether a member goes to a date, and no block keeps her from being the one to find."""
    return db.session.scalar(_of_use(occurrence).where(Rsvp.member_id == member.id)) is not None


def _of_use(occurrence: Occurrence) -> Select[int]:
    other = aliased(Rsvp)
    shuns = (
        select(other.id)
        .where(other.occurrence_id == occurrence.id, other.answer.in_(CONCERNED))
        .where(~unblocked(Rsvp.member_id, other.member_id))
        .correlate(Rsvp)
        .exists()
    )
    goes = Rsvp.occurrence_id == occurrence.id, Rsvp.answer == "going"
    return select(Rsvp.member_id).where(*goes, open_to(Rsvp.member_id, occurrence.meetup), ~shuns)


def _came(occurrence: Occurrence, members: list[int], now: datetime) -> dict[int, list[datetime]]:
    root = occurrence.meetup.series_id or occurrence.meetup.id
    last = (
        select(Occurrence.id, Occurrence.starts_at)
        .join(Occurrence.meetup)
        .where(or_(Meetup.id == root, Meetup.series_id == root))
        .where(Occurrence.starts_at <= now, Occurrence.cancelled_at.is_(None))
        .order_by(Occurrence.starts_at.desc())
        .limit(LAST_DATES)
        .subquery()
    )
    went = and_(Rsvp.occurrence_id == last.c.id, Rsvp.answer == "going", Rsvp.member_id.in_(members))
    came: dict[int, list[datetime]] = defaultdict(list)
    for member_id, starts_at in db.session.execute(select(Rsvp.member_id, last.c.starts_at).join(last, went)):
        came[member_id].append(starts_at)
    return came


def cohosts(meetup: Meetup) -> list[CoHost]:
    """Return who helps to host a series, and who has been asked to, in that order of time."""
    query = select(CoHost).where(CoHost.series_id == root_of(meetup)).options(joinedload(CoHost.member))
    return list(db.session.scalars(query.order_by(CoHost.id)))


def cohost(meetup: Meetup, member: Member) -> CoHost | None:
    """Return a member's part in hosting a series, accepted or not."""
    query = select(CoHost).where(CoHost.series_id == root_of(meetup), CoHost.member_id == member.id)
    return db.session.scalar(query)


def offered(meetup: Meetup) -> HandOver | None:
    """Return to whom a series is offered."""
    query = select(HandOver).where(HandOver.series_id == root_of(meetup)).options(joinedload(HandOver.member))
    return db.session.scalar(query)


def offers_to(member: Member, meetup: Meetup) -> tuple[bool, bool]:
    """Return whether a member is asked to help hosting a series, and whether it is offered to her."""
    asked = select(CoHost.id).where(
        CoHost.series_id == root_of(meetup), CoHost.member_id == member.id, CoHost.accepted_at.is_(None)
    )
    given = select(HandOver.id).where(HandOver.series_id == root_of(meetup), HandOver.member_id == member.id)
    row = db.session.execute(select(asked.exists(), given.exists())).one()
    return bool(row[0]), bool(row[1])


def have_come(meetup: Meetup, now: datetime) -> list[Member]:
    """Return the families that have come to a series, past blocks with any host: who comes every time first, then who
    came last."""
    root = root_of(meetup)
    every_time = (
        select(StandingYes.id)
        .where(StandingYes.series_id == root, StandingYes.member_id == Member.id, StandingYes.ended_at.is_(None))
        .exists()
    )
    query = (
        select(Member)
        .join(Rsvp, Rsvp.member_id == Member.id)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(or_(Meetup.id == root, Meetup.series_id == root), Occurrence.cancelled_at.is_(None))
        .where(Rsvp.answer == "going", Occurrence.ends_at <= now, Member.id != meetup.host_id)
        .where(open_to(Member.id, meetup))
        .group_by(Member.id)
        .order_by(case((every_time, 0), else_=1), func.max(Occurrence.starts_at).desc(), Member.id)
    )
    return list(db.session.scalars(query))


def blocked_roles() -> list[CoHost | HandOver]:
    """Return the roles that a block has made impossible: with the host, or with another that helps her; between two
    that help, that of whoever has blocked the other."""
    return [row for query in _BLOCKED_ROLES for row in db.session.scalars(query)]


def helped(public_id: str, member: Member) -> Meetup | None:
    """Return a meetup that a member helps to host or is asked to, even where a block hides it from her."""
    root = select(func.coalesce(Meetup.series_id, Meetup.id)).where(Meetup.public_id == public_id).scalar_subquery()
    query = select(Meetup).join(CoHost, CoHost.series_id == Meetup.id)
    return db.session.scalar(query.where(Meetup.id == root, CoHost.member_id == member.id))


def last_silent(now: datetime, since: datetime) -> dict[int, list[bool]]:
    """Return whether the last dates of a series were silent, the newest first, by the id of the newest one's meetup: of
    all series that do not rest and of which a date began after `since` with nobody to welcome those who came.

    Dates to which families came count, and that began since it was woken last.
    """
    query = (
        select(_ROOT, Meetup.id, Occurrence.unhosted_at.is_not(None))
        .join(Occurrence.meetup)
        .where(_ROOT.in_(_just_silent(now, since)), Occurrence.starts_at <= now, Occurrence.cancelled_at.is_(None))
        # Those who were warned may have bailed: nobody came, and it was silent all the same.
        .where(or_(Occurrence.taken > 0, Occurrence.unhosted_at.is_not(None)))
        .where(or_(Meetup.woken_at.is_(None), Occurrence.starts_at > Meetup.woken_at))
        .order_by(Occurrence.starts_at.desc())
    )
    newest: dict[int, int] = {}
    found: dict[int, list[bool]] = defaultdict(list)
    for root, meetup_id, silent in db.session.execute(query):
        found[newest.setdefault(root, meetup_id)].append(silent)
    return found


def _just_silent(now: datetime, since: datetime) -> Select[Any]:
    silent = Occurrence.unhosted_at.is_not(None), Occurrence.cancelled_at.is_(None)
    query = select(_ROOT).join(Occurrence, Occurrence.meetup_id == Meetup.id)
    return query.where(Occurrence.starts_at > since, Occurrence.starts_at <= now, *silent, *_AWAKE)


def awake(meetup_ids: Collection[int]) -> list[Meetup]:
    """Return which of some meetups do not rest, locked for the transaction."""
    if not meetup_ids:
        return []
    query = select(Meetup).where(Meetup.id.in_(meetup_ids), *_AWAKE).order_by(Meetup.id)
    return list(db.session.scalars(_with_series(query)))
