"""Who is looking at the page."""

from flask_login import current_user

from meetups.accounts.models import Member


def viewer() -> Member | None:
    """Return the member whose request this is, or None for a stranger."""
    # Falsy outside a request: the worker renders mails without one.
    return current_user._get_current_object() if current_user and current_user.is_authenticated else None


def member() -> Member:
    """Return the member whose request this is, behind `login_required`."""
    found = viewer()
    if found is None:
        raise RuntimeError("this view needs login_required")
    return found
