"""Who may act as the host of a meetup, and who may not see it for a block with any of them: the one place for both."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from meetups.accounts.models import Member
from meetups.accounts.queries import shuns, unblocked
from meetups.events.models import CoHost, Meetup, Occurrence
from meetups.extensions import db, remembered

_COHOSTED = "cohosted"
# Each stands in one place of a query. Made once: an alias counts the columns of its table anew, and these conditions
# are in nearly every query.
_HELPER, _ROLE, _OTHER, _FIRST = aliased(CoHost), aliased(CoHost), aliased(CoHost), aliased(Meetup)


def root_of(meetup: Meetup) -> int:
    """Return the id of the first part of a meetup's series; of most meetups, its own."""
    return meetup.series_id or meetup.id


def acts_as_host(meetup: Meetup, member: Member | None) -> bool:
    """Return whether a member may do on a meetup what its host may: she hosts it, or has said yes to help her."""
    if member is None:
        return False
    return meetup.host_id == member.id or root_of(meetup) in cohosted(member)


def cohosted(member: Member) -> frozenset[int]:
    """Return the series (by their first parts) that a member helps to host; read once in a transaction, for lists."""
    known: dict[int, frozenset[int]] = remembered(_COHOSTED)
    if member.id not in known:
        remember_cohosted([member.id])
    return known[member.id]


def remember_cohosted(member_ids: Collection[int]) -> None:
    """Read it for many members at once."""
    query = _roles(_HELPER.member_id, _HELPER.series_id).where(_HELPER.member_id.in_(member_ids))
    found: dict[int, set[int]] = {member_id: set() for member_id in member_ids}
    for row in db.session.execute(query):
        found[row.member_id].add(row.series_id)
    remembered(_COHOSTED).update({member_id: frozenset(series) for member_id, series in found.items()})


def forget_cohosts() -> None:
    """Read anew who helps whom: it has just changed."""
    remembered(_COHOSTED).clear()


def _series_of(member_id: Any) -> Any:
    return _roles(_HELPER.series_id).where(_HELPER.member_id == member_id)


def _roles(*columns: Any) -> Select[Any]:
    return select(*columns).join(_FIRST, _FIRST.id == _HELPER.series_id).where(helps(_HELPER, _FIRST.host_id))


def helps(role: type[CoHost], host: Any) -> ColumnElement[bool]:
    """Return the condition that a member helps a host: she has said yes, no block stands between the two, and she has
    blocked no other co-host. What a block ends, it ends at once; the row goes when the worker comes round."""
    same, agreed = _OTHER.series_id == role.series_id, _OTHER.accepted_at.is_not(None)
    shunned = select(_OTHER.id).where(same, agreed, shuns(role.member_id, _OTHER.member_id)).correlate(role).exists()
    return and_(role.accepted_at.is_not(None), unblocked(role.member_id, host), ~shunned)


_ROOT = func.coalesce(Meetup.series_id, Meetup.id)


def hosted_by(member_id: Any) -> ColumnElement[bool]:
    """Return the condition that a member may act as host of the meetup of a query's row."""
    return or_(Meetup.host_id == member_id, _ROOT.in_(_series_of(member_id)))


def open_to(one: Any, meetup: Meetup | None = None) -> ColumnElement[bool]:
    """Return the condition that no block stands between a member (an id or a column) and any host of a meetup, which
    is that of the query's row where none is given."""
    host, root = (meetup.host_id, root_of(meetup)) if meetup else (Meetup.host_id, _ROOT)
    shunned = select(_ROLE.id).where(_ROLE.series_id == root, ~unblocked(one, _ROLE.member_id), helps(_ROLE, host))
    return and_(unblocked(one, host), ~shunned.correlate_except(_ROLE).exists())


def date_open_to(one: Any) -> ColumnElement[bool]:
    """Return it for the row's date: whoever stands in for its host is as good as one."""
    return and_(open_to(one), unblocked(one, Occurrence.held_by_id))


def seen_past_blocks(viewer: Member | None) -> ColumnElement[bool]:
    """Return the condition under which blocks let a viewer see the row's meetup."""
    return true() if viewer is None else open_to(viewer.id)


def date_seen_past_blocks(viewer: Member | None) -> ColumnElement[bool]:
    """Return it for the row's date."""
    return true() if viewer is None else date_open_to(viewer.id)
