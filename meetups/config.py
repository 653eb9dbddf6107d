"""Settings: read once from the environment, typed, and loud about what is missing or weak."""

import importlib.util
import ipaddress
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECRET_KEY_CHARACTERS = 32
BUSY_SECONDS = 20
GAZETTEER = "gazetteer.sqlite"
DEMO_GAZETTEER = Path(__file__).parent / "demo" / "data" / GAZETTEER
# Short enough for what replies add to it: 64 characters are all that may stand before an @.
REPLY_TO = re.compile(r"[a-z0-9]([a-z0-9._-]{0,18}[a-z0-9])?@[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


# No semicolon, comma, quote or blank, which would end the source in a Content-Security-Policy; no {s}, for browsers ask
# one host for many things at once.
TILE_URL = re.compile(r"(?P<scheme>https?)://[a-z0-9.-]+(:[0-9]{1,5})?/(?:[A-Za-z0-9._~/?&=%@:+-]|\{[zxyr]\})+")


class BadSetting(Exception):
    """A setting is missing, weak or unreadable; the message names it and says what it should be."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """A street map of another site: the address of a tile, with {z}, {x} and {y}, and what its owner wants said."""

    url: str
    attribution: str

    @property
    def origin(self) -> str:
        """The site that the tiles come from, as the Content-Security-Policy names it."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def host(self) -> str:
        """Its name, to be shown to her before anything is asked of it."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations. Built by `from_environment`."""

    database_url: str
    secret_key: str
    public_url: str
    data_dir: Path
    mail_url: str | None = None
    mail_from: str = "Hello Park <hello@localhost>"
    reply_to: str | None = None  # the mailbox whose plus-addresses come back to us; without it nobody is invited
    site_name: str = "Hello Park"
    trusted_proxies: int = 0
    demo: bool = False
    log_format: str = "text"
    tiles: Tiles | None = None  # without them there is no street map, and nothing of another site is ever asked for
    metrics_port: int | None = None  # on 127.0.0.1; without it nobody is told

    @property
    def production(self) -> bool:
        """True where others can reach the site: the strict cookie, no mailbox page, no demo."""
        return not _is_loopback(self.host)

    @property
    def host(self) -> str:
        """The host name in every id and address that leaves the site."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def gazetteer(self) -> Path | None:
        """The file that knows towns and postal codes, if it has been built; a demo has one of its own."""
        built = self.data_dir / GAZETTEER
        if built.exists():
            return built
        return DEMO_GAZETTEER if self.demo and DEMO_GAZETTEER.exists() else None

    def flask(self) -> dict[str, Any]:
        """Return the settings in the names Flask and its extensions know."""
        return {
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine_options(self.database_url),
            # The __Host- prefix binds the cookie to this host and to https.
            "SESSION_COOKIE_NAME": "__Host-hellopark" if self.production else "hellopark",
            "SESSION_COOKIE_SECURE": self.production,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            # Else every answer sets the cookie anew: static files that others may keep, and a page that
            # comes late would bring back the session that its reader has just ended.
            "SESSION_REFRESH_EACH_REQUEST": False,
            "MAX_CONTENT_LENGTH": 64 * 1024,
            "MAX_FORM_PARTS": 200,
            # A form left open through a nap must still post.
            "WTF_CSRF_TIME_LIMIT": None,
            # Development answers to this machine alone: its mailbox shows everybody's codes.
            "TRUSTED_HOSTS": [self.host] if self.production else [self.host, "localhost", "127.0.0.1"],
            "PREFERRED_URL_SCHEME": urlsplit(self.public_url).scheme,
        }


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raise BadSetting for one that is missing or weak in production."""
    data_dir = Path(environ.get("DATA_DIR") or "instance").resolve()
    port = _number(environ, "PORT", 5000)
    public_url = _public_url(environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}")
    production = not _is_loopback(urlsplit(public_url).hostname or "")
    mail_from = environ.get("MAIL_FROM") or "Hello Park <hello@localhost>"
    settings = Settings(
        database_url=_database_url(environ, data_dir),
        secret_key=_secret_key(environ, data_dir, production),
        public_url=public_url,
        data_dir=data_dir,
        mail_url=environ.get("MAIL_URL") or None,
        mail_from=mail_from,
        reply_to=_reply_to(environ.get("REPLY_TO") or "", mail_from),
        site_name=environ.get("SITE_NAME") or "Hello Park",
        trusted_proxies=_number(environ, "TRUSTED_PROXIES", 0),
        demo=environ.get("DEMO") == "1",
        log_format=_log_format(environ),
        tiles=_tiles(environ),
        metrics_port=_number(environ, "METRICS_PORT", 0) or None,
    )
    if production:
        _refuse_weak(settings, environ)
    return settings


def engine_options(database_url: str) -> dict[str, Any]:
    """Return what `create_engine` needs beside the URL, for either database; what people wrote stays out of logs."""
    if not database_url.startswith("sqlite"):
        return {"pool_pre_ping": True, "hide_parameters": True}
    options: dict[str, Any] = {"hide_parameters": True, "connect_args": {"timeout": BUSY_SECONDS}}
    # The wheel's SQLite is newer than most systems'; without it _open_sqlite falls back from WAL.
    if importlib.util.find_spec("pysqlite3"):
        options["module"] = importlib.import_module("pysqlite3.dbapi2")
    return options


def _is_loopback(host: str) -> bool:
    # "127.0.0.1.example" is a name that others can reach.
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _public_url(text: str) -> str:
    # What tells production from development must not hang on the case of a letter.
    scheme, _, rest = text.rstrip("/").partition("://")
    if scheme.lower() not in ("http", "https") or not urlsplit(f"//{rest}").hostname:
        raise BadSetting(f"PUBLIC_URL is {text!r}; it should be like https://park.example")
    return f"{scheme.lower()}://{rest}"


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    url = environ.get("DATABASE_URL")
    if not url:
        data_dir.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{data_dir / 'hello-park.sqlite'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _reply_to(text: str, mail_from: str) -> str | None:
    address = text.strip().lower()
    if not address:
        return None
    if not REPLY_TO.fullmatch(address):
        raise BadSetting("REPLY_TO should be a plain address like rsvp@park.example, with at most 20 letters before @")
    ours, theirs = address.partition("@")[2], parseaddr(mail_from)[1].lower().rpartition("@")[2]
    # Mail programs believe an organizer of the domain that the mail comes from, and DMARC asks for the same.
    shorter, longer = sorted((ours, theirs), key=len)
    if ours != theirs and not ("." in shorter and longer.endswith(f".{shorter}")):
        raise BadSetting("REPLY_TO and MAIL_FROM should be of one domain, or invitations count as forged")
    return address


def _secret_key(environ: Mapping[str, str], data_dir: Path, production: bool) -> str:
    key = environ.get("SECRET_KEY") or ""
    if key or production:
        return key
    # Web and worker of a development site share one key, and it outlives a restart.
    path = data_dir / "secret-key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _refuse_weak(settings: Settings, environ: Mapping[str, str]) -> None:
    if not settings.public_url.startswith("https://"):
        raise BadSetting("PUBLIC_URL needs https, except on this machine itself (http://127.0.0.1)")
    if len(settings.secret_key) < SECRET_KEY_CHARACTERS:
        raise BadSetting(f"SECRET_KEY needs at least {SECRET_KEY_CHARACTERS} random characters")
    if not settings.mail_url:
        raise BadSetting("MAIL_URL is needed: without mail nobody can sign in or be reminded")
    server = urlsplit(settings.mail_url)
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise BadSetting("MAIL_URL should be like smtp://user:password@mail.example:587?tls=1")
    if not environ.get("MAIL_FROM"):
        raise BadSetting("MAIL_FROM is needed: the address that mails come from")
    if settings.demo:
        raise BadSetting("DEMO=1 lets anybody sign in as a demo member: not on a public site")


def _log_format(environ: Mapping[str, str]) -> str:
    style = environ.get("LOG_FORMAT") or "text"
    if style not in ("text", "json"):
        raise BadSetting(f"LOG_FORMAT is {style!r}; it should be text or json")
    return style


def _tiles(environ: Mapping[str, str]) -> Tiles | None:
    url, said = (environ.get("TILE_URL") or "").strip(), (environ.get("TILE_ATTRIBUTION") or "").strip()
    if not url:
        if said:
            raise BadSetting("TILE_ATTRIBUTION says whose tiles they are, but TILE_URL is missing")
        return None
    fits = TILE_URL.fullmatch(url)
    if not fits or any(url.count(part) != 1 for part in ("{z}", "{x}", "{y}")):
        raise BadSetting(f"TILE_URL is {url!r}; it should be like https://tiles.example/{{z}}/{{x}}/{{y}}.png")
    # A browser loads nothing from http into a page that came over https.
    if fits["scheme"] == "http" and not _is_loopback(urlsplit(url).hostname or ""):
        raise BadSetting("TILE_URL needs https, except on this machine itself (http://127.0.0.1)")
    if not said:
        raise BadSetting("TILE_ATTRIBUTION is needed with TILE_URL: whose map it is, like © OpenStreetMap contributors")
    return Tiles(url, said)


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit():
        raise BadSetting(f"{name} is {text!r}, which is not a whole number")
    return int(text)
