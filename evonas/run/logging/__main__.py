"""The process of a logger, see :mod:`evonas.run.logging.desk`."""

from evonas.run.logging.desk import serve

__all__ = ["serve"]

serve()
