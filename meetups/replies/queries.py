"""Finding the answer that a reply is about."""

from meetups.events.models import Occurrence
from meetups.extensions import db, lock_row
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
    lock_row(Occurrence, row.occurrence_id)
    db.session.refresh(row)
    return rsvps.standing(row.occurrence_id, row.member_id)
