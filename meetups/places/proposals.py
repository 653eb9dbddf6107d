"""Places that members propose, kept apart from those of the site: no list, search or form can show one early."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.extensions import db, lock_row
from meetups.mail.outbox import enqueue
from meetups.places import importer, queries
from meetups.places.models import Place, PlaceProposal
from meetups.places.records import PlaceRecord

SOURCE = "members"
# More of a member's proposals, and of the admins' queue, is not shown on one page.
SHOWN = 50
HOME = "home"
REFUSALS = {
    HOME: "it is, or may be, somebody’s home",
    "closed": "not everybody may go there",
    "known": "we have it already, maybe under another name",
    "nowhere": "we could not find it",
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a member proposes; `typed` is what she typed for the point."""

    name: str
    kind: str
    point: Point
    typed: str


def propose(member: Member, what: Proposed, now: datetime) -> PlaceProposal:
    """Keep a proposal for the admins; the same once more is the one that waits."""
    waiting = select(PlaceProposal).where(
        PlaceProposal.member_id == member.id, PlaceProposal.name == what.name, PlaceProposal.decided_at.is_(None)
    )
    found = db.session.scalar(waiting) or PlaceProposal(member_id=member.id, name=what.name, created_at=now)
    found.kind, found.typed = what.kind, what.typed
    found.lat, found.lon = what.point.lat, what.point.lon
    db.session.add(found)
    db.session.flush()
    return found


def of(member: Member) -> list[PlaceProposal]:
    """Return what a member has proposed, newest first."""
    query = select(PlaceProposal).where(PlaceProposal.member_id == member.id).options(joinedload(PlaceProposal.place))
    return list(db.session.scalars(query.order_by(PlaceProposal.created_at.desc(), PlaceProposal.id).limit(SHOWN)))


def waiting() -> list[PlaceProposal]:
    """Return what nobody has decided yet, oldest first: for admins alone."""
    query = select(PlaceProposal).where(PlaceProposal.decided_at.is_(None))
    return list(db.session.scalars(query.order_by(PlaceProposal.created_at, PlaceProposal.id).limit(SHOWN)))


def one(public_id: str) -> PlaceProposal | None:
    """Return a proposal: for admins alone."""
    return db.session.scalar(select(PlaceProposal).where(PlaceProposal.public_id == public_id))


def known(name: str, point: Point) -> Place | None:
    """Return the place of the site that a proposal would be once more."""
    return next((place for place, far in queries.nearest(point, 20) if importer.is_same(place, name, far)), None)


def accept(proposal: PlaceProposal, name: str, kind: str, point: Point, now: datetime) -> Place:
    """Make a place of a proposal, as an admin has corrected it, and write to her; raise Problem where there is one."""
    _decide(proposal, now)
    twin = known(name, point)
    if twin:
        raise Problem(f"{twin.name} is on the map already. Refuse this one as known.", "name")
    record = PlaceRecord(
        where="proposal", ref=proposal.public_id, name=name, point=point, kind=kind, address=None,
        neighbourhood=queries.area_name(point), city=None, country=None, source=SOURCE, attribution=None,
    )  # fmt: skip
    report = importer.take([record], now)
    if report.refused:
        raise Problem(f"{report.refused[0].why}. Refuse this one as known.", "name")
    mine = Place.source == SOURCE, Place.source_ref == proposal.public_id
    proposal.place = db.session.scalars(select(Place).where(*mine)).one()
    return proposal.place


def refuse(proposal: PlaceProposal, why: str, now: datetime) -> None:
    """Refuse a proposal for one of REFUSALS, and write to her. Where it was is forgotten: it may be where she lives."""
    _decide(proposal, now)
    proposal.refusal = why
    proposal.lat, proposal.lon, proposal.typed = None, None, ""


def forget_name(proposal_id: int, _now: datetime) -> None:
    """Forget what a refused proposal was called, once she has been told: a home's name may say whose it is."""
    db.session.get_one(PlaceProposal, proposal_id).name = ""


def _decide(proposal: PlaceProposal, now: datetime) -> None:
    # Two admins may look at once: the first decides.
    lock_row(PlaceProposal, proposal.id)
    if proposal.decided_at:
        raise Problem("Somebody else has decided this meanwhile.", "name")
    proposal.decided_at = now
    key, facts = f"proposed:{proposal.id}", {"proposal": proposal.id}
    enqueue("proposed", proposal.member.email, facts, dedupe_key=key, due=now, now=now)
