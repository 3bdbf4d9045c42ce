"""THE QUESTION: what a run searches, in a YAML file that is checked key by key."""

from evonas.config.errors import located
from evonas.config.keys import Key, config_schema, configuration_keys
from evonas.config.loading import dump_config, load_config, parse_config
from evonas.config.schema import (
    DataConfig,
    EvaluationConfig,
    EvolutionConfig,
    Objective,
    RunConfig,
    SearchConfig,
    SplitConfig,
    TrainingConfig,
)
from evonas.config.template import template
from evonas.directions import MINIMISED

__all__ = [
    "MINIMISED",
    "DataConfig",
    "EvaluationConfig",
    "EvolutionConfig",
    "Key",
    "Objective",
    "RunConfig",
    "SearchConfig",
    "SplitConfig",
    "TrainingConfig",
    "config_schema",
    "configuration_keys",
    "dump_config",
    "load_config",
    "located",
    "parse_config",
    "template",
]
