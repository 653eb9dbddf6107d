"""What one reader may see of one date: every page, feed, mail and map point is built from this."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import fits_words, welcome_words
from meetups.domain.capacity import Room, room
from meetups.domain.hosting import is_yes
from meetups.domain.naps import nap_words
from meetups.domain.nearness import Point, walk_from
from meetups.domain.visibility import FAMILIES_FROM, Audience, Shows, audience, shows
from meetups.domain.words import clock_words, day_words
from meetups.domain.zones import to_local
from meetups.events.dated import NOBODY, Dated
from meetups.events.hosts import acts_as_host
from meetups.events.models import RESTING, Kind, RainPlan, Visibility, rid
from meetups.places.models import Place

KIND_WORDS = {
    Kind.WALK: "Stroller walk",
    Kind.PARK: "Park hangout",
    Kind.COFFEE: "Coffee",
    Kind.PLAYGROUND: "Playground",
    Kind.OTHER: "Get-together",
}
ROOM_WORDS = {Room.YES: "There is room", Room.FEW: "A few places left", Room.NO: "Full, with a waiting list"}


def rain_words(plan: str | None, place: Place | None) -> str:
    """Return what happens when it rains: "we go anyway", "we meet at Riverdale Library", "no plan"."""
    if plan == RainPlan.PLACE and place:
        return f"we meet at {place.name}"
    return "we go anyway" if plan == RainPlan.GO else "no plan"


def rain_words_of(row: Dated) -> str | None:
    """Return it for a date: while its rain plan holds, what those who come were told, whatever is planned by now. None
    without a plan."""
    if row.raining:
        return rain_words(RainPlan.GO if row.rain_or_shine else RainPlan.PLACE, row.place)
    meetup = row.meetup
    return rain_words(meetup.rain_plan, meetup.rain_place) if meetup.rain_plan else None


def calendar_name(source: str, first: bool = False) -> str:
    """Return what a meetup's source is called: "the East York library's calendar"; `first` begins a sentence."""
    name = source[4:] if source[:4].lower() == "the " else source
    if name.lower().endswith(" calendar"):
        return f"{'The' if first else 'the'} {name}"
    return f"{'The' if first else 'the'} {name}'s calendar"


@dataclass(frozen=True, slots=True)
class Shown:
    """One date as one reader sees it; what she may not see is None. `minutes` is walking, `duration` minutes, `fits`
    which of her own children it is for, `nap` in whose nap time it is."""

    meetup_id: str
    rid: str
    url: str
    kind: str
    kind_words: str
    title: str
    place_name: str | None
    place_id: str | None
    neighbourhood: str | None
    local: datetime
    zone: str
    duration: int
    day: str
    time: str
    ages: str
    fits: str | None
    nap: str | None
    room: str
    room_words: str
    cancelled: bool
    cancel_reason: str | None
    moved: bool
    begun: bool
    over: bool
    repeats: bool
    members_only: bool
    source: str | None
    host_name: str | None
    families: int | None
    stand_in: bool
    unhosted: bool
    is_on: str | None
    resting: bool
    rain: bool
    spot: str | None
    note: str | None
    minutes: int | None
    from_home: bool
    answer: str | None
    asked: bool

    @property
    def walk(self) -> str | None:
        """How far it is on foot, in words, and from home where it is from there."""
        return f"{self.minutes} min walk{' from home' if self.from_home else ''}" if self.minutes else None

    @property
    def welcome(self) -> str:
        """Who is there to find, and how, in words for somebody who comes."""
        if self.unhosted:
            return (
                f"{self.host_name} has not said whether she comes, so nobody may be there to welcome you. "
                f"Come if you like.{self._found('If she comes, how to find her')}"
            )
        there = "is the one to find this time" if self.stand_in else "will be there"
        return f"{self.host_name} {there}.{self._found('How to find her')}"

    def _found(self, words: str) -> str:
        return f" {words}: {self.spot}" if self.spot else ""

    @property
    def ends(self) -> datetime:
        """The wall-clock end."""
        return self.local + timedelta(minutes=self.duration)


def seen_by(occurrence: Dated, viewer: Member | None, answer: str | None) -> tuple[Audience, Shows | None]:
    """Return who the viewer is to this date and what she may see of it (blocks are the query's to apply)."""
    meetup = occurrence.meetup
    who = audience(
        signed_in=viewer is not None,
        host=acts_as_host(meetup, viewer),
        going=answer == "going",
        blocked=False,
    )
    return who, shows(who, members_only=meetup.visibility == Visibility.MEMBERS)


def sees_whole(occurrence: Dated, viewer: Member | None) -> bool:
    """Return whether a viewer may know when and where a date is."""
    _, facts = seen_by(occurrence, viewer, None)
    return facts is not None and Shows.WHOLE in facts


def show(
    occurrence: Dated,
    viewer: Member | None,
    now: datetime,
    *,
    answer: str | None = None,
    asked: bool = False,
    minutes: int | None = None,
    hidden: int = 0,
    kids: Sequence[Kid] = (),
) -> Shown:
    """Return what `viewer`, who gave `answer`, sees of a date; its meetup, host and place must be loaded.

    She is `asked` again where it has moved since. `hidden` families that go are not there for her: a block stands
    between. `minutes` on foot are from where she looks, or else from her home; `kids` are the children of hers whom it
    is to be said to fit, and in whose nap time it is.
    """
    _, facts = seen_by(occurrence, viewer, answer)
    facts = facts or Shows(0)
    whole = Shows.WHOLE in facts
    local = to_local(occurrence.starts_at, occurrence.meetup.zone)
    return Shown(
        **_open(occurrence, local),
        **_when(occurrence, local, now),
        **(_whole(occurrence) if whole else _outline(occurrence)),
        **_inner(occurrence, facts, hidden),
        is_on=_is_on(occurrence, viewer) if Shows.GUESTS in facts else None,
        minutes=(minutes or _walk(occurrence.place, viewer)) if whole else None,
        from_home=not minutes,
        fits=fits_words([kid.month for kid in kids], local.date(), occurrence.welcome) if kids else None,
        nap=_nap(occurrence, kids) if kids else None,
        answer=answer,
        asked=asked,
    )


def _nap(occurrence: Dated, kids: Sequence[Kid]) -> str | None:
    sleepers = [kid.sleeper for kid in kids if kid.sleeper]
    if not sleepers:
        return None
    local = to_local(occurrence.starts_at, occurrence.meetup.zone)
    return nap_words(sleepers, local, _duration(occurrence), several=len(kids) > 1)


def _duration(occurrence: Dated) -> int:
    return int((occurrence.ends_at - occurrence.starts_at).total_seconds() // 60)


def _walk(place: Place, viewer: Member | None) -> int | None:
    return walk_from(viewer.home_cell, Point(place.lat, place.lon)) if viewer else None


def _open(occurrence: Dated, local: datetime) -> dict[str, Any]:
    meetup, left = occurrence.meetup, room(occurrence.capacity, occurrence.taken)
    day = rid(occurrence.recurrence_id)
    return {
        "meetup_id": meetup.public_id,
        "rid": day,
        # As url_for writes it, in a tenth of the time: a list has dozens.
        "url": f"/meetups/{meetup.public_id}/{day}",
        "kind": occurrence.kind,
        "kind_words": KIND_WORDS[Kind(occurrence.kind)],
        "neighbourhood": occurrence.place.neighbourhood,
        "ages": welcome_words(occurrence.welcome, local.date()),
        "room": left.name.lower(),
        "room_words": ROOM_WORDS[left],
        "repeats": meetup.rule is not None,
        "members_only": meetup.visibility == Visibility.MEMBERS,
    }


def _when(occurrence: Dated, local: datetime, now: datetime) -> dict[str, Any]:
    zone = occurrence.meetup.zone
    return {
        "local": local,
        "zone": zone,
        "duration": _duration(occurrence),
        "day": day_words(local.date(), to_local(now, zone).date()),
        "time": clock_words(local),
        "cancelled": occurrence.cancelled_at is not None,
        "rain": occurrence.raining,
        "resting": RESTING in occurrence.own,
        "moved": local != occurrence.recurrence_id,
        "begun": occurrence.starts_at <= now,
        "over": occurrence.ends_at <= now,
    }


def _whole(occurrence: Dated) -> dict[str, Any]:
    place = occurrence.place
    source = occurrence.meetup.source
    return {
        "title": occurrence.title,
        "place_name": place.name,
        "place_id": place.public_id,
        "source": f"From {calendar_name(source)}" if source else None,
    }


def _outline(occurrence: Dated) -> dict[str, Any]:
    title = f"{KIND_WORDS[Kind(occurrence.kind)]} for members"
    return {"title": title, "place_name": None, "place_id": None, "source": None}


def _inner(occurrence: Dated, facts: Shows, hidden: int) -> dict[str, Any]:
    meetup = occurrence.meetup
    return {
        # Whoever brought a library's calendar in is not the one who reads the stories.
        "host_name": (meetup.source or _who(occurrence, facts)) if Shows.HOST_NAME in facts else None,
        "stand_in": occurrence.held_by_id is not None and Shows.GUESTS in facts,
        "unhosted": occurrence.who == NOBODY and Shows.HOST_NAME in facts,
        "families": _families(occurrence.taken - hidden) if Shows.FAMILIES in facts else None,
        "spot": occurrence.spot if Shows.SPOT in facts else None,
        "note": occurrence.note if Shows.NOTE in facts else None,
        "cancel_reason": occurrence.cancel_reason if Shows.NOTE in facts else None,
    }


def _is_on(occurrence: Dated, viewer: Member | None) -> str | None:
    """Return that the host has said so, in words for whoever comes or hosts; None where she has not."""
    meetup = occurrence.meetup
    said = occurrence.who is None and is_yes(occurrence.confirmed_at, occurrence.starts_at, meetup.zone)
    if not said or meetup.source or occurrence.cancelled_at:
        return None
    hers = viewer is not None and viewer.id == meetup.host_id
    return "You have said that it is on" if hers else f"{meetup.host.first_name} says it is on"


def _who(occurrence: Dated, facts: Shows) -> str:
    # Who stands in is a guest, and only those who come know of each other.
    who = (occurrence.held_by if Shows.GUESTS in facts else None) or occurrence.meetup.host
    return str(who.first_name)


def _families(going: int) -> int | None:
    # Below this a number says who; see domain.visibility.
    return going if going >= FAMILIES_FROM else None
