"""`python -m evonas`: the command `evonas`, where it is not on the PATH or for a Python of one's choice."""

from evonas.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
