"""Run as ``python benchmarks/search`` or, from the project's root, ``python -m benchmarks.search``."""

import sys
from pathlib import Path

if not __package__:  # run as a folder: Python then put the folder itself on the path, where it hides no module
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.search.cli import main

if __name__ == "__main__":
    sys.exit(main())
