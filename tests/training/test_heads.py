"""Several heads, rows of a shared file, groups that stay together: what CTLearn's data ask of the trainer."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from evonas.config.schema import DataConfig, SplitConfig, TrainingConfig
from evonas.errors import ConfigError, DataError
from evonas.genome import Genome
from evonas.training.data import Arrays, FileArray, Part, load_part, prepare, read_summary, split_events
from evonas.training.data import prepared as preparing
from evonas.training.data.protocol import Options
from evonas.training.heads import Head, Scored, classifier, columns_of, regressor

TYPE = Head("type", "classification", 2, "cross_entropy", class_names=("background", "signal"))
ENERGY = Head("energy", "regression", 1, "mean_absolute_error", "log10(TeV)")
PLACE = Head("place", "regression", 2, "mean_absolute_error", "m")
HEADS = (TYPE, ENERGY, PLACE)
EVENTS = 120


def made(heads=HEADS, **more) -> Arrays:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(EVENTS, 6)).astype(np.float32)
    columns = {"type": inputs[:, :1] > 0, "energy": inputs[:, 1:2], "place": inputs[:, 2:4]}
    targets = np.concatenate([columns[head.name].astype(np.float32) for head in heads], axis=1)
    return Arrays(inputs, targets, heads=heads, events={"true_energy": 10.0 ** inputs[:, 1].astype(float)}, **more)


class Source:
    name: ClassVar[str] = "made"
    Options: ClassVar = Options
    standardise: ClassVar[bool] = False
    arrays: ClassVar[Arrays]

    def load(self, options, base):
        return self.arrays


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setattr(preparing, "load_source", lambda name: Source())
    Source.arrays = made()
    return Source


def data(**more):
    return DataConfig(source="made", split=SplitConfig(validation=0.25, test=0.25), **more)


def stored(tmp_path, arrays):
    """The same events with their inputs in a file, behind a header and in an order of their own."""
    path = tmp_path / "cache.bin"
    path.write_bytes(b"\0" * 128 + arrays.inputs.tobytes())
    file = FileArray(path, 128, arrays.inputs.shape)
    return replace(arrays, inputs=file.map(), file=file, digest="abc")


def test_each_head_has_its_columns():
    targets = made().targets
    parts = columns_of(HEADS, targets)
    assert parts["type"].dtype == np.int32 and parts["type"].shape == (EVENTS,)
    np.testing.assert_array_equal(parts["type"], targets[:, 0])
    np.testing.assert_array_equal(parts["place"], targets[:, 2:])


def test_a_head_needs_outputs():
    with pytest.raises(DataError, match="two classes"):
        classifier(1)
    with pytest.raises(DataError, match="needs an output"):
        regressor(0)


def test_answers_are_taken_together_with_the_truth():
    scored = Scored(
        HEADS[:1], {"type": np.array([0, 1, 1])}, {"type": np.eye(2)[[0, 1, 1]]}, {"e": np.arange(3)}, {"f": 28.0}
    ).take(np.array([2, 0, 2]))
    assert scored.truth["type"].tolist() == [1, 0, 1]
    assert scored.events["e"].tolist() == [2, 0, 2]
    assert len(scored) == 3 and scored.facts == {"f": 28.0}


def test_prepared_heads_targets_and_columns(source, tmp_path):
    summary = prepare(data(), None, tmp_path)
    assert summary == read_summary(tmp_path / "data")
    assert summary.heads == HEADS
    assert (summary.task, summary.outputs, summary.class_names) == ("several tasks", 5, ("background", "signal"))
    assert summary.standardisation is None, "the source's inputs are to be used as they are"
    part = load_part(tmp_path / "data", "validation")
    assert part.targets.shape == (30, 4) and len(part) == 30
    np.testing.assert_allclose(part.events["true_energy"], 10.0 ** part.targets[:, 1].astype(float), rtol=1e-5)
    assert sum(summary.class_counts["train"]) == summary.counts["train"]


def test_one_classification_is_plain_classes(source, tmp_path):
    source.arrays = made((TYPE,))
    prepare(data(), None, tmp_path)
    assert load_part(tmp_path / "data", "train").targets.dtype == np.int32


def test_targets_that_do_not_fit_the_heads(source, tmp_path):
    source.arrays = replace(made(), targets=np.zeros((EVENTS, 3), np.float32))
    with pytest.raises(DataError, match="do not fit the tasks"):
        prepare(data(), None, tmp_path)


def test_inputs_in_a_file_are_not_copied_and_are_the_same(source, tmp_path):
    copied, mapped = tmp_path / "copied", tmp_path / "mapped"
    prepare(data(), None, copied)
    source.arrays = stored(tmp_path, made())
    summary = prepare(data(), None, mapped)
    assert summary.inputs_file is not None and not list((mapped / "data").glob("*_inputs.npy"))
    for part in ("train", "validation", "test"):
        one, other = load_part(copied / "data", part), load_part(mapped / "data", part)
        np.testing.assert_array_equal(one.gather(0, len(one)), other.gather(0, len(other)))
        np.testing.assert_array_equal(one.targets, other.targets)
    (tmp_path / "cache.bin").unlink()
    with pytest.raises(DataError, match="cached images"):
        load_part(mapped / "data", "train")


def test_inputs_in_a_file_are_copied_where_they_are_standardised(source, tmp_path):
    source.arrays = stored(tmp_path, made())
    summary = prepare(data(standardise=True), None, tmp_path)
    assert summary.inputs_file is None and summary.standardisation is not None
    train = load_part(tmp_path / "data", "train").inputs
    np.testing.assert_allclose(train.mean(axis=0), 0.0, atol=1e-5)


def test_zeros_that_mean_something_are_kept(source, tmp_path):
    source.arrays = replace(made(), zeros_mean_absent=True)
    assert prepare(data(), None, tmp_path).standardisation is None
    with pytest.raises(ConfigError, match="cannot be standardised"):
        prepare(data(standardise=True), None, tmp_path / "other")


def test_groups_stay_together():
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 60, 300)
    classes = groups % 2
    split = split_events(classes, 300, validation=0.2, test=0.3, seed=4, groups=groups)
    parts = [set(groups[rows]) for rows in (split.train, split.validation, split.test)]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert sorted(np.concatenate([split.train, split.validation, split.test])) == list(range(300))
    known = len(np.unique(groups))
    assert len(parts[1]) == round(known * 0.2) and len(parts[2]) == round(known * 0.3)
    shares = [np.mean([group % 2 for group in part]) for part in parts]
    assert max(shares) - min(shares) < 0.1, "the classes are not shared out evenly"


GENOME = Genome(
    {
        "layers": [{"units": 24, "activation": "relu"}],
        "learning": {"optimizer": {"type": "adam", "learning_rate": 0.02}, "batch_size": 16},
    },
    "dense",
)


def trained(part: Part, heads, epochs=12, **training):
    from evonas.training.answers import predict
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family
    from evonas.training.trainer import train

    seed_everything(1)
    model = load_family("dense").build(GENOME, (6,), heads)
    outcome = train(model, GENOME, part, part, TrainingConfig(**training), heads=heads, epochs=epochs, seed=1)
    return outcome, predict(model, part, heads)


@pytest.mark.training
class TestTraining:
    def test_all_heads_learn(self, source, tmp_path):
        prepare(data(), None, tmp_path)
        part = load_part(tmp_path / "data", "train")
        outcome, answers = trained(part, HEADS, class_weights="balanced", monitor="val_energy_mae", epochs=25)
        assert set(outcome.curve[0]) >= {"loss", "val_loss", "type_accuracy", "val_energy_mae", "place_loss"}
        truth = columns_of(HEADS, part.targets)
        assert (answers["type"].argmax(axis=1) == truth["type"]).mean() > 0.85
        assert answers["energy"].shape == truth["energy"].shape
        assert np.abs(answers["energy"] - truth["energy"]).mean() < 0.5 * np.abs(truth["energy"]).mean()
        assert np.abs(answers["place"] - truth["place"]).mean() < 0.5 * np.abs(truth["place"]).mean()

    def test_the_regression_s_own_loss_is_minimised(self, source, tmp_path):
        source.arrays = made((ENERGY,))
        prepare(data(), None, tmp_path)
        outcome, _ = trained(load_part(tmp_path / "data", "train"), (ENERGY,), epochs=2)
        assert outcome.curve[-1]["val_loss"] == pytest.approx(outcome.curve[-1]["val_mae"], rel=1e-4)

    def test_rows_of_a_file_train_as_copies_do(self, source, tmp_path):
        prepare(data(), None, tmp_path / "copied")
        source.arrays = stored(tmp_path, made())
        prepare(data(), None, tmp_path / "mapped")
        parts = [load_part(tmp_path / name / "data", "train") for name in ("copied", "mapped")]
        (one, first), (other, second) = (trained(part, HEADS, epochs=2) for part in parts)
        assert [row["loss"] for row in one.curve] == pytest.approx([row["loss"] for row in other.curve], rel=1e-5)
        np.testing.assert_allclose(first["energy"], second["energy"], rtol=1e-4, atol=1e-5)

    def test_label_smoothing_is_of_the_classification_alone(self, source, tmp_path):
        prepare(data(), None, tmp_path)
        part = load_part(tmp_path / "data", "train")
        smooth = Genome({**GENOME.genes, "learning": {**GENOME.genes["learning"], "label_smoothing": 0.1}}, "dense")
        from evonas.training.families import load_family
        from evonas.training.trainer import train

        model = load_family("dense").build(smooth, (6,), HEADS)
        outcome = train(model, smooth, part, part, TrainingConfig(), heads=HEADS, epochs=1, seed=1)
        assert np.isfinite(outcome.curve[0]["val_loss"])
