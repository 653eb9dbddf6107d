"""What is said of durations."""

import pytest

from meetups.domain.words import duration_words


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 min"), (45, "45 min"), (60, "1 h"), (90, "1 h 30 min"), (120, "2 h")]
)
def test_a_duration_never_parts_a_number_from_its_unit(minutes: int, said: str) -> None:
    words = duration_words(minutes)
    assert words.replace("\u00a0", " ") == said
    assert all(part[-1].isalpha() for part in words.split(" "))
