"""The benchmark's world is a real one: its mails go out, and nothing of it has gone stale."""

import pytest

from benchmarks import mail

pytestmark = [pytest.mark.slow, pytest.mark.real_clock]


def test_the_benchmark_fills_a_town_and_each_of_its_mails_comes_once(capsys: pytest.CaptureFixture[str]) -> None:
    mail.run("sqlite", mails=20, crew=2)
    assert "every mail came once" in capsys.readouterr().out
