"""Bringing together what the events of one UID say: a series, its dates that differ, versions, and mere namesakes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from meetups.imports.records import CANCELLED, Entry, File, Read, Refused, When

FROM_HERE_ON = "One change of it is meant for all dates after, which we cannot hold."


def join(entries: list[Entry], found: File) -> None:
    """Add to a file what its entries come to, each UID by itself: events, or refusals."""
    for of_one_uid in _by_uid(entries):
        _settle(of_one_uid, found)


def _by_uid(entries: list[Entry]) -> Iterator[list[Entry]]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.read.key[0]].append(entry)
    yield from groups.values()


def _settle(entries: list[Entry], found: File) -> None:
    """Bring together what the events of one UID say: a series, and its dates that differ."""
    masters = _newest([entry for entry in entries if entry.instance is None])
    instances = [entry for entry in entries if entry.instance is not None]
    if any(entry.onwards for entry in instances):
        found.refused.append(Refused(entries[0].read.title, FROM_HERE_ON, entries[0].read.key))
        return
    for master in masters:
        one = master.read
        if len(masters) > 1:
            # A program that gives all its events one UID.
            one = replace(one, key=(one.key[0], one.starts.isoformat()))
        if master.cancelled:
            found.refused.append(Refused(one.title, CANCELLED, one.key))
            continue
        own = instances if len(masters) == 1 else []
        found.events.append(_with_changes(master, one, own, found))
    if len(masters) != 1:
        for entry in instances:
            _alone(entry, found)


def _newest(masters: list[Entry]) -> list[Entry]:
    """Return the events that stand: of several versions of one, the last; those of the same version are several."""
    newest = max((entry.sequence for entry in masters), default=0)
    by_start = {entry.read.starts: entry for entry in masters if entry.sequence == newest}
    return list(by_start.values())


def _with_changes(master: Entry, one: Read, instances: list[Entry], found: File) -> Read:
    at, changes = one.starts.time(), dict[datetime, datetime | None]()
    for when in master.exdates:
        changes[when.on(one.zone, at)] = None
    for entry in sorted(instances, key=lambda entry: entry.sequence):
        if entry.instance is None:
            continue
        was = entry.instance.on(one.zone, at)
        changes[was] = None
        if entry.cancelled:
            continue
        if _says_the_same(entry.read, one):
            changes[was] = When(entry.read.starts, entry.read.zone, day=False).on(one.zone, at)
        else:
            # A date with a name or a place of its own is a meetup of its own.
            _alone(entry, found)
    return replace(one, changes=tuple(sorted(changes.items(), key=lambda pair: pair[0])))


def _says_the_same(date_: Read, series: Read) -> bool:
    return (date_.title, date_.where or series.where, date_.duration) == (series.title, series.where, series.duration)


def _alone(entry: Entry, found: File) -> None:
    if entry.instance is None:
        return
    key = (entry.read.key[0], entry.instance.wall.isoformat())
    if entry.cancelled:
        found.refused.append(Refused(entry.read.title, CANCELLED, key))
    else:
        found.events.append(replace(entry.read, key=key, rules=(), extra=()))
