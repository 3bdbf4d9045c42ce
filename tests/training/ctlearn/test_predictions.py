"""CTLearn's predictions beside the truth: several files, telescopes, levels, and which way round the score is."""

from __future__ import annotations

import numpy as np
import pytest

from evonas.errors import ConfigError, DataError
from evonas.testing.dl2 import write_dl2
from evonas.training.ctlearn.dl2 import read_dl2
from evonas.training.ctlearn.predictions import read_predictions
from evonas.training.metrics import auc, compute
from evonas.training.metrics.bootstrap import showers
from evonas.training.metrics.physics import signal_events

tables = pytest.importorskip("tables")


@pytest.fixture
def files(tmp_path):
    gammas, protons = tmp_path / "gammas.dl2.h5", tmp_path / "protons.dl2.h5"
    made = write_dl2(gammas), write_dl2(protons, 300, particle=101, obs_id=2, seed=1)
    return (gammas, protons), made


def test_answers_and_truth_stand_side_by_side(files):
    paths, made = files
    found = read_predictions(paths)
    scored = found.scored
    assert [head.name for head in scored.heads] == ["type", "energy", "skydirection"]
    assert (found.level, found.score, found.files) == ("telescope", "hadronness", paths)
    expected = {name: np.concatenate([one[name] for one in made]) for name in made[0]}
    assert scored.answers["type"][:, 1] == pytest.approx(expected["gammaness"])
    assert scored.answers["energy"][:, 0] == pytest.approx(np.log10(expected["energy"]))
    assert scored.truth["energy"][:, 0] == pytest.approx(np.log10(expected["true_energy"]))
    assert scored.events["true_energy"] == pytest.approx(expected["true_energy"])
    assert scored.truth["type"].tolist() == [1] * 400 + [0] * 300
    assert scored.events["file_index"].tolist() == [0] * 400 + [1] * 300
    gammas = made[0]["offset"]
    assert compute(["angular_resolution"], scored)["angular_resolution"] == pytest.approx(
        np.quantile(gammas, 0.682689), rel=1e-3
    )


def test_which_way_round_the_score_is(files, tmp_path):
    paths, made = files
    gammaness = np.concatenate([one["gammaness"] for one in made])
    area = auc(np.repeat([1, 0], [400, 300]), np.stack([1 - gammaness, gammaness], axis=1))
    found = read_predictions(paths)
    assert compute(["auc"], found.scored)["auc"] == pytest.approx(area)
    assert "taken for a hadronness" in found.notes[0] and f"{1 - area:.4f}" in found.notes[0]
    said = read_predictions(paths, score="gammaness")
    assert compute(["auc"], said.scored)["auc"] == pytest.approx(1 - area) and not said.notes
    fixed = tmp_path / "a.h5", tmp_path / "b.h5"
    write_dl2(fixed[0], hadronness=False)
    write_dl2(fixed[1], particle=101, seed=1, hadronness=False)
    right = read_predictions(fixed)
    assert right.score == "gammaness" and compute(["auc"], right.scored)["auc"] > 0.9 and not right.notes


@pytest.mark.parametrize("level", ["telescope", "subarray"])
def test_files_of_newer_ctlearn_say_that_they_hold_the_gammaness(tmp_path, level):
    """Since 0.10.3: another group, a prefix for each task, and class 1."""
    paths = tmp_path / "a.h5", tmp_path / "b.h5"
    new = {"level": level, "per_task": True, "hadronness": False}
    made = [write_dl2(paths[0], **new), write_dl2(paths[1], particle=101, seed=1, obs_id=2, **new)]
    found = read_predictions(paths)
    assert (found.level, found.score, found.notes) == (level, "gammaness", ())
    assert [head.name for head in found.scored.heads] == ["type", "energy", "skydirection"]
    assert found.scored.answers["type"][:, 1] == pytest.approx(np.concatenate([one["gammaness"] for one in made]))
    assert found.scored.answers["energy"][:, 0] == pytest.approx(np.log10(np.concatenate([m["energy"] for m in made])))
    assert found.scored.answers["skydirection"][:, 1] == pytest.approx(np.concatenate([one["alt"] for one in made]))
    one = read_dl2(paths[0], prefix="CTLearnClassifier")
    assert one.gammaness and list(one.answers) == ["type"]


def test_a_bad_network_of_newer_ctlearn_is_not_turned_round(tmp_path):
    paths = tmp_path / "a.h5", tmp_path / "b.h5"
    write_dl2(paths[0], per_task=True, hadronness=True)
    write_dl2(paths[1], particle=101, seed=1, per_task=True, hadronness=True)
    found = read_predictions(paths)
    assert found.score == "gammaness" and compute(["auc"], found.scored)["auc"] < 0.2


def test_files_of_both_layouts_need_a_word(tmp_path):
    paths = tmp_path / "a.h5", tmp_path / "b.h5"
    write_dl2(paths[0], per_task=True, hadronness=False)
    write_dl2(paths[1], particle=101, seed=1)
    with pytest.raises(DataError, match="may mean the opposite") as caught:
        read_predictions(paths)
    assert caught.value.file == str(paths[1]) and "--score" in caught.value.hint
    assert read_predictions(paths, score="gammaness").score == "gammaness"


def test_a_network_that_guesses_is_taken_for_what_ctlearn_writes(tmp_path):
    paths = tmp_path / "a.h5", tmp_path / "b.h5"
    write_dl2(paths[0])
    write_dl2(paths[1], seed=1)
    with tables.open_file(str(paths[1]), "a") as file:  # the same scores, of protons
        shower = file.get_node("/simulation/event/subarray/shower")
        shower.modify_column(column=np.full(400, 101), colname="true_shower_primary_id")
    found = read_predictions(paths)
    assert found.score == "hadronness" and "too near 0.5 to tell" in found.notes[0]


def test_images_of_one_shower_belong_together(tmp_path):
    write_dl2(tmp_path / "a.h5", 50, telescopes=(1, 3))
    scored = read_predictions([tmp_path / "a.h5"]).scored
    assert len(scored) == 100 and sorted(set(scored.events["tel_id"])) == [1, 3]
    groups = showers(scored)
    assert len(np.unique(groups)) == 50
    for name in ("event_id", "true_energy"):
        assert len(np.unique(np.stack([groups, scored.events[name]]), axis=1)[0]) == 50


def test_whole_events(tmp_path):
    made = write_dl2(tmp_path / "a.h5", level="subarray", prefix="Mine")
    found = read_predictions([tmp_path / "a.h5"], prefix="Mine")
    assert found.level == "subarray" and "tel_id" not in found.scored.events
    assert found.scored.answers["energy"][:, 0] == pytest.approx(np.log10(made["energy"]))


def test_events_without_a_prediction_are_left_out_and_counted(tmp_path):
    made = write_dl2(tmp_path / "a.h5", 40, invalid=7)
    found = read_predictions([tmp_path / "a.h5"])
    assert len(found.scored) == 33 and "7 of 40 events have no valid prediction" in found.notes[0]
    assert found.scored.answers["energy"][:, 0] == pytest.approx(np.log10(made["energy"][7:]))
    write_dl2(tmp_path / "none.h5", 40, invalid=40)
    with pytest.raises(DataError, match="no valid prediction"):
        read_dl2(tmp_path / "none.h5")


def test_heads_that_a_file_lacks_are_left_out(files, tmp_path):
    paths, _ = files
    write_dl2(tmp_path / "types.h5", particle=101, heads=["type"])
    found = read_predictions([paths[0], tmp_path / "types.h5"])
    assert [head.name for head in found.scored.heads] == ["type"]
    assert any("energy is left out: types.h5" in note for note in found.notes)
    write_dl2(tmp_path / "energies.h5", heads=["energy"])
    with pytest.raises(DataError, match="no prediction in common"):
        read_predictions([tmp_path / "types.h5", tmp_path / "energies.h5"])


def test_one_class_has_no_type(files, tmp_path):
    found = read_predictions(files[0][:1])
    assert [head.name for head in found.scored.heads] == ["energy", "skydirection"] and found.score is None
    assert "type is left out: the events are all signal" in found.notes[0]
    assert signal_events(found.scored, None).all()
    write_dl2(tmp_path / "types.h5", particle=101, heads=["type"])
    with pytest.raises(DataError, match="all of one class") as caught:
        read_predictions([tmp_path / "types.h5"])
    assert "true_shower_primary_id 101" in caught.value.got


def test_the_signal_can_be_another_particle(files):
    found = read_predictions(files[0], signal_id=101, score="gammaness")
    assert found.scored.truth["type"].tolist() == [0] * 400 + [1] * 300


def test_ctapipe_writes_the_units_where_we_read_them(tmp_path):
    pytest.importorskip("ctapipe")
    from astropy import units as u
    from astropy.table import Table
    from ctapipe.io import write_table

    path = tmp_path / "a.h5"
    keys = {"obs_id": [1, 1], "event_id": [1, 2]}
    energy = Table({**keys, "CTLearn_energy": [1500, 20] * u.GeV, "CTLearn_is_valid": [True, True]})
    place = {"true_az": [0.1, 0.2] * u.rad, "true_alt": [1.2, 1.3] * u.rad, "true_shower_primary_id": [0, 0]}
    write_table(energy, path, "/dl2/event/subarray/energy/CTLearn")
    write_table(Table({**keys, "true_energy": [1.0, 0.02] * u.TeV, **place}), path, "/simulation/event/subarray/shower")
    found = read_dl2(path)
    assert found.answers["energy"][:, 0] == pytest.approx([1.5, 0.02])
    assert found.truth["true_energy"] == pytest.approx([1, 0.02])
    assert found.truth["true_az"] == pytest.approx(np.degrees([0.1, 0.2]))


class TestBadFiles:
    def test_what_is_not_there(self, tmp_path):
        with pytest.raises(DataError, match="no such file"):
            read_dl2(tmp_path / "nothing.h5")
        with pytest.raises(ConfigError, match="no file"):
            read_predictions([])

    def test_no_hdf5(self, tmp_path):
        (tmp_path / "a.h5").write_text("no")
        with pytest.raises(DataError, match="not an HDF5 file"):
            read_dl2(tmp_path / "a.h5")

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_truncated(self, tmp_path, share):
        path = tmp_path / "a.h5"
        write_dl2(path)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DataError, match=r"truncated|cannot be read|damaged"):
            read_dl2(path)

    def test_no_predictions(self, tmp_path):
        write_dl2(tmp_path / "a.h5", heads=[])
        with pytest.raises(DataError, match="holds no predictions") as caught:
            read_dl2(tmp_path / "a.h5")
        assert "ctlearn-predict" in caught.value.hint

    def test_another_prefix_or_level(self, tmp_path):
        write_dl2(tmp_path / "a.h5", prefix="Mine")
        with pytest.raises(DataError, match="no predictions of CTLearn") as caught:
            read_dl2(tmp_path / "a.h5")
        assert caught.value.expected == "one of Mine"
        with pytest.raises(DataError, match="level subarray"):
            read_dl2(tmp_path / "a.h5", prefix="Mine", level="subarray")

    def test_no_truth(self, tmp_path):
        write_dl2(tmp_path / "a.h5", truth=False)
        with pytest.raises(DataError, match="no simulated truth"):
            read_dl2(tmp_path / "a.h5")
        write_dl2(tmp_path / "b.h5")
        with tables.open_file(str(tmp_path / "b.h5"), "a") as file:
            file.get_node("/simulation/event/subarray/shower").remove_rows(0, 3)
        with pytest.raises(DataError, match="3 predicted events have no simulated shower"):
            read_dl2(tmp_path / "b.h5")
