"""The token in a mail's unsubscribe link: whose reminders of which kind, signed, without an end."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

# Each kind of reminder and the member's column that says whether she wants it.
KINDS = {
    "day_before": "wants_day_before",
    "two_hours": "wants_two_hours",
    "host_list": "wants_host_list",
    "baton": "wants_baton",
}


def make(member_public_id: str, kind: str) -> str:
    """Return the token for one member and one kind of reminder."""
    return str(_serializer().dumps([member_public_id, kind]))


def read(token: str) -> tuple[str, str] | None:
    """Return (member's public id, kind) of a token, or None where it is not ours."""
    try:
        member_public_id, kind = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return (member_public_id, kind) if kind in KINDS else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="unsubscribe")
