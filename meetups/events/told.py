"""How many families hear of a change: who answers is known on a floor above, which lends its count."""

from collections.abc import Callable, Sequence

Count = Callable[[Sequence[int]], int]
_counts: list[Count] = []


def counts_families(count: Count) -> Count:
    """Register the function that counts the families with an answer to any of some dates, by the dates' ids."""
    _counts[:] = [count]
    return count


def families(occurrence_ids: Sequence[int]) -> int:
    """Return how many families have said going, maybe or waiting to any of these dates."""
    return sum(count(occurrence_ids) for count in _counts) if occurrence_ids else 0
