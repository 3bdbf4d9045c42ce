"""Small simulated DL1 files, an empty image cache, and the source with short options."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.sharing import release_all
from evonas.training.ctlearn.source import CtlearnSource
from evonas.training.data import load_source, read_options


@dataclass(frozen=True)
class Dl1:
    """Folders of simulated files; tests copy what they change."""

    mono: Path
    stereo: Path


@pytest.fixture(scope="session")
def dl1(tmp_path_factory) -> Dl1:
    """One telescope: two runs of gammas, two of protons. Four telescopes: one run of each."""
    pytest.importorskip("ctlearn")
    from evonas.simulation import simulate

    mono, stereo = tmp_path_factory.mktemp("mono"), tmp_path_factory.mktemp("stereo")
    for run, particle, events in ((1, "gamma", 40), (2, "gamma", 30), (11, "proton", 40), (12, "proton", 20)):
        simulate(mono / f"{particle}_{run}.dl1.h5", particle, events, run, camera="small", run=run)
    for run, particle in ((1, "gamma"), (11, "proton")):
        simulate(stereo / f"{particle}_{run}.dl1.h5", particle, 40, run, camera="small", telescopes=4, run=run)
    return Dl1(mono, stereo)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty image cache, where the environment points to."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("EVONAS_CACHE", str(folder))
    yield folder
    release_all()


@pytest.fixture
def load(dl1, cache):
    """Load the simulated events as the options say."""

    def load_arrays(mode="mono", **options):
        folder = dl1.mono if mode == "mono" else dl1.stereo
        chosen = {"signal": f"{folder}/gamma_*.h5", "background": f"{folder}/proton_*.h5", "mode": mode, **options}
        return CtlearnSource().load(CtlearnOptions(**chosen), None)

    return load_arrays


@pytest.fixture
def load_written(cache):
    """Load with options as a configuration writes them, relative to a folder."""

    def load_arrays(base, **options):
        source = load_source("ctlearn")
        return source.load(read_options(source, options), base)

    return load_arrays


@pytest.fixture
def copied(dl1, tmp_path):
    """A copy of the files of one mode, to be damaged."""

    def copy(mode="mono"):
        folder = tmp_path / "copied"
        shutil.copytree(dl1.mono if mode == "mono" else dl1.stereo, folder)
        return folder

    return copy
