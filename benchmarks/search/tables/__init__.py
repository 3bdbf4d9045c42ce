"""Tables of trained networks: what a search may ask, as if it trained.

``open_table("lcbench:167168")`` opens a table of the project, and ``open_table("made:layers")`` a made function beside
them; ``open_table("package.module:name")`` and ``open_table("path/to/file.py:name")`` one of your own, see
`benchmarks.search.tables.protocol`.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.search.tables.lcbench import TASKS, LcBench
from benchmarks.search.tables.macro import Macro
from benchmarks.search.tables.made import MADE, made
from benchmarks.search.tables.nb301 import NasBench301
from benchmarks.search.tables.protocol import Table
from benchmarks.search.tables.toy import Toy

__all__ = ["GROUPS", "TABLES", "Table", "open_table"]

TABLES: dict[str, Callable[..., Table]] = {
    "nb301": NasBench301,
    "lcbench": LcBench,
    "nas_bench_macro": Macro,
    "made": made,
    "toy": Toy,
}

GROUPS: dict[str, list[str]] = {
    "lcbench": [f"lcbench:{task}" for task in TASKS],
    "made": [f"made:{name}" for name in MADE],
}
"""Names that stand for several tables: ``lcbench`` for the tasks that may be developed on, ``made`` for all of them."""


def open_table(name: str) -> Table:
    """Open a table by name.

    Args:
        name: a name of `TABLES`, with ``:`` and its argument where it takes one; or where an object of your own is
            found, ``package.module:name`` or ``path/to/file.py:name``.

    Raises:
        FileNotFoundError: if the table's data are not there.
        ValueError: if the name leads to no table.
    """
    kind, _, rest = name.partition(":")
    if kind in TABLES:
        return TABLES[kind](*([rest] if rest else []))
    module, _, attribute = name.rpartition(":")
    if not module:
        raise ValueError(f"no table {name}: expected one of {', '.join(TABLES)}, or package.module:name")
    found: Any = getattr(_module(module), attribute)
    makes = inspect.isclass(found) or inspect.isroutine(found)
    table: Table = found() if makes else found
    missing = [part for part in ("space", "epochs", "objective", "maximise", "evaluate") if not hasattr(table, part)]
    if missing:
        raise ValueError(f"{name} is no table: it has no {', '.join(missing)}")
    return table


def _module(name: str) -> Any:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.exists():
        raise FileNotFoundError(f"no module at {name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
