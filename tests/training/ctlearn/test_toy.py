"""Toy showers as a data source: simulated once, read as CTLearn's files are."""

from __future__ import annotations

import numpy as np
import pytest

from evonas.config import load_config
from evonas.errors import ConfigError, DataError
from evonas.training.data import load_part, load_source, prepare, read_options

pytest.importorskip("ctlearn")
pytestmark = pytest.mark.filterwarnings("default")


def load(tmp_path, **options):
    source = load_source("toy_showers")
    given = {"gammas": 30, "protons": 25, "mapper": "AxialMapper", "cache": str(tmp_path / "cache"), **options}
    return source.load(read_options(source, given), tmp_path)


def made(tmp_path):
    return sorted((tmp_path / "cache" / "toy_showers").rglob("*.dl1.h5"))


def test_events_are_simulated_once_and_are_the_same_again(tmp_path):
    first = load(tmp_path)
    files = {path: path.stat().st_mtime_ns for path in made(tmp_path)}
    assert [path.name for path in files] == ["gamma_run1.dl1.h5", "proton_run1001.dl1.h5"]
    again = load(tmp_path, tasks=["energy"], protons=25)
    assert {path: path.stat().st_mtime_ns for path in made(tmp_path)} == files
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert first.inputs.shape[1:] == (21, 21, 2) and 45 <= len(first.inputs) <= 55
    assert set(np.unique(first.targets)) == {0, 1}
    np.testing.assert_allclose(again.targets[:, 0], again.events["true_log_energy"], rtol=1e-6)


def test_runs_share_the_showers_out(tmp_path):
    arrays = load(tmp_path, runs=2, split_by="run")
    assert len(made(tmp_path)) == 4
    assert len(np.unique(arrays.groups)) == 4
    assert sorted(np.unique(arrays.events["obs_id"])) == [1, 2, 1001, 1002]


def test_another_seed_gives_other_showers(tmp_path):
    assert not np.array_equal(load(tmp_path).targets, load(tmp_path, seed=5, tasks=["energy"], protons=0).targets)
    assert len(list((tmp_path / "cache" / "toy_showers").iterdir())) >= 2


def test_files_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="simulated events need no files"):
        load(tmp_path, signal="gamma.h5")
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path, subarray="nowhere.h5")


def test_a_run_prepares_rows_of_the_cache(tmp_path):
    (tmp_path / "run.yaml").write_text(
        "model: ctlearn_cnn\nevolution: {evaluations: 1}\n"
        "data:\n  source: toy_showers\n  split: {validation: 0.3, test: 0.3}\n"
        f"  options: {{gammas: 30, protons: 25, mapper: AxialMapper, cache: {tmp_path / 'cache'}}}\n"
    )
    summary = prepare(load_config(tmp_path / "run.yaml").data, tmp_path, tmp_path / "run")
    assert summary.inputs_file is not None and summary.standardisation is None
    assert [head.name for head in summary.heads] == ["type"]
    part = load_part(tmp_path / "run" / "data", "validation")
    assert part.gather(0, 3).shape == (3, 21, 21, 2) and len(part.events["true_energy"]) == len(part)
