"""Environments of the peers: one virtual environment each, so that none decides what another one sees.

The lower bounds below are what the figures were taken with or newer; the place of the environments is git-ignored.
`uv` fills them where it is installed, else `pip` does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["ENVIRONMENTS", "build", "built", "python_of"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / ".envs"

TABLES = ("numpy>=1.26", "onnxruntime>=1.17")
"""What the tables need, in every environment."""

ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "optuna": ("optuna>=4.5", "cmaes>=0.11", "scipy>=1.11", "torch>=2.3"),
    "smac": ("smac>=2.2",),
    "dehb": ("dehb>=0.1.2",),
    "nevergrad": ("nevergrad>=1.0.8",),
}
"""Name to requirements, beside those of the tables. Optuna's Gaussian processes need PyTorch, its CMA-ES `cmaes`."""


def python_of(environment: str | None) -> str:
    """Return the interpreter of an environment; None is the one that runs now."""
    return sys.executable if environment is None else str(FOLDER / environment / "bin" / "python")


def built(environment: str | None) -> bool:
    """Return whether an environment was built to its end."""
    return environment is None or (FOLDER / environment / "complete").exists()


def build(environment: str) -> None:
    """Build an environment, or bring it up to date.

    Raises:
        subprocess.CalledProcessError: if a requirement cannot be installed.
    """
    folder, requirements = FOLDER / environment, [*TABLES, *ENVIRONMENTS[environment]]
    python = python_of(environment)
    if not Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    with_uv = uv and subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, *requirements], env=_settings_for_uv(), check=False
    )
    if not with_uv or with_uv.returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    (folder / "complete").write_text("\n".join(requirements) + "\n", encoding="utf-8")


def _settings_for_uv() -> dict[str, str]:
    """Return the environment for uv, which does not read pip's configuration: the index and the certificates."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    known = dict(line.replace("'", "").split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    found = {"UV_DEFAULT_INDEX": known.get("global.index-url"), "SSL_CERT_FILE": known.get("global.cert")}
    return {**{name: value for name, value in found.items() if value}, **os.environ}
