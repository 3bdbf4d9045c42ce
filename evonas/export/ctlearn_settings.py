"""Configurations of CTLearn's tools: what is read, how it becomes images, which network is trained and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.export.ctlearn_events import EventFiles

__all__ = ["COMPONENTS", "Network", "predict_settings", "train_script", "train_settings"]

COMPONENTS = {"ctlearn_cnn": "EvonasCNN", "ctlearn_resnet": "EvonasResNet", "ctlearn_cnn_rnn": "EvonasCNNRNN"}
"""By model family: the component of ``evonas.training.families.ctlearn.components`` that builds its networks."""

_PREDICTION_BATCH = 64  # CTLearn's own


@dataclass(frozen=True)
class Network:
    """What CTLearn trains.

    Attributes:
        type: ``SingleCNN``, ``ResNet`` or ``LoadedModel``.
        traits: name to value.
    """

    type: str
    traits: Mapping[str, Any]

    @property
    def native(self) -> bool:
        """Whether a class of CTLearn's builds the network."""
        return self.type != "LoadedModel"

    @classmethod
    def loaded(cls, file: Path) -> Network:
        """Return a network that CTLearn reads from a file."""
        return cls("LoadedModel", {"load_model_from": str(file), "overwrite_head": False, "trainable_backbone": True})


def train_settings(
    facts: Mapping[str, Any],
    signal: EventFiles,
    background: EventFiles | None,
    tasks: Sequence[str],
    network: Network,
    learning: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the configuration of ``ctlearn-train-model``.

    Args:
        facts: the facts of the data source ``ctlearn``.
        signal: files of class 1.
        background: files of class 0; None for none.
        tasks: what is learned.
        network: what is trained.
        learning: the traits of :func:`~evonas.export.ctlearn_learning.ctlearn_learning`.
    """
    tool: dict[str, Any] = {"input_dir_signal": str(signal.folder), "file_pattern_signal": list(signal.patterns)}
    if background is not None:
        tool |= {"input_dir_background": str(background.folder), "file_pattern_background": list(background.patterns)}
    tool |= {**_loader(facts), "reco_tasks": list(tasks), "model_type": network.type, **learning}
    return {"TrainCTLearnModel": tool, network.type: dict(network.traits), **_reader(facts)}


def predict_settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of ``ctlearn-predict-mono-model`` and ``-stereo-model``: events read as in training."""
    return {"PredictCTLearnModel": {**_loader(facts), "batch_size": _PREDICTION_BATCH}, **_reader(facts)}


def train_script(settings_file: str, component: str) -> str:
    """Return a Python configuration of ``ctlearn-train-model`` that builds the network from its genome.

    Args:
        settings_file: name of the YAML configuration beside it.
        component: a value of :data:`COMPONENTS`.
    """
    return f'''"""As {settings_file}, with the network built from genome.yaml by evonas, which must be installed."""

from pathlib import Path

import yaml
from traitlets.config import Config

import evonas.training.families.ctlearn.components  # CTLearn then knows {component}

here = Path(__file__).resolve().parent
c = get_config()  # noqa: F821
c.merge(Config(yaml.safe_load((here / "{settings_file}").read_text())))
c.TrainCTLearnModel.model_type = "{component}"
c.{component}.genome_file = str(here / "genome.yaml")
'''


def _loader(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dl1dh_reader_type": "DLImageReader",
        "stack_telescope_images": bool(facts["stack"]),
        "sort_by_intensity": bool(facts["sort_by_intensity"]),
    }


def _reader(facts: Mapping[str, Any]) -> dict[str, Any]:
    reader: dict[str, Any] = {
        "mode": facts["mode"],
        "channels": list(facts["channels"]),
        "image_mapper_type": facts["mapper"],
        "allowed_tel_types": [facts["telescope_type"]],
        "allowed_tels": list(facts["tel_ids"]),
        "focal_length_choice": str(facts.get("focal_length_choice", "effective")).upper(),
    }
    if facts["mode"] == "stereo":
        reader["min_telescopes"] = int(facts.get("min_telescopes", 1))
    settings: dict[str, Any] = {
        "DLImageReader": reader,
        "TableQualityQuery": {"quality_criteria": [list(cut) for cut in facts["quality"]]},
    }
    if facts.get("mapper_options"):
        settings[facts["mapper"]] = dict(facts["mapper_options"])
    return settings
