"""Searches of other tools, read as the report reads our own."""

from evonas.report.imports.ctlearn_optimizer import is_table, read_table

__all__ = ["is_table", "read_table"]
