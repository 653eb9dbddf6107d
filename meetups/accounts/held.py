"""What a newcomer was doing when she was asked for her address: done once that address is confirmed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from meetups.accounts.models import Member

HeldAction = Callable[[Member, dict[str, Any], datetime], str]
_ACTIONS: dict[str, HeldAction] = {}


def held_action(name: str) -> Callable[[HeldAction], HeldAction]:
    """Register what `held["action"] == name` does; it returns the path to show next.

    `held["sure"]` says that it was this member who began: anybody can type another's address, so that without it
    the action must ask her once more. `held["summary"]` is what her mail says that she confirms.
    """

    def register(action: HeldAction) -> HeldAction:
        _ACTIONS[name] = action
        return action

    return register


def run(member: Member, held: dict[str, Any], now: datetime) -> str:
    """Do what was held, if anything, and return the path to show next."""
    action = _ACTIONS.get(str(held.get("action")))
    return action(member, held, now) if action else str(held.get("next") or "/")
