"""What the mothers of the demo town tell of the parks they meet in: much is known, some disputed, some unknown."""

import random
from collections.abc import Sequence
from datetime import datetime

from meetups.accounts.models import Member
from meetups.domain.amenities import LAPS
from meetups.places import services
from meetups.places.cards import ASKED
from meetups.places.models import Place

SEED = 43
# How likely it is that an amenity is spoken of, that it is there, and that one mother sees it otherwise.
SPOKEN, THERE, OTHERWISE = 0.6, 0.7, 0.12
MOST = 4  # words for an amenity


def tell(places: Sequence[Place], members: Sequence[Member], now: datetime) -> None:
    """Let some of the members tell of each place, since they came; the same each time."""
    chance = random.Random(SEED)
    for place in {place.id: place for place in places}.values():
        for amenity in ASKED:
            if chance.random() > SPOKEN:
                continue
            there = chance.random() < THERE
            for teller in chance.sample(members, chance.randint(1, MOST)):
                word = there if chance.random() > OTHERWISE else not there
                services.say(place, teller, amenity, word, _since(teller, now, chance))
        teller = chance.choice(members)
        services.say_lap(place, teller, chance.choice(LAPS), _since(teller, now, chance))


def _since(teller: Member, now: datetime, chance: random.Random) -> datetime:
    return now - chance.random() * (now - teller.created_at)
