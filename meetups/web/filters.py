"""What templates may call: words for dates, ages and addresses, and the settings they show."""

from datetime import datetime

from flask import Flask

from meetups.clock import utcnow
from meetups.domain import words, zones


def register(app: Flask) -> None:
    """Attach the filters and globals to the application."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["when"] = _when
    app.jinja_env.filters["short_when"] = words.short_when
    app.jinja_env.filters["day"] = words.date_words
    app.jinja_env.filters["duration"] = words.duration_words
    app.jinja_env.filters["clock"] = words.clock_words
    app.jinja_env.filters["local"] = _local
    app.jinja_env.globals["site_name"] = app.config["SETTINGS"].site_name
    app.jinja_env.globals["site_address"] = app.config["SETTINGS"].public_url
    app.jinja_env.globals["demo"] = app.config["SETTINGS"].demo


def _when(local: datetime) -> str:
    return words.when_words(local, utcnow().date())


def _local(instant: datetime, zone: str) -> datetime:
    return zones.to_local(instant, zone)
