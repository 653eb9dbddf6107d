"""Finding the answer that a reply is about."""

from sqlalchemy import select

from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.rsvps import queries as rsvps
from meetups.rsvps.models import Rsvp
from meetups.rsvps.tokens import Token, signs


def answer(token: Token) -> Rsvp | None:
    """Return the answer of a token, its date locked, as it is now; None for one that is forged, gone or behind a
    block with the host."""
    row = db.session.get(Rsvp, token.rsvp_id)
    if row is None or not signs(token, row):
        return None
    # In the order in which answering locks: two replies at once must see each other's moment.
    locked = select(Occurrence).where(Occurrence.id == row.occurrence_id).with_for_update()
    db.session.scalars(locked, execution_options={"populate_existing": True}).one()
    db.session.refresh(row)
    found = rsvps.standing(row.occurrence_id, row.member_id)
    return found[1] if found else None
