"""`make faults` runs every fault, longer and harder, and prints a row for each; the suite runs the quick ones."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import DATABASES
from tests.faults import databases
from tests.faults.invariants import BROKEN, Verdict
from tests.faults.sink import Sink, sink

LONG = os.environ.get("FAULTS") == "long"
HEAD = ("fault", "database", "injected", "owed", "sent", "lost", "doubled", "verdict")
# How a test says that this machine does not let it inject its fault.
NOT_INJECTED = "NOT INJECTED: "
Record = Callable[[str, int, Verdict], None]
Row = tuple[object, ...]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if item.path.parent.name == "faults" and _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _is_left_out(item: pytest.Item) -> bool:
    database, only = _database(item), item.get_closest_marker("only")
    if only and database not in only.args:
        return True
    if LONG:
        return False
    return bool(
        item.get_closest_marker("harder") or (item.get_closest_marker("first_database") and database != DATABASES[0])
    )


def _database(item: pytest.Item) -> str:
    return str(getattr(item, "callspec").params.get("database_url", ""))  # noqa: B009


@pytest.fixture(scope="session", autouse=True)
def no_server_is_left(database_url: str) -> Iterator[None]:
    """A PostgreSQL that was restarted ends with its tests."""
    yield
    databases.stop_restarted()


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Write a row of the table, and fail where an invariant broke."""

    def write(fault: str, injected: int, verdict: Verdict) -> None:
        figures = (injected, verdict.owed, verdict.sent, verdict.lost, verdict.doubled)
        row = (fault, _database(request.node), *figures, verdict.words)
        request.node.user_properties.append(("fault", row))
        assert injected, "a fault that was not injected proves nothing"
        assert not verdict.broken, "\n".join(verdict.broken)

    return write


@pytest.fixture
def post() -> Iterator[Sink]:
    """A mail server that takes everything, until it is told to misbehave."""
    with sink() as running:
        yield running


TABLE: list[Row] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if not LONG or "tests/faults/" not in report.nodeid:
        return
    rows = _rows(report)
    TABLE.extend(rows)
    for row in rows:
        # The whole takes a while: each row is shown as soon as it is there.
        sys.stdout.write(f" | {' | '.join(map(str, row))}\n")
        sys.stdout.flush()


def _rows(report: pytest.TestReport) -> list[Row]:
    """What a test says in the table; one that ends without a verdict says so."""
    rows = [row for name, row in report.user_properties if name == "fault" and report.when == "call"]
    if report.skipped and isinstance(report.longrepr, tuple):
        return [_without_figures(report, report.longrepr[2].removeprefix("Skipped: "))]
    if report.failed and not any(BROKEN in str(row[-1]) for row in rows):
        return [*rows, _without_figures(report, f"{BROKEN}it ended without a verdict")]
    if report.when == "call" and not rows and "test_invariants" not in report.nodeid:
        return [_without_figures(report, f"{BROKEN}it gave no verdict")]
    return rows


def _without_figures(report: pytest.TestReport, words: str) -> Row:
    name, _, given = report.nodeid.rpartition("::")[2].partition("[")
    return (name.removeprefix("test_").replace("_", " "), given.rstrip("]"), *"-----", words)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if any(row[-1] != "held" and not str(row[-1]).startswith(NOT_INJECTED) for row in TABLE):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not LONG:
        return
    lines = [tuple(map(str, row)) for row in [HEAD, *sorted(TABLE, key=lambda row: row[:2])]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    terminalreporter.section("faults")
    for line in lines:
        cells = [text.ljust(width) for text, width in zip(line, widths, strict=True)]
        terminalreporter.write_line("| " + " | ".join(cells) + " |")
