"""The fixtures of everything that sends."""

from collections.abc import Iterator

import pytest

from tests.mail.smtp import Inbox, mail_server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with mail_server() as running:
        yield running
