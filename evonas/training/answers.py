"""What a network answers about the events of a part: once, or after each epoch of its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training import keras_compat
from evonas.training.backend import backend_name
from evonas.training.batches import shared_tensor
from evonas.training.data import Part
from evonas.training.heads import Heads, Scored, columns_of

__all__ = ["EVALUATION_BATCH", "asked_again", "predict", "scored"]

EVALUATION_BATCH = 512
"""Events scored at once."""

_EAGER_BATCHES = 8  # up to so many batches are scored without tracing a graph for them first, which takes longer

Answers = dict[str, NDArray[np.float64]]


def predict(model: Any, part: Part, heads: Heads) -> Answers:
    """Return the network's answers by head: (events, classes) probabilities, or (events, outputs) quantities.

    Args:
        model: a trained network.
        part: the events.
        heads: what the network answers.
    """
    few = len(part) <= _EAGER_BATCHES * EVALUATION_BATCH
    if part.rows is None and not (few and backend_name() == "tensorflow"):
        return _by_head(model.predict(shared_tensor(part.inputs), batch_size=EVALUATION_BATCH, verbose=0), heads)
    if few and backend_name() == "tensorflow":  # a graph would take longer to trace than to use
        return _in_pieces(lambda events: model(events, training=False), part, heads)
    return _in_pieces(lambda events: keras_compat.predict_on_batch(model, events), part, heads)


def asked_again(model: Any, part: Part, heads: Heads) -> Callable[[], Answers]:
    """Return a function that answers as :func:`predict` does, for a network that is asked after every epoch.

    TensorFlow traces one graph for all times. It draws no random number, and leaves the network and what Keras has
    traced of it alone: a training does not notice that its network is asked.

    Args:
        model: a network in training.
        part: the events.
        heads: what the network answers.
    """
    if backend_name() != "tensorflow":
        return lambda: predict(model, part, heads)
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *part.inputs.shape[1:]), part.inputs.dtype)]
    graph = tf.function(lambda events: model(events, training=False), input_signature=signature, autograph=False)
    return lambda: _in_pieces(graph, part, heads)


def scored(answers: Answers, part: Part, heads: Heads, facts: Mapping[str, Any]) -> Scored:
    """Return answers beside the truth, for metrics.

    Args:
        answers: of the network about the part.
        part: the events.
        heads: what the network answers.
        facts: what else is known of the data.
    """
    return Scored(tuple(heads), columns_of(heads, part.targets), answers, part.events, facts)


def _in_pieces(answer: Callable[[NDArray[Any]], Any], part: Part, heads: Heads) -> Answers:
    pieces = [
        _by_head(answer(np.asarray(part.gather(start, min(start + EVALUATION_BATCH, len(part))))), heads)
        for start in range(0, len(part), EVALUATION_BATCH)
    ]
    return {head.name: np.concatenate([piece[head.name] for piece in pieces]) for head in heads}


def _by_head(answers: Any, heads: Heads) -> Answers:
    named = answers if isinstance(answers, Mapping) else {heads[0].name: answers}
    return {head.name: np.asarray(keras_compat.to_numpy(named[head.name]), np.float64) for head in heads}
