"""What an export for CTLearn writes, looked at without CTLearn."""

from __future__ import annotations

import dataclasses

import pytest

from evonas.config import RunConfig
from evonas.export.ctlearn_events import event_files
from evonas.export.ctlearn_learning import ctlearn_learning
from evonas.export.ctlearn_readme import predict_script
from evonas.export.ctlearn_settings import Network, predict_settings, train_settings
from evonas.training.learning import Learning

ADAM = Learning("adam", 1e-3, epsilon=1e-8, batch_size=32)
FACTS = {
    "mode": "stereo",
    "telescope_type": "LST_LST_LSTCam",
    "channels": ["cleaned_image"],
    "mapper": "BilinearMapper",
    "mapper_options": {"interpolation_image_shape": 40},
    "quality": [["bright", "hillas_intensity > 100"]],
    "tel_ids": [1, 3],
    "stack": True,
    "sort_by_intensity": False,
    "min_telescopes": 2,
    "focal_length_choice": "equivalent",
}


def config(**training):
    data = {"source": "ctlearn", "split": {"validation": 0.25, "test": 0.0}}
    evolution = {"evaluations": 1, "epochs": 7}
    return RunConfig.model_validate(
        {
            "model": "ctlearn_cnn",
            "data": data,
            "evolution": evolution,
            "training": {"class_weights": "balanced"} | training,
        }
    )


def translated(learning=ADAM, tasks=("type",), events=1000, seed=3, **training):
    return ctlearn_learning(learning, config(**training), tasks, events, seed)


def test_what_ctlearn_can_do_is_taken_over():
    learning = dataclasses.replace(ADAM, schedule="plateau", factor=0.3, patience=4, min_delta=0.01, min_rate=1e-6)
    found = translated(learning, patience=5)
    assert found.traits == {
        "n_epochs": 7,
        "batch_size": 32,
        "validation_split": 0.25,
        "optimizer": {"name": "Adam", "base_learning_rate": 1e-3, "adam_epsilon": 1e-8},
        "lr_reducing": {"factor": 0.3, "patience": 4, "min_delta": 0.01, "min_lr": 1e-6},
        "early_stopping": {"monitor": "val_loss", "patience": 5, "verbose": 1, "restore_best_weights": True},
        "random_seed": 3,
    }
    assert len(found.lost) == 1 and "splits by image" in found.lost[0]


def test_a_constant_learning_rate_stays_constant():
    """CTLearn lowers it unless it is told not to."""
    assert translated().traits["lr_reducing"] is None


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        ({"optimizer": "adamw", "weight_decay": 0.01}, "Adam", ["no AdamW", "no weight decay (`0.01`"]),
        ({"optimizer": "sgd", "momentum": 0.9}, "SGD", ["no momentum (`0.9`"]),
        ({"optimizer": "rmsprop", "rho": 0.95, "epsilon": 1e-3}, "RMSProp", ["`rho` of", "`epsilon` of"]),
        ({"optimizer": "adadelta", "rho": 0.9}, "Adadelta", ["`rho` of"]),
        ({"schedule": "cosine"}, "Adam", ["no `cosine` schedule"]),
        ({"label_smoothing": 0.1}, "Adam", ["not smoothed"]),
        ({"clip_norm": 1.0}, "Adam", ["not clipped"]),
    ],
)
def test_what_ctlearn_cannot_do_is_said(change, name, said):
    found = translated(dataclasses.replace(ADAM, **change))
    assert found.traits["optimizer"]["name"] == name
    assert ("adam_epsilon" in found.traits["optimizer"]) == (name == "Adam")
    for words in said:
        assert any(words in one for one in found.lost), found.lost


def test_settings_of_the_run_that_ctlearn_lacks_are_said():
    lost = " ".join(translated(patience=3, min_delta=0.1, monitor="val_type_accuracy", class_weights="none").lost)
    for words in ("0.1 or more", "no column of CTLearn's", "weighs both classes"):
        assert words in lost
    assert "weighs" not in " ".join(translated(tasks=("energy",), class_weights="none").lost)


def test_a_batch_fits_the_validation_part():
    """CTLearn validates on whole batches only, and would have none."""
    found = translated(events=80)
    assert found.traits["batch_size"] == 20
    assert any("20 instead of 32" in one for one in found.lost)


def test_large_seeds_are_numpys():
    assert translated(seed=2**40 + 5).traits["random_seed"] == 5


def test_both_tools_read_images_alike(tmp_path):
    signal = event_files([str(tmp_path / "gamma.h5")], "signal", tmp_path)
    train = train_settings(FACTS, signal, None, ["type"], Network("ResNet", {"architecture": []}), {})
    predict = predict_settings(FACTS)
    for section in ("DLImageReader", "TableQualityQuery", "BilinearMapper"):
        assert train[section] == predict[section]
    for trait in ("stack_telescope_images", "sort_by_intensity", "dl1dh_reader_type"):
        assert train["TrainCTLearnModel"][trait] == predict["PredictCTLearnModel"][trait]
    reader = train["DLImageReader"]
    assert reader["min_telescopes"] == 2 and reader["allowed_tels"] == [1, 3]
    assert reader["focal_length_choice"] == "EQUIVALENT"
    assert train["BilinearMapper"] == {"interpolation_image_shape": 40}
    assert "input_dir_background" not in train["TrainCTLearnModel"]


def test_patterns_match_the_files_and_no_others(tmp_path):
    for name in ("a[1].h5", "a1.h5"):
        (tmp_path / name).touch()
    found = event_files([str(tmp_path / "a[1].h5")], "signal", tmp_path / "out")
    assert [path.name for pattern in found.patterns for path in found.folder.glob(pattern)] == ["a[1].h5"]
    assert not found.linked and not (tmp_path / "out").exists()


def test_links_are_made_anew(tmp_path):
    files = [tmp_path / folder / "x.h5" for folder in ("a", "b", "c")]
    for file in files:
        file.parent.mkdir()
        file.touch()
    event_files([str(file) for file in files], "signal", tmp_path)
    found = event_files([str(file) for file in files[1:]], "signal", tmp_path)
    assert found.linked
    assert sorted(path.resolve() for path in found.folder.iterdir()) == files[1:]


@pytest.mark.parametrize(("mode", "used"), [("mono", "cameradirection"), ("stereo", "skydirection")])
def test_a_tool_is_given_the_models_that_it_takes(mode, used, tmp_path):
    models = {task: tmp_path / f"{task}_model.keras" for task in ("type", "cameradirection", "skydirection")}
    script = predict_script(mode, models)
    assert f"ctlearn-predict-{mode}-model" in script
    assert [task for task in models if f"--{task}_model" in script] == ["type", used]


def test_other_data_are_not_ctlearns(toy_run, tmp_path, evonas):
    ran = evonas("export", toy_run, "--format", "ctlearn", "--to", tmp_path / "there")
    ran.refused(ran.code, "data.source", "data.source: ctlearn", "without --format")
    assert ran.code not in (0, 1) and not (tmp_path / "there").exists()


@pytest.mark.training
def test_other_images_are_not_ctlearns(keras_run, tmp_path, evonas):
    ran = evonas("export", keras_run, "--format", "ctlearn", "--to", tmp_path / "there")
    ran.refused(ran.code, "trained on its own events", "digits")
