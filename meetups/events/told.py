"""How many families hear of a change: who answers is known on a floor above, which lends its count."""

from collections.abc import Callable, Sequence
from datetime import datetime

Count = Callable[[Sequence[int], datetime | None], int]
_counts: list[Count] = []


def counts_families(count: Count) -> Count:
    """Register the function that counts the families with an answer to any of some dates, by the dates' ids."""
    _counts[:] = [count]
    return count


def families(occurrence_ids: Sequence[int], since: datetime | None = None) -> int:
    """Return how many families have said going, maybe or waiting to any of these dates; or have said so since."""
    return sum(count(occurrence_ids, since) for count in _counts) if occurrence_ids else 0
