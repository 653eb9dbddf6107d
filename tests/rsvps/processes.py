"""What one web process of several does, for tests of them all at once. Spawned: nothing is inherited but arguments."""

from collections.abc import Sequence
from multiprocessing.synchronize import Barrier

from meetups.accounts.models import Member
from meetups.app import create_app
from meetups.config import Settings
from meetups.domain.capacity import Answer
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.rsvps import services
from tests.conftest import NOW

STARTS_WITHIN = 60  # seconds


def say_yes(settings: Settings, start: Barrier, date_id: int, member_ids: Sequence[int]) -> None:
    """Let members say yes to a date one after the other, in an application of this process's own."""
    with create_app(settings).app_context():
        start.wait(STARTS_WITHIN)
        for member_id in member_ids:
            occurrence, member = db.session.get(Occurrence, date_id), db.session.get(Member, member_id)
            assert occurrence and member
            services.answer(occurrence, member, Answer.GOING, [], NOW)
            db.session.commit()
