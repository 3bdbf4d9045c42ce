"""What an export for CTLearn says about itself: README.md, predict.sh, and how to use the models."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.export.ctlearn_settings import Network
from evonas.records import Individual

__all__ = ["USE", "Training", "predict_script", "readme"]

_WIDTH = 100

USE = """`predict.sh INPUT.dl1.h5 OUTPUT.dl2.h5` runs CTLearn's own command with the models beside this card;
`README.md` says more, and what the columns of the DL2 file hold. The models take images as `DLImageReader` gives them
with the settings of `predict.yaml`."""


@dataclass(frozen=True)
class Training:
    """A configuration of ``ctlearn-train-model``.

    Attributes:
        tasks: what it trains.
        file: its name.
        network: what it trains.
        script: name of the Python configuration beside it; None for none.
        lost: what CTLearn does differently from the run, a sentence each.
        linked: whether it reads the events through links in the export's folder.
    """

    tasks: tuple[str, ...]
    file: str
    network: Network
    script: str | None
    lost: tuple[str, ...]
    linked: bool


def predict_script(mode: str, models: Mapping[str, Path]) -> str:
    """Return the shell script that predicts with the models.

    Args:
        mode: ``mono`` or ``stereo``.
        models: task to file.
    """
    options = [f'--{task}_model "$here/{path.name}"' for task, path in _used(mode, models).items()]
    lines = [
        f"exec ctlearn-predict-{mode}-model",
        '--config "$here/predict.yaml"',
        '--input_url "$input"',
        *options,
        '--output "$output"',
        '"$@"',
    ]
    return (
        "#!/bin/sh\n"
        f"# predict.sh INPUT.dl1.h5 OUTPUT.dl2.h5 [further options of ctlearn-predict-{mode}-model]\n"
        "set -eu\n"
        'here=$(cd "$(dirname "$0")" && pwd)\n'
        "input=$1 output=$2\n"
        "shift 2\n" + " \\\n  ".join(lines) + "\n"
    )


def readme(
    facts: Mapping[str, Any],
    individual: Individual,
    trainings: Sequence[Training],
    models: Mapping[str, Path],
    note: str,
) -> str:
    """Return README.md.

    Args:
        facts: the facts of the data source ``ctlearn``.
        individual: what is exported.
        trainings: the configurations of ``ctlearn-train-model``.
        models: task to file of the trained models; empty for none.
        note: why there are none.
    """
    sections = [
        f"# Individual {individual.number}, for CTLearn",
        _filled(
            f"A network for {_listed(facts['tasks'])} from {facts['mode']} images of `{facts['telescope_type']}`. "
            "`MODEL_CARD.md` says how good it is, `genome.yaml` is what evonas reads."
        ),
        _predict_section(facts["mode"], models) if models else _filled(f"There is no trained model: {note}."),
        *([_column_section(facts["mode"])] if "type" in facts["tasks"] else []),
        *[_train_section(training) for training in trainings],
    ]
    return "\n\n".join(sections) + "\n"


def _used(mode: str, models: Mapping[str, Path]) -> dict[str, Path]:
    """Return the models that a predict tool uses: in mono it knows no sky direction, in stereo no camera direction."""
    ignored = "skydirection" if mode == "mono" else "cameradirection"
    return {task: path for task, path in models.items() if task != ignored}


def _predict_section(mode: str, models: Mapping[str, Path]) -> str:
    used = _used(mode, models)
    options = "".join(f" \\\n  --{task}_model {path.name}" for task, path in used.items())
    command = (
        "## Predict\n\n```sh\n"
        f"ctlearn-predict-{mode}-model --config predict.yaml --input_url INPUT.dl1.h5{options} \\\n"
        "  --output OUTPUT.dl2.h5\n```"
    )
    text = _filled(
        "or `./predict.sh INPUT.dl1.h5 OUTPUT.dl2.h5`. `predict.yaml` reads images as in training; with other "
        "channels, mapping or cuts the answers mean nothing. A file with fewer events than a batch needs a smaller "
        f"`--PredictCTLearnModel.batch_size`. The models were written with {_keras_of(models)}: CTLearn needs the same."
    )
    unused = [
        _filled(f"`ctlearn-predict-{mode}-model` takes no model for `{task}`: `{path.name}` is for your own use.")
        for task, path in models.items()
        if task not in used
    ]
    return "\n\n".join([command, text, *unused])


def _keras_of(models: Mapping[str, Path]) -> str:
    return "Keras 3" if any(path.suffix == ".keras" for path in models.values()) else "Keras 2"


def _column_section(mode: str) -> str:
    column = "CTLearn_tel_prediction" if mode == "mono" else "CTLearn_prediction"
    text = _filled(
        "The models answer as those of `ctlearn-train-model` do: class 0 is background, class 1 signal. **CTLearn up "
        f"to 0.10.2 stores the probability of class 0, background, as `{column}`**, although ctapipe means gammaness "
        f"by this column. With these versions gammaness is `1 - {column}`. Versions from 0.10.3 on store gammaness "
        "under the name of their classifier, of these models too. `evonas metrics` finds out from the events of gamma "
        "and proton files which of the two a column is."
    )
    return f"## What `{column}` is\n\n{text}"


def _train_section(training: Training) -> str:
    tasks = _listed(training.tasks)
    command = f"## Train `{training.file}`\n\n```sh\nctlearn-train-model --config {training.file} --output OUT\n```"
    text = (
        f"trains the network from scratch for {tasks}. {_network_text(training)} Paths in the file are absolute: "
        "change them where folders have moved."
    )
    if training.linked:
        text += " The events lie in several folders; `events/` holds links to them."
    sections = [command, _filled(text)]
    if training.lost:
        sections += ["CTLearn does not train quite as the run did:", "\n".join(map(_item, training.lost))]
    return "\n\n".join(sections)


def _network_text(training: Training) -> str:
    if training.network.native:
        return f"CTLearn's own `{training.network.type}` builds it; evonas need not be installed."
    file = Path(training.network.traits["load_model_from"]).name
    text = (
        f"No class of CTLearn's builds this network, so it is loaded from `{file}`, which holds fresh weights; evonas "
        "need not be installed."
    )
    if training.script:
        text += f" `--config {training.script}` instead builds it with evonas, in any version of Keras."
    return text


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return textwrap.indent(_filled(text), "  ").replace("  ", "- ", 1)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
