"""Queries that are compiled once and asked of the driver itself: a poll or a list costs what the database costs.

SQLAlchemy keeps compiled queries too, but building one and finding it again takes ten times as long as a short query on
SQLite, and so do a transaction and its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Boolean, Dialect, Float, Select, bindparam
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as SQLiteDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from meetups.extensions import db

Convert = Callable[[Any], Any] | None
Rows = list[dict[str, Any]]


class Among(FunctionElement[bool]):
    """The condition that a number is among those of a text ("3,14,15"): one parameter, however many they are."""

    type = Boolean()
    inherit_cache = True


@compiles(Among, "sqlite")
def _among_json(element: Any, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(part, **options) for part in element.clauses)
    return f"{number} IN (SELECT value FROM json_each('[' || {numbers} || ']'))"  # noqa: S608 - compiled parts


@compiles(Among)
def _among_array(element: Any, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(part, **options) for part in element.clauses)
    return f"{number} = ANY (string_to_array({numbers}, ',')::integer[])"


@dataclass(frozen=True, slots=True)
class Text:
    """A query as one driver takes it, with parameters by name: one may stand in many places."""

    sql: str
    values: Mapping[str, Any]
    to_driver: Mapping[str, Convert]
    columns: list[tuple[str, Convert]]

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters as the driver takes them; those that the query does not have are left
        out."""
        asked = {name: _to(self.to_driver[name], value) for name, value in values.items() if name in self.to_driver}
        return {**self.values, **asked}


def given(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a parameter of a query, whose value comes when it is asked."""
    return bindparam(name, None, type_=kind)


class Prepared:
    """A query with parameters made by `given`: asked beside whatever transaction there is, or inside the session's."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._texts: dict[str, Text] = {}

    def all(self, **values: Any) -> Rows:
        """Return all rows by column name; `values` are those of the parameters."""
        dialect: Any = db.engine.dialect
        try:
            return self._quickly(values)
        except dialect.loaded_dbapi.Error:
            # Once more by the long way, whose errors the site knows.
            with db.engine.connect() as connection:
                return [dict(row) for row in connection.execute(self._statement, values).mappings()]

    def in_transaction(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows as the session's transaction sees them; `values` are those of the parameters."""
        connection = db.session.connection()
        text = self.text(connection.dialect)
        rows = connection.exec_driver_sql(text.sql, text.parameters(values)).fetchall()
        changed = [(at, to) for at, (_, to) in enumerate(text.columns) if to]
        return [_changed(row, changed) for row in rows] if changed else [tuple(row) for row in rows]

    def _quickly(self, values: Mapping[str, Any]) -> Rows:
        text = self.text(db.engine.dialect)
        # Closing gives it back to the pool, which ends the transaction.
        with closing(db.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(text.sql, text.parameters(values))
            found = cursor.fetchall()
        columns = text.columns
        return [
            {name: to(value) if to else value for (name, to), value in zip(columns, row, strict=True)} for row in found
        ]

    def text(self, dialect: Dialect) -> Text:
        """Return the query for one kind of database."""
        if dialect.name not in self._texts:
            self._texts[dialect.name] = _prepare(self._statement, dialect)
        return self._texts[dialect.name]


class _Hinted(SQLiteCompiler):
    """What puts queries into words for SQLite, hints of an index among them (`Select.with_hint`)."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """Return what stands behind the table's name."""
        return text


class _Named(SQLiteDialect):
    statement_compiler = _Hinted


def _prepare(statement: Select[Any], dialect: Dialect) -> Text:
    named = _Named(paramstyle="named") if dialect.name == "sqlite" else dialect
    compiled: Any = statement.compile(dialect=named, compile_kwargs={"render_postcompile": True})
    binds: dict[str, BindParameter[Any]] = compiled.binds
    to_driver: dict[str, Convert] = {name: _impl(bind, dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = statement.selected_columns
    return Text(
        sql=str(compiled),
        values={name: _to(to_driver[name], bind.value) for name, bind in binds.items()},
        to_driver=to_driver,
        columns=[(str(column.key), _from_driver(column, dialect)) for column in columns],
    )


def _changed(row: Sequence[Any], changed: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for at, to in changed:
        # None of our types makes something of nothing.
        if values[at] is not None:
            values[at] = to(values[at])
    return tuple(values)


def _impl(typed: Any, dialect: Dialect) -> TypeEngine[Any]:
    kind: TypeEngine[Any] = typed.type.dialect_impl(dialect)
    return kind


def _from_driver(column: Any, dialect: Dialect) -> Convert:
    # Both drivers give floats, and SQLAlchemy would ask what kind of number a column has in this very answer.
    return None if isinstance(column.type, Float) else _impl(column, dialect).result_processor(dialect, None)


def _to(convert: Convert, value: Any) -> Any:
    return convert(value) if convert else value
