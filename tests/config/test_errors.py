"""Each kind of mistake is answered with file, line, key, got, expected and the next step."""

from pathlib import Path
from typing import Any

import pytest

from evonas.config import RunConfig, load_config, located, parse_config
from evonas.errors import ConfigError, SpaceError

HEAD = "model: cnn\nevolution:\n  evaluations: 5\n"


def wrong(tmp_path: Path, text: str) -> ConfigError:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.file == str(path)
    assert caught.value.exit_code == 11
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "key", "got", "message", "expected", "hint"),
    [
        (
            HEAD + "  popluation: 3\n",
            4,
            "evolution.popluation",
            3,
            "unknown key",
            "one of objectives, ",
            "`evolution.population`?",
        ),
        (
            HEAD + "population: 3\n",
            4,
            "population",
            3,
            "unknown key",
            "one of name, ",
            "its place is `evolution.population`",
        ),
        (HEAD + "zzz: 3\n", 4, "zzz", 3, "unknown key", "one of name, ", None),
        (
            HEAD + "  objectives:\n  - {metic: auc, metric: auc}\n",
            5,
            "evolution.objectives.0.metic",
            "auc",
            "unknown key",
            "metric",
            "metric",
        ),
        (
            HEAD + "  population: many\n",
            4,
            "evolution.population",
            "many",
            "wrong type",
            "a whole number of at least 2",
            None,
        ),
        (
            HEAD + "  population: 2.5\n",
            4,
            "evolution.population",
            2.5,
            "wrong type",
            "a whole number of at least 2",
            None,
        ),
        (HEAD + "  elitism: true\n", 4, "evolution.elitism", True, "wrong type", "a whole number of at least 0", None),
        (HEAD + "  crossover: 1.5\n", 4, "evolution.crossover", 1.5, "out of range", "at most 1", None),
        (
            HEAD + "  mutations: {mutate_one: -1}\n",
            4,
            "evolution.mutations.mutate_one",
            -1,
            "out of range",
            "of at least 0",
            None,
        ),
        (HEAD + "  mode: quick\n", 4, "evolution.mode", "quick", "not one of", "`steady` or `generational`", None),
        (HEAD + "  objectives: []\n", 4, "evolution.objectives", [], "too few", "one item at least", None),
        (HEAD + "  objectives: [auc, 3]\n", 4, "evolution.objectives.1", 3, "wrong type", "text or a mapping", None),
        (HEAD + "  objectives: [auc, auc]\n", 2, "evolution", None, "twice: auc, auc", "once", None),
        (
            HEAD + "  wall_time: .inf\n",
            4,
            "evolution.wall_time",
            float("inf"),
            "not finite",
            "a number greater than 0",
            None,
        ),
        (HEAD + "data:\n", 4, "data", None, "wrong type", "a mapping with keys among source", "leave the key out"),
        (HEAD + "data: mnist\n", 4, "data", "mnist", "wrong type", "a mapping with keys among source", None),
        (HEAD + "seeds: a.yaml\n", 4, "seeds", "a.yaml", "wrong type", "a list, each item text", None),
        (
            HEAD + "evaluation: {slots: many}\n",
            4,
            "evaluation.slots",
            "many",
            "wrong value",
            "`auto` or a whole number",
            None,
        ),
        (HEAD + "evaluation: {slots: 0}\n", 4, "evaluation.slots", 0, "wrong value", "`auto` or a whole number", None),
        (HEAD + "evaluation:\n  devices:\n  - cpu\n  - 1\n", 7, "evaluation.devices.1", 1, "wrong type", "text", None),
        (
            HEAD + "evaluation: {memory_limit: 4 apples}\n",
            4,
            "evaluation.memory_limit",
            "4 apples",
            "not a memory size",
            "`4 GiB`",
            None,
        ),
        (
            HEAD + "training: {class_weights: {a: 1}}\n",
            4,
            "training.class_weights.a",
            "a",
            "wrong type",
            "a number",
            None,
        ),
        (HEAD + "name: my run\n", 4, "name", "my run", "not of the form", "text like `run`", None),
        (
            HEAD + "data: {split: {validation: 0.5, test: 0.5}}\n",
            4,
            "data.split",
            None,
            "leaves nothing",
            "below 1",
            None,
        ),
        (
            "model: cnn\n",
            1,
            "evolution",
            None,
            "the key is missing",
            "a mapping",
            "add `evolution: {evaluations: 100}`",
        ),
        (
            "model: cnn\nevolution:\n  mode: steady\n",
            2,
            "evolution",
            None,
            "has no end",
            "evaluations",
            "evaluations: 100",
        ),
        ("evolution: {evaluations: 5}\n", 1, None, None, "neither `model` nor", "either `model`", None),
        (HEAD + "evaluator: a:b\n", 1, None, None, "both `model` and", "either `model`", None),
        (
            "evaluator: a.py\nevolution: {evaluations: 5}\n",
            1,
            "evaluator",
            "a.py",
            "not of the form",
            "package.module:function",
            None,
        ),
        ("evaluator: a:b\nevolution: {evaluations: 5}\n", 1, None, None, "needs a `space`", "genes", None),
        (HEAD + "model: dense\n", 4, "model", None, "stands here twice", None, "keep one"),
        (HEAD + "  evaluations: 7\n", 4, "evolution.evaluations", None, "stands here twice", None, "keep one"),
        (HEAD + "space: [\n", 5, None, None, "not valid YAML", None, "indentation"),
        (HEAD + "space: !!python/name:os.system {}\n", 4, None, None, "not valid YAML", None, None),
        (HEAD + "space: {? [a, b] : 1}\n", 4, "space", None, "a key is a word", None, None),
        (HEAD + "space: &x\n  y: *x\n", 4, "space.y", None, "refers to what it stands in", None, None),
        ("- 1\n", 1, None, [1], "a configuration is a mapping", "name, seed", None),
        ("", None, None, None, "is empty", "evolution", "evonas config init"),
    ],
)
def test_a_mistake_is_explained(
    tmp_path: Path,
    text: str,
    line: int | None,
    key: str | None,
    got: Any,
    message: str,
    expected: str | None,
    hint: str | None,
) -> None:
    error = wrong(tmp_path, text)
    assert (error.line, error.key) == (line, key), str(error)
    assert message in error.message
    if got is not None:
        assert error.got == got
    assert expected is None or expected in str(error.expected), str(error)
    assert hint is None or hint in str(error.hint), str(error)


def test_the_whole_message_is_readable(tmp_path: Path) -> None:
    error = wrong(tmp_path, HEAD + "  mode: quick\n")
    assert str(error) == (
        f"{tmp_path / 'run.yaml'}:4: evolution.mode: not one of the choices\n"
        "  got:      'quick'\n"
        "  expected: `steady` or `generational`"
    )


def test_unknown_keys_come_first_and_the_rest_is_listed(tmp_path: Path) -> None:
    error = wrong(tmp_path, "modle: cnn\nseed: -1\nevolution: {evaluations: x}\n")
    assert error.key == "modle"
    assert error.hint == (
        "did you mean `model`?; "
        "2 further problems: seed (out of range, line 2), evolution.evaluations (wrong type, line 3)"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load_config(tmp_path / "none.yaml")
    assert caught.value.file == str(tmp_path / "none.yaml")


def test_a_folder_or_a_binary_file_is_not_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "run.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(path)


def test_aliases_of_aliases_are_read_in_no_time(tmp_path: Path) -> None:
    rows = [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 25)]
    text = HEAD + "space:\n  a0: &a0 [1]\n" + "\n".join(rows) + "\nzzz: 1\n"
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="zzz: unknown key"):
        load_config(path)


def test_wrong_objects_of_the_api_are_said_in_words() -> None:
    with pytest.raises(ValueError, match="the search has no end; expected at least one of evaluations"):
        RunConfig.model_validate({"model": "cnn", "evolution": {}})


def test_errors_without_a_file_have_no_place() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"model": "cnn", "evolution": {"evaluations": 0}})
    assert (caught.value.file, caught.value.line, caught.value.key) == (None, None, "evolution.evaluations")


@pytest.mark.parametrize(
    ("key", "prefix", "line", "full"),
    [
        ("stages.filters", ("space",), 6, "space.stages.filters"),
        ("space.stages.filters", ("space",), 6, "space.stages.filters"),
        ("stages[0].kernel", ("space",), 5, "space.stages.0.kernel"),
        ("", ("space",), 4, "space"),
        ("evolution.limits", (), 2, "evolution.limits"),
    ],
)
def test_errors_of_other_rooms_get_file_and_line(
    tmp_path: Path, key: str, prefix: tuple[str, ...], line: int, full: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(HEAD + "space:\n  stages:\n    filters: {int: [9, 1]}\n")
    error = located(SpaceError("impossible", key=key), path, prefix)
    assert (error.file, error.line, error.key) == (str(path), line, full)
    assert located(error, tmp_path / "other.yaml") is error
