"""The dashboard: a read-only web page over runs, live while they go on. Nothing of it is loaded from the internet."""

from evonas.dashboard.access import Access, open_port
from evonas.dashboard.app import build_app
from evonas.dashboard.server import Dashboard
from evonas.dashboard.shelf import RunState, Shelf

__all__ = ["Access", "Dashboard", "RunState", "Shelf", "build_app", "open_port"]
