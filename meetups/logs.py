"""What the site writes about itself: one line for each event, as key=value or as JSON, and never about whom.

Only the fields named here reach a line, whatever a call hands over. An event's own words are cleared of what looks like
an address or a token, for libraries write into the same log.
"""

import logging
import re

import structlog
from flask.logging import wsgi_errors_stream
from structlog.typing import EventDict

from meetups.faults import where

# In this order. duration: seconds.
FIELDS = (
    "mail", "template", "state", "attempts", "why", "step", "route", "method", "status", "duration", "worker",
)  # fmt: skip
ORDER = ["timestamp", "level", "logger", "event"]
# smtplib's errors have long names.
_PRIVATE = re.compile(r"[^\s@<>\"'=]+@[^\s@<>\"']+|(?<![\w-])(?!SMTP[A-Z][a-z])[\w-]{22,}(?![\w-])")


def configure(style: str) -> None:
    """Write what the site and its libraries log to standard error: "text" is key=value, "json" is JSON lines."""
    # No line says from which thread or process it comes.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(old)
    handler = _Handler(wsgi_errors_stream)
    handler.setFormatter(formatter(style))
    root.addHandler(handler)
    logging.getLogger("meetups").setLevel(logging.INFO)


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Ours, so that it is known again."""


def formatter(style: str) -> logging.Formatter:
    """Return what turns a record into a line."""
    json = style == "json"
    renderer = structlog.processors.JSONRenderer() if json else structlog.processors.LogfmtRenderer(key_order=ORDER)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _error, _clear, renderer],
    )


def _error(_logger: object, _name: str, event: EventDict) -> EventDict:
    # Where it happened, and not the error's own words, which may quote an address or a title.
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        event["error"], event["where"] = type(info[1]).__name__, where(info[1])
    return event


def _clear(_logger: object, _name: str, event: EventDict) -> EventDict:
    event.update({name: _PRIVATE.sub("[private]", str(event[name])) for name in ("event", "why") if name in event})
    return event
