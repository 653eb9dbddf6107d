"""The mail that tells what became of a proposed place."""

from datetime import datetime
from functools import partial

from meetups.accounts import choices
from meetups.extensions import db
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.places.models import PlaceProposal
from meetups.places.proposals import HOME, REFUSALS, forget_name
from meetups.places.queries import usual_zone
from meetups.web.links import public_url


@composer("proposed")
def proposed(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for a member that her place is on the map, or why it is not."""
    row = db.session.get(PlaceProposal, int(mail.data["proposal"]))
    if row is None or row.decided_at is None or (row.place is None and row.refusal is None):
        return Drop("no longer so")
    until = choices.waits(row.member, "places", now, row.place.zone if row.place else usual_zone())
    if until:
        return Wait(until)
    # As the site calls it: an admin may have corrected the name.
    place = row.place.name if row.place else row.name
    link = public_url("pages.place", public_id=row.place.public_id) if row.place else public_url("pages.browse")
    words = render("proposed", place=place, why=REFUSALS.get(row.refusal or ""), link=link)
    return Message(*words, noted=partial(forget_name, row.id) if row.refusal == HOME else None)
