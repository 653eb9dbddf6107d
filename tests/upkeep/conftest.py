"""The mail server of the tests."""

from tests.mail.conftest import inbox

__all__ = ["inbox"]
