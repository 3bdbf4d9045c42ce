"""Networks in the form that CTLearn's own tools load: one file a task, a backbone within, raw images in.

What ``ctlearn.core.model.LoadedModel`` and ``ctlearn.tools.predict_model`` of CTLearn 0.10.2 expect of a file:
an input called ``input``; then one model whose name ends in ``_block``; then the layers of the head. The particle type
answers with a tensor and ends in a layer called ``type``; everything else answers with a mapping from the task. Files
end in ``.keras`` on Keras 3; on Keras 2 they are folders that end in ``.cpk``.
"""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evonas.errors import StorageError
from evonas.genome import Genome
from evonas.training.data import DataSummary, Standardisation, read_summary
from evonas.training.heads import Head, Heads
from evonas.training.keras_compat import keras_major
from evonas.training.settings import Settings

__all__ = ["ctlearn_form", "save_for_ctlearn", "write_trained", "write_untrained"]


def write_trained(
    genome: Genome, settings: Mapping[str, Any], run_dir: Path, weights: Path, to: Path
) -> dict[str, Path]:
    """Write a trained network as one model for each of its tasks.

    Args:
        genome: the genome.
        settings: the evaluator's settings.
        run_dir: the run directory with the prepared arrays.
        weights: the file of its weights.
        to: an existing folder.

    Returns:
        Task name to file (Keras 3) or folder (Keras 2): ``type_model``, ``energy_model``, ...

    Raises:
        GenomeError: if the genome cannot be built.
        StorageError: if the weights cannot be read, or a model cannot be written.
    """
    from evonas.training.retrain import rebuild

    model = rebuild(genome, settings, run_dir, weights)
    summary = _summary(settings, run_dir)
    written = {}
    for head in summary.heads:
        alone = ctlearn_form(model, summary.heads, [head], summary.standardisation)
        written[head.name] = save_for_ctlearn(alone, to, f"{head.name}_model")
    return written


def write_untrained(
    genome: Genome,
    settings: Mapping[str, Any],
    run_dir: Path,
    to: Path,
    *,
    tasks: Sequence[str],
    seed: int,
    name: str = "untrained",
) -> Path:
    """Write the network of a genome with fresh weights, for CTLearn's ``LoadedModel`` to train.

    Args:
        genome: the genome.
        settings: the evaluator's settings.
        run_dir: the run directory with the prepared arrays.
        to: an existing folder.
        tasks: the tasks that it is to answer.
        seed: seed of the weights.
        name: name of the file, without its ending.

    Returns:
        The file (Keras 3) or folder (Keras 2).

    Raises:
        GenomeError: if the genome cannot be built.
        StorageError: if the model cannot be written.
    """
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family

    summary = _summary(settings, run_dir)
    heads = [head for head in summary.heads if head.name in tasks]
    seed_everything(seed)
    model = load_family(Settings.read(settings).family).build(genome, summary.input_shape, heads)
    return save_for_ctlearn(ctlearn_form(model, heads, heads, summary.standardisation), to, name)


def ctlearn_form(model: Any, heads: Heads, wanted: Heads, standardisation: Standardisation | None = None) -> Any:
    """Return a network that answers some of a network's tasks, in the form that CTLearn's tools load.

    Weights are shared with the network given, layers of the heads are copies.

    Args:
        model: the ``keras.Model``, as a model family builds it.
        heads: what it answers.
        wanted: which of them the new network answers; a classification is wanted alone.
        standardisation: what the inputs went through in training; it becomes part of the backbone.

    Returns:
        The ``keras.Model``, not compiled: ``input``, a backbone model whose name ends in ``_block``, and the heads.
    """
    import keras

    entry = keras.Input(model.input_shape[1:], name="input")
    backbone = next((layer for layer in model.layers if layer.name.endswith("_block")), None)
    if backbone is not None:
        features = _standardised(backbone, backbone.name, standardisation)(entry)
        answers = {head.name: _head(model, features, head, alone=len(wanted) == 1) for head in wanted}
    else:
        answers = _whole(model, heads, wanted, entry, standardisation)
    bare = len(wanted) == 1 and wanted[0].classes is not None
    return keras.Model(entry, answers[wanted[0].name] if bare else answers, name="CTLearn_model")


def save_for_ctlearn(model: Any, folder: Path, name: str) -> Path:
    """Write a model as CTLearn's tools read it, whole or not at all.

    Args:
        model: the ``keras.Model``.
        folder: an existing folder.
        name: name of the file, without its ending.

    Returns:
        ``<name>.keras`` (Keras 3), or the folder ``<name>.cpk`` in TensorFlow's format (Keras 2).

    Raises:
        StorageError: if it cannot be written.
    """
    if keras_major() >= 3:
        from evonas.training.retrain import save_keras

        save_keras(model, folder / f"{name}.keras")
        return folder / f"{name}.keras"
    return _save_folder(model, folder / f"{name}.cpk")


def _summary(settings: Mapping[str, Any], run_dir: Path) -> DataSummary:
    return read_summary(Path(run_dir) / Settings.read(settings).cache)


def _standardised(model: Any, name: str, standardisation: Standardisation | None) -> Any:
    """Return the model with the standardisation before it, as one model of that name."""
    import keras

    if standardisation is None:
        return model
    raw = keras.Input(model.input_shape[1:], name="input")
    scale = [1.0 / value for value in standardisation.scale]
    offset = [-shift * factor for shift, factor in zip(standardisation.shift, scale, strict=True)]
    ready = keras.layers.Rescaling(scale, offset, name="standardisation")(raw)
    return keras.Model(raw, model(ready), name=name)


def _head(model: Any, features: Any, head: Head, *, alone: bool) -> Any:
    """Copy the layers of one head behind the features, with the names that CTLearn gives to a task alone."""
    mine = {head.name, f"{head.name}_logits", f"{head.name}_softmax"}
    layers = [layer for layer in model.layers if layer.name in mine or layer.name.startswith(f"fc_{head.name}_")]
    names = {}
    if alone and any(layer.name == f"{head.name}_softmax" for layer in layers):
        names = {head.name: f"{head.name}_logits", f"{head.name}_softmax": head.name}
    answer = features
    for layer in layers:
        copy = type(layer).from_config({**layer.get_config(), "name": names.get(layer.name, layer.name)})
        answer = copy(answer)
        copy.set_weights(layer.get_weights())
    return answer


def _whole(
    model: Any, heads: Heads, wanted: Heads, entry: Any, standardisation: Standardisation | None
) -> dict[str, Any]:
    """Return the answers of a network that has no backbone: all of it becomes one, with a layer for each answer."""
    import keras

    given = model.output if isinstance(model.output, Mapping) else {heads[0].name: model.output}
    tensors = [given[head.name] for head in wanted]
    name = f"{model.name}_block"
    inner = keras.Model(model.input, tensors[0] if len(tensors) == 1 else tensors, name=name)
    found = _standardised(inner, name, standardisation)(entry)
    answers = [found] if len(wanted) == 1 else found
    return {
        head.name: keras.layers.Activation("linear", name=head.name)(answer)
        for head, answer in zip(wanted, answers, strict=True)
    }


def _save_folder(model: Any, folder: Path) -> Path:
    temporary = folder.with_name(f".{folder.stem}.{os.getpid()}.tmp.cpk")
    try:
        with warnings.catch_warnings(), _quiet_tensorflow():
            warnings.simplefilter("ignore")  # TensorFlow's own, about its own format
            model.save(temporary, save_format="tf", include_optimizer=False)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    except OSError as error:
        raise StorageError(f"the network cannot be written: {error}", file=folder, hint="free some space") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


@contextmanager
def _quiet_tensorflow() -> Iterator[None]:
    """Leave out that a network was not compiled."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
