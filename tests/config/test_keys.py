"""The schema in words, as JSON schema, and as a template."""

import jsonschema
import pytest
import yaml

from evonas.config import config_schema, configuration_keys, parse_config, template
from evonas.documents import parse_document
from evonas.errors import ConfigError

SPACE = {"x": {"float": [0.0, 1.0]}, "layers": {"repeat": {"units": {"int": [1, 9]}}, "length": [1, 3]}}


def test_every_key_is_documented() -> None:
    keys = list(configuration_keys())
    assert len(keys) == len({key.path for key in keys})
    assert {"evolution.objectives.*.metric", "data.split.seed", "evaluation.slots"} <= {key.name for key in keys}
    for key in keys:
        assert key.text.endswith("."), key.name
        assert key.expected, key.name
    assert [key.name for key in keys if key.required] == ["evolution", "evolution.objectives.*.metric"]


def test_the_json_schema_accepts_what_the_loader_accepts() -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {
        "model": "cnn",
        "evolution": {"evaluations": 5, "objectives": ["auc", {"metric": "parameters"}]},
        "evaluation": {"memory_limit": "4 GiB", "devices": ["cpu"], "slots": 2},
    }
    parse_config(good)
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError, match="popluation"):
        jsonschema.validate({**good, "popluation": 3}, schema)


def test_the_schema_cannot_be_changed_by_its_reader() -> None:
    config_schema()["properties"] = {}
    assert config_schema()["properties"]


@pytest.mark.parametrize(
    "text",
    [
        template("cnn"),
        template("dense", space=SPACE),
        template(evaluator="toy:f"),
        template(evaluator="toy:f", space=SPACE),
    ],
    ids=["cnn", "dense", "callable", "callable-with-space"],
)
def test_a_template_loads_and_names_every_key(text: str) -> None:
    config = parse_config(parse_document(text, ConfigError).content)
    assert config.evolution.evaluations == 100
    assert (config.model is None) != (config.evaluator is None)
    bare = [row.strip().removeprefix("# ") for row in text.splitlines()]
    for key in configuration_keys():
        if "*" not in key.path:
            assert any(row.startswith(f"{key.path[-1]}:") for row in bare), key.name
    assert max(map(len, text.splitlines())) <= 140


def test_a_template_says_the_defaults() -> None:
    config = parse_config(parse_document(template("cnn"), ConfigError).content)
    assert config == parse_config({"model": "cnn", "evolution": {"evaluations": 100}})


def test_the_familys_space_can_be_uncommented() -> None:
    text = template("dense", space=SPACE)
    start = text.index("# The family's own space:")
    block = text[start:].splitlines()[1:]
    rows = [row.removeprefix("# ") for row in block[: block.index("space: {}")]]
    assert yaml.safe_load("\n".join(rows)) == SPACE
