"""What a WSGI server loads: `gunicorn wsgi:app`."""

from meetups.app import create_app

app = create_app()
