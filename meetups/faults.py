"""What broke, for the log: of what kind and where, never in an error's own words, which quote addresses and tokens."""

import traceback
from collections.abc import Iterator
from pathlib import Path

OURS = Path(__file__).parent
# Where a loop of calls broke, its innermost are enough.
MOST_FRAMES = 8


def where(error: BaseException) -> str:
    """Return "IntegrityError (UniqueViolation) in flush, session.py:42, from add, accounts/services.py:20".

    Innermost first, and of other people's code no more than that. Nothing of it comes from data: PostgreSQL's errors
    quote the row ("DETAIL: Key (email)=(...)"), and a traceback as it is usually logged ends in them.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames[:-1] if OURS in Path(frame.filename).parents]
    places = ", from ".join(_place(frame) for frame in [*frames[-1:], *reversed(ours)][:MOST_FRAMES])
    return " in ".join(filter(None, [" ".join(_kinds(error)), places]))


def _kinds(error: BaseException) -> Iterator[str]:
    yield type(error).__name__
    if error.__cause__:
        yield f"({type(error.__cause__).__name__})"


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    return f"{frame.name}, {path.relative_to(OURS) if OURS in path.parents else path.name}:{frame.lineno}"
