"""Opening a lineage database by path or URL, checking whose it is, and saying its errors in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, select
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.sql import ClauseElement

from evonas.errors import DependencyError, EvonasError, LineageError, StorageError
from evonas.lineage import schema, sqlite

__all__ = ["FILE_NAME", "Database", "Prepared", "check_schema", "connect", "create_tables", "errors_in_words", "verify"]

FILE_NAME = "lineage.sqlite"
"""Name of the database in a run directory."""

_FILE_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class Database:
    """An engine and where it leads.

    Attributes:
        engine: SQLAlchemy's engine.
        file: the SQLite file; None for a database server.
        name: the file or the URL without its password, for messages.
    """

    engine: Engine
    file: Path | None
    name: str


def connect(place: str | Path, *, write: bool, create: bool = False) -> Database:
    """Return the database at a place; no table is touched yet.

    Args:
        place: a run directory, a database file, or a URL such as ``postgresql+psycopg://user@host/base``.
        write: whether to write.
        create: whether a missing file is made.

    Raises:
        LineageError: if there is no such file.
        DependencyError: if the URL's database driver is not installed.
        StorageError: if the folder cannot be made.
    """
    path = _locate(place)
    if isinstance(path, URL):
        return _connect_server(path)
    if not path.exists():
        if not create:
            raise LineageError(
                "there is no lineage here", file=path, hint=f"give a run directory of evonas; it holds {FILE_NAME}"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"the folder of the lineage cannot be made: {error}", file=path.parent) from error
    return Database(sqlite.write_engine(path) if write else sqlite.read_engine(path), path, str(path))


def _locate(place: str | Path) -> Path | URL:
    """Return the file or the server that is meant."""
    if "://" in str(place):
        try:
            url = make_url(str(place))
        except ArgumentError as error:
            raise _no_url(error) from error
        if url.get_backend_name() != "sqlite":
            return url
        if not url.database or url.database == ":memory:":
            raise _no_url("a lineage in memory would be lost")
        place = url.database
    path = Path(place)
    missing = not path.exists() and path.suffix not in _FILE_SUFFIXES
    return path / FILE_NAME if path.is_dir() or missing else path


def verify(place: str | Path, *, missing_ok: bool = False) -> int:
    """Return the version of the tables that a place holds, 0 for none; a file is only read, whosever it is.

    Raises:
        LineageError: if it holds something else or a schema that this version cannot read, or is missing and that is
            not all right.
    """
    if missing_ok:
        path = _locate(place)
        if isinstance(path, Path) and not path.exists():
            return 0
    database = connect(place, write=False)
    try:
        with errors_in_words(database), database.engine.connect() as connection:
            return check_schema(connection, database.name)
    finally:
        database.engine.dispose()


def _connect_server(url: URL) -> Database:
    try:
        engine = create_engine(url)
    except NoSuchModuleError as error:
        raise _no_url(error) from error
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"the database driver `{error.name}` is not installed", hint="pip install 'psycopg[binary]'"
        ) from error
    return Database(engine, None, url.render_as_string(hide_password=True))


def _no_url(why: object) -> LineageError:
    return LineageError(
        f"not a database URL for a lineage: {why}", expected="such as postgresql+psycopg://user@host/base"
    )


@contextmanager
def errors_in_words(database: Database) -> Iterator[None]:
    """Turn errors of the database within the block into errors of evonas."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig if isinstance(error.orig, Exception) else error
        raise _in_words(error, cause, database) from error


def _in_words(error: DBAPIError, cause: Exception, database: Database) -> EvonasError:
    if isinstance(error, IntegrityError):
        return LineageError(f"the lineage already holds this entry ({cause})", file=database.name)
    explained = sqlite.explain(cause, database.file) if database.engine.dialect.name == "sqlite" else None
    if explained is not None:
        return explained
    kind = StorageError if isinstance(error, OperationalError) else LineageError
    return kind(f"the lineage database reports: {cause}", file=database.name)


def create_tables(connection: Connection) -> None:
    """Make the tables and sign them."""
    schema.tables.create_all(connection)
    rows = [
        {"name": "program", "value": schema.PROGRAM},
        {"name": "schema_version", "value": str(schema.SCHEMA_VERSION)},
    ]
    connection.execute(schema.meta.insert(), rows)


def check_schema(connection: Connection, name: str) -> int:
    """Return the version of the tables; 0 for an empty database.

    Raises:
        LineageError: if the database is of another program or of a schema that this version cannot read.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return 0
    if schema.meta.name not in names:
        raise LineageError(
            "this database belongs to another program",
            file=name,
            got=sorted(names)[:5],
            expected=f"a table {schema.meta.name}",
            hint="give a run directory of evonas",
        )
    values = {row.name: row.value for row in connection.execute(select(schema.meta))}
    program, version = values.get("program"), values.get("schema_version", "")
    if program != schema.PROGRAM:
        raise LineageError("this database belongs to another program", file=name, got=program, expected=schema.PROGRAM)
    if version not in [str(known) for known in range(1, schema.SCHEMA_VERSION + 1)]:
        raise LineageError(
            "this lineage has a schema that this version of evonas cannot read",
            file=name,
            key="schema_version",
            got=version,
            expected=f"at most {schema.SCHEMA_VERSION}",
            hint="open it with the evonas that wrote it, or a newer one",
        )
    return int(version)


class Prepared:
    """A Core statement compiled once; running it costs a tenth of compiling it each time.

    Args:
        statement: an insert, update or select with named bind parameters.
        dialect: the engine's dialect.
        columns: of an insert, the columns that are given values.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.text: str = str(compiled)
        self._order: list[str] | None = list(compiled.positiontup) if compiled.positional else None

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> int:
        """Run it for one or more rows, and return how many rows it touched."""
        order = self._order
        if order is None:
            parameters: Any = dict(rows[0]) if len(rows) == 1 else [dict(row) for row in rows]
        elif len(rows) == 1:
            row = rows[0]
            parameters = tuple([row[name] for name in order])
        else:
            parameters = [tuple([row[name] for name in order]) for row in rows]
        return connection.exec_driver_sql(self.text, parameters).rowcount
