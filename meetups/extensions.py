"""The shared extension objects, and how each database is opened."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from flask import g
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from psycopg.pq import ExecStatus
from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    MetaData,
    Row,
    event,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import NoResultFound, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model; a plain one, as Flask-SQLAlchemy 3.1 needs under SQLAlchemy 2.1."""

    metadata = MetaData(naming_convention=NAMES)


Found = TypeVar("Found", bound=Base)

db = SQLAlchemy(model_class=Base)
login = LoginManager()
csrf = CSRFProtect()

# A transaction that will write must say so when it begins: SQLite's busy timeout cannot save one that
# began by reading. Page views set this to False (web/requests.py); everything else may write.
may_write: ContextVar[bool] = ContextVar("may_write", default=True)


@contextmanager
def reading() -> Iterator[None]:
    """What begins inside only reads: on SQLite it keeps nobody from writing."""
    token = may_write.set(False)
    try:
        yield
    finally:
        may_write.reset(token)


_REMEMBERED, _SYNCS = "remembered", "syncs"
# Whether what is committed must outlive a power cut at once.
lasts: ContextVar[bool] = ContextVar("lasts", default=True)


@contextmanager
def in_haste() -> Iterator[None]:
    """What is begun and committed inside outlives the process at once, and a power cut from the next other commit on
    (SQLite with a WAL: no fsync of its own; elsewhere it lasts like any)."""
    token = lasts.set(False)
    try:
        yield
    finally:
        lasts.reset(token)


# The connection on which statements that are transactions of their own go out one after the other (run_alone).
_line: ContextVar[Connection | None] = ContextVar("line", default=None)


@contextmanager
def one_by_one() -> Iterator[None]:
    """Inside, one connection is kept for `run_alone`: it is looked after once, not for each statement."""
    with _connected() as connection:
        token = _line.set(connection)
        try:
            yield
        finally:
            _line.reset(token)


def run_alone(statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
    """Run one statement that is a transaction of its own, beside the session's; return its first row.

    On PostgreSQL that is one round trip. Raises OperationalError; another call then connects anew.
    """
    kept = _line.get()
    with nullcontext(kept) if kept else _connected() as connection, connection.begin():
        return connection.execute(statement, values).first()


def _connected() -> Connection:
    engine = db.engine
    if engine.dialect.name == "postgresql":
        # The database begins and commits by itself, which spares three of four round trips.
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.connect()


SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
# Before 3.51.3 a WAL shared by two connections can be corrupted when it is reset.
SAFE_WAL = (3, 51, 3)


def forget_transaction() -> None:
    """Roll back, also where the database has gone and even that fails: then it has rolled back by itself."""
    with suppress(OperationalError):
        db.session.rollback()


def ask_nobody() -> None:
    """Take whoever sent this request for a stranger: the database that knows her is away, and must not be asked again
    by the page that says so."""
    g._login_user = login.anonymous_user()


class Gone(NoResultFound):
    """A row that somebody else has deleted while we waited for it."""


def lock_row(model: type[Base], row_id: int) -> None:
    """Keep others from changing a row until this transaction ends, and read it afresh; on SQLite nobody else writes.

    Raises Gone where it has been deleted.
    """
    # Only a row that is fetched overwrites what the session remembers of it.
    row = select(model).where(inspect(model).primary_key[0] == row_id).with_for_update()
    if db.session.scalar(row, execution_options={"populate_existing": True}) is None:
        raise Gone


def take_oldest(model: type[Found], due: Any, now: datetime, *which: Any, **values: Any) -> Found | None:
    """Take the row that has been `due` (a column) longest, by setting `values`, and commit; None where none is due.

    No two workers take the same. The row is given back detached, as it was when it was taken.
    """
    own_id = inspect(model).primary_key[0]
    oldest = select(own_id).where(due <= now, *which).order_by(due, own_id).limit(1)
    # On SQLite the transaction began as the only writer (BEGIN IMMEDIATE), so nobody else can take the same.
    if db.engine.dialect.name == "postgresql":
        oldest = oldest.with_for_update(skip_locked=True)
    taken = update(model).where(own_id == oldest.scalar_subquery()).values(**values).returning(model)
    row = db.session.scalar(taken, execution_options={"synchronize_session": False, "populate_existing": True})
    if row:
        db.session.expunge(row)
    db.session.commit()
    return row


class _Watcher(NamedTuple):
    """A driver's connection that never writes, in the process that opened it, and what tells it from all others:
    SQLite counts for each by itself."""

    process: int
    number: int
    connection: Any


_watchers: WeakKeyDictionary[Engine, _Watcher] = WeakKeyDictionary()
_watching, _numbers = Lock(), count()


def data_version() -> object:
    """Return what differs whenever anybody has committed a change in between; to be compared within a process alone.

    On PostgreSQL that is the snapshot a query sees (pg_current_snapshot), on SQLite what it counts for a connection
    that never writes itself (PRAGMA data_version). Raises OperationalError where the database is away.
    """
    engine = db.engine
    with _watching:
        try:
            return _asked(engine)
        except OperationalError:
            # It may have been away only since somebody asked last.
            return _asked(engine)


def _asked(engine: Engine) -> object:
    dialect: Any = engine.dialect
    try:
        watcher = _watcher(engine)
        if dialect.name == "postgresql":
            return _snapshot(watcher.connection)
        with closing(watcher.connection.cursor()) as cursor:
            cursor.execute("PRAGMA data_version")
            return watcher.number, cursor.fetchone()
    except dialect.loaded_dbapi.Error as error:
        _stop_watching(engine)
        raise OperationalError("the version of the database", None, error) from error


def _snapshot(connection: Any) -> bytes:
    # libpq's own call: a cursor, a transaction and their bookkeeping take five times as long as the database.
    found = connection.pgconn.exec_(b"SELECT pg_current_snapshot()")
    if found.status != ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError("no snapshot")
    snapshot: bytes = found.get_value(0, 0)
    return snapshot


def _watcher(engine: Engine) -> _Watcher:
    known = _watchers.get(engine)
    # No connection may be used on the other side of a fork.
    if known is None or known.process != os.getpid():
        pooled = engine.raw_connection()
        known = _watchers[engine] = _Watcher(os.getpid(), next(_numbers), pooled.driver_connection)
        pooled.detach()
    return known


def _stop_watching(engine: Engine) -> None:
    known = _watchers.pop(engine, None)
    if known and known.process == os.getpid():
        known.connection.close()


def remembered(name: str) -> dict[Any, Any]:
    """Return what has been read under a name to be used again in this transaction, with which it is forgotten."""
    found: dict[Any, Any] = db.session().info.setdefault(_REMEMBERED, {}).setdefault(name, {})
    return found


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_REMEMBERED, None)


def prepare_engine(engine: Engine) -> None:
    """Give a SQLite engine our pragmas and its transactions an honest BEGIN, and a PostgreSQL one our settings; what
    watches either ends with it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _open_postgresql)
    event.listen(engine, "engine_disposed", _stop_watching)


def _open_postgresql(connection: Any, _record: Any) -> None:
    # In a large country it would share a page's query among processes, which takes ten times as long to begin as the
    # query takes.
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def _open_sqlite(connection: Any, record: Any) -> None:
    _keep_private(connection)
    # The driver must not guess when a transaction begins.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        if pragma == "journal_mode=WAL" and _version(connection) < SAFE_WAL:
            pragma = "journal_mode=DELETE"
        connection.execute(f"PRAGMA {pragma}")
    # Without a WAL, NORMAL could even damage the file.
    record.info[_SYNCS] = "FULL" if _version(connection) >= SAFE_WAL else None


def _keep_private(connection: Any) -> None:
    # Addresses are in it: no other user of the machine may read it.
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    if path and Path(path).stat().st_mode & 0o077:
        Path(path).chmod(0o600)


def _version(connection: Any) -> tuple[int, ...]:
    (text,) = connection.execute("SELECT sqlite_version()").fetchone()
    return tuple(int(part) for part in text.split("."))


def _begin_sqlite(connection: Connection) -> None:
    if may_write.get():
        _sync(connection, "FULL" if lasts.get() else "NORMAL")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if may_write.get() else "BEGIN")


def _sync(connection: Connection, how: str) -> None:
    # It stays as it is set; inside of a transaction it cannot be.
    if connection.info[_SYNCS] not in (how, None):
        connection.exec_driver_sql(f"PRAGMA synchronous={how}")
        connection.info[_SYNCS] = how
