"""What a study's file may say, and how it is told what is wrong."""

from pathlib import Path

import pytest

from evonas.documents import format_document
from evonas.errors import ConfigError
from evonas.study import Stopped, read_study


def test_telescopes_change_the_configuration(tmp_path, study_file):
    telescopes = {
        "lst": {"data.options": {"subset": 3}, "evolution": {"population": 5}},
        "mst": None,
    }
    settings = read_study(study_file(tmp_path, telescopes=telescopes), ["evolution.epochs=7"])
    lst, mst = settings.telescopes
    assert (lst.config.data.options, lst.config.evolution.population) == ({"subset": 3}, 5)
    assert (mst.config.data.options, mst.config.evolution.population) == ({}, 3)
    assert lst.config.evolution.epochs == mst.config.evolution.epochs == 7
    assert (lst.transfer.model, lst.transfer.evolution.population, lst.transfer.evolution.epochs) == ("cnn", 5, 1)
    run = lst.run_config(4)
    assert (run.name, run.seed) == ("lst-seed4", 4)
    assert settings.name == "study"
    assert (settings.finals.seeds, settings.finals.epochs) == (2, 2)
    assert (settings.transfer.seeds, settings.transfer.epochs) == (1, 1)


def test_defaults(tmp_path, study_file):
    changes = dict.fromkeys(("telescopes", "seeds", "finals", "transfer"))
    file = study_file(tmp_path)
    file.write_text("config: base.yaml\n", encoding="utf-8")
    settings = read_study(file)
    assert [one.name for one in settings.telescopes] == ["all"]
    assert (settings.seeds, settings.finals.seeds, settings.finals.epochs, settings.transfer) == (
        (0, 1, 2),
        3,
        None,
        None,
    )
    assert read_study(study_file(tmp_path, **(changes | {"seeds": [3]}))).seeds == (3,)


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"telescops": {}}, "telescops", "did you mean `telescopes`?"),
        ({"config": None}, "config", "names no configuration"),
        ({"config": "absent.yaml"}, "config", "relative to"),
        ({"config": 3}, "config", "not the name of a file"),
        ({"seeds": [0, 0]}, "seeds", "different whole numbers"),
        ({"seeds": 3}, "seeds", "different whole numbers"),
        ({"finals": {"seed": 2}}, "finals.seed", "did you mean `seeds`?"),
        ({"finals": {"seeds": 0}}, "finals.seeds", "at least 1"),
        ({"telescopes": {"a b": {}}}, "telescopes.a b", "not a name"),
        ({"telescopes": {1: {}}}, "telescopes.1", "in quotes"),
        ({"telescopes": {"lst": 3}}, "telescopes.lst", "not changes of a configuration"),
        (
            {"telescopes": {"lst": {"evolution": {"popluation": 3}}}},
            "telescopes.lst.evolution.popluation",
            "population",
        ),
        ({"telescopes": {"lst": {"evolution.epochs": 0}}}, "telescopes.lst.evolution.epochs", "out of range"),
        (
            {"transfer": {"config": "stereo.yaml", "telescopes": {"x": {}}}},
            "transfer.telescopes.x",
            "one of small, large",
        ),
        ({"transfer": {}}, "transfer.config", "names no configuration"),
    ],
)
def test_bad_files_are_refused_with_key_and_line(tmp_path, study_file, changes, key, words):
    file = study_file(tmp_path, **changes)
    with pytest.raises(ConfigError) as caught:
        read_study(file)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.key) == (str(file), key)
    assert caught.value.line is not None


def test_a_wrong_base_configuration_is_named_itself(tmp_path, study_file, base_settings):
    file = study_file(tmp_path)
    (tmp_path / "base.yaml").write_text(format_document(base_settings(modle="dense")), encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key") as caught:
        read_study(file)
    assert caught.value.file == str(tmp_path / "base.yaml")
    evaluator = {"evaluator": "evonas.testing.toy:toy_callable", "evolution": {"evaluations": 1}, "space": {"x": 1}}
    (tmp_path / "base.yaml").write_text(format_document(evaluator), encoding="utf-8")
    with pytest.raises(ConfigError, match="needs a model family"):
        read_study(write_only(file))


def write_only(file):
    file.write_text("config: base.yaml\n", encoding="utf-8")
    return file


def test_the_command_says_how_to_go_on(evonas, here, study_file, monkeypatch):
    study_file(here)
    monkeypatch.setattr("evonas.study.run_study", lambda *args, **more: Stopped("stopped by SIGTERM"))
    ran = evonas("study", "study.yaml", "--study-dir", "my study")
    ran.refused(
        130, "stopped by SIGTERM; what is done is kept", "go on with: evonas study study.yaml --study-dir 'my study'"
    )

    def interrupted(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("evonas.study.run_study", interrupted)
    evonas("study", "study.yaml").refused(130, "go on with: evonas study study.yaml")
    evonas("study", "absent.yaml").refused(11, "absent.yaml: there is no such file")


def test_the_study_that_the_documentation_shows(tmp_path, study_file):
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "study.md").read_text(encoding="utf-8")
    block = page.split('```yaml title="study.yaml"\n')[1].split("```")[0]
    file = study_file(tmp_path)
    (tmp_path / "base.yaml").rename(tmp_path / "gamma_hadron.yaml")
    file.write_text(block, encoding="utf-8")
    settings = read_study(file)
    assert [one.name for one in settings.telescopes] == ["lst", "mst"]
    assert settings.telescopes[1].config.data.options == {"telescope_type": "MST_MST_NectarCam"}
    assert (settings.finals.epochs, settings.transfer.epochs) == (15, 15)
