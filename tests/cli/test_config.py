"""`evonas config`."""

import json
from pathlib import Path

import jsonschema
import pytest

from evonas.config import load_config
from evonas.documents import read_document
from evonas.errors import ConfigError


def test_validate(evonas, write, dense, toy):
    for settings in (dense(), toy()):
        config = write(settings)
        evonas("config", "validate", config).worked(f"{config}: a valid configuration")
    evonas("config", "validate", config, "--set", "evolution.population=1").refused(11, "--set evolution.population=1")


@pytest.mark.parametrize("model", ["cnn", "dense"])
def test_init_writes_a_valid_configuration(here, evonas, model):
    evonas("config", "init", "new.yaml", "--model", model).worked("wrote new.yaml", "evonas evolve new.yaml")
    evonas("config", "validate", "new.yaml").worked()
    assert load_config("new.yaml").model == model
    assert evonas("config", "init", "--model", model).worked().out == Path("new.yaml").read_text()
    before = Path("new.yaml").read_bytes()
    evonas("config", "init", "new.yaml").refused(20, "new.yaml: the file exists", "name another")
    assert Path("new.yaml").read_bytes() == before


def test_schema_accepts_what_evonas_accepts(here, evonas, write, dense):
    schema = json.loads(evonas("config", "schema").worked().out)
    content = read_document(write(dense()), ConfigError).content
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError, match="popluation"):
        jsonschema.validate(content | {"popluation": 3}, schema)
