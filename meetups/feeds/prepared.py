"""Queries that are compiled once and asked of the driver itself: a poll costs what the database costs.

SQLAlchemy keeps compiled queries too, but finding one again, a transaction and its rows take ten times as long as a
short query on SQLite.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Dialect, Select, bindparam
from sqlalchemy.types import TypeEngine

from meetups.extensions import db

Convert = Callable[[Any], Any] | None
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Text:
    """A query as one driver takes it; `order` names its parameters where the driver knows them by position."""

    sql: str
    values: Mapping[str, Any]
    to_driver: Mapping[str, Convert]
    order: list[str] | None
    columns: list[tuple[str, Convert]]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the values of all parameters as the driver takes them."""
        whole = {**self.values, **{name: _to(self.to_driver[name], value) for name, value in values.items()}}
        return whole if self.order is None else tuple(whole[name] for name in self.order)


def given(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a parameter of a query, whose value comes when it is asked."""
    return bindparam(name, None, type_=kind)


class Prepared:
    """A query with parameters made by `given`, asked beside whatever transaction there is."""

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


def _prepare(statement: Select[Any], dialect: Dialect) -> Text:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    binds: dict[str, BindParameter[Any]] = compiled.binds
    to_driver: dict[str, Convert] = {name: _impl(bind, dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = statement.selected_columns
    return Text(
        sql=str(compiled),
        values={name: _to(to_driver[name], bind.value) for name, bind in binds.items()},
        to_driver=to_driver,
        order=compiled.positiontup,
        columns=[(str(column.key), _impl(column, dialect).result_processor(dialect, None)) for column in columns],
    )


def _impl(typed: Any, dialect: Dialect) -> TypeEngine[Any]:
    kind: TypeEngine[Any] = typed.type.dialect_impl(dialect)
    return kind


def _to(convert: Convert, value: Any) -> Any:
    return convert(value) if convert else value
