"""What a WSGI server loads: `gunicorn wsgi:app`."""

from meetups.app import create_app
from meetups.config import BadSetting

try:
    app = create_app()
except BadSetting as error:
    # One line for whoever starts it, and not where in our code that was noticed.
    raise SystemExit(f"Hello Park does not start: {error}") from None
