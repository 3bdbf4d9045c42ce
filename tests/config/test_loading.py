"""Files, overrides, base and round trips."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.config import RunConfig, dump_config, load_config, parse_config
from evonas.documents import format_document, parse_document
from evonas.errors import ConfigError

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
SMALL: dict[str, Any] = {"model": "cnn", "evolution": {"evaluations": 5}}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_configuration_loads(path: Path) -> None:
    config = load_config(path)
    assert config.base == str(path.parent.resolve()) or config.base is not None
    assert parse_config(parse_document(dump_config(config), ConfigError).content) == config


def test_base_is_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.yaml").write_text("model: cnn\nevolution: {evaluations: 5}\n")
    monkeypatch.chdir(tmp_path)
    assert load_config("run.yaml").base == str(tmp_path)
    assert load_config("run.yaml", base=tmp_path / "data").base == str(tmp_path / "data")
    assert load_config("run.yaml", ["base=../other"]).base == str(tmp_path.parent / "other")


def test_overrides_win_over_the_file() -> None:
    config = parse_config(
        {**SMALL, "training": {"class_weights": {0: 1.0, 1: 2.0}}},
        [
            "evolution.population=30",
            "evolution.objectives.0=auc",
            "evolution.objectives.1={metric: parameters, direction: min}",
            "evaluation.devices=[gpu:0, gpu:1]",
            "evaluation.memory_limit=4 GiB",
            "training.class_weights.1=3e0",
            "space.layers.length=[1, 2]",
            "evolution.wall_time=",
        ],
    )
    assert config.evolution.population == 30
    assert [(objective.metric, objective.maximise) for objective in config.evolution.objectives] == [
        ("auc", True),
        ("parameters", False),
    ]
    assert config.evaluation.devices == ["gpu:0", "gpu:1"]
    assert config.evaluation.memory_limit == 4 * 2**30
    assert config.training.class_weights == {0: 1.0, 1: 3.0}
    assert config.space == {"layers": {"length": [1, 2]}}
    assert config.evolution.wall_time is None


def test_overrides_leave_the_mapping_as_it_was() -> None:
    content = {"model": "cnn", "evolution": {"evaluations": 5}}
    parse_config(content, ["evolution.evaluations=6"])
    assert content == SMALL


@pytest.mark.parametrize(
    ("option", "key", "got", "expected"),
    [
        ("evolution.population", None, "evolution.population", "a YAML value, such as"),
        ("=3", None, "=3", "a dotted key"),
        ("model.layers=3", "model", "cnn", "to set `layers` in"),
        ("seeds.first=a.yaml", "seeds", "first", "a number from 0 to 1"),
        ("seeds.2=a.yaml", "seeds", "2", "a number from 0 to 1"),
        ("name=[1", None, "[1", "a YAML value"),
    ],
)
def test_wrong_overrides(option: str, key: str | None, got: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({**SMALL, "seeds": ["b.yaml"]}, [option])
    assert (caught.value.key, caught.value.got) == (key, got)
    assert expected in str(caught.value.expected)


def test_a_bad_value_of_an_override_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("model: cnn\nevolution:\n  evaluations: 5\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, ["evolution.evaluations=many"])
    assert caught.value.file == "--set evolution.evaluations=many"
    assert caught.value.line is None
    assert caught.value.key == "evolution.evaluations"


_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    [
        "1e3",
        "yes",
        "no",
        "on",
        "null",
        "~",
        "0x1f",
        "1_000",
        "1:30",
        ".inf",
        "true",
        "2026-01-02",
        "-",
        "<<",
        "=",
        "4e-5",
    ]
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _texts
_values = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3))


@given(_values)
def test_yaml_reads_back_what_it_wrote(value: Any) -> None:
    for flow in (False, True):
        assert parse_document(format_document(value, flow=flow), ConfigError).content == value


@given(
    name=st.from_regex(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,8}\Z"),
    seed=st.integers(0, 2**63),
    crossover=st.floats(0, 1),
    limits=st.dictionaries(_texts, st.floats(1e-300, 1e300), max_size=2),
    space=st.dictionaries(_texts, _values, max_size=3),
    seeds=st.lists(_texts, max_size=3),
    weights=st.none() | st.dictionaries(st.integers(0, 9), st.floats(0, 9), min_size=1, max_size=3),
)
def test_a_dumped_configuration_loads_back_equal(
    name: str,
    seed: int,
    crossover: float,
    limits: dict[str, float],
    space: dict[str, Any],
    seeds: list[str],
    weights: dict[int, float] | None,
) -> None:
    config = RunConfig.model_validate(
        {
            "name": name,
            "seed": seed,
            "model": "dense",
            "space": space,
            "seeds": seeds,
            "evolution": {"generations": 3, "crossover": crossover, "limits": limits},
            "training": {"class_weights": weights or "balanced"},
        }
    )
    assert parse_config(parse_document(dump_config(config), ConfigError).content) == config
