"""The model card: what a network is, what it was trained on, how good it is, and how far to trust that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from evonas.config import RunConfig
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult, Individual

__all__ = ["model_card"]


def model_card(
    store: LineageStore,
    config: RunConfig,
    individual: Individual,
    result: EvaluationResult,
    *,
    has_model: bool,
    use: str | None = None,
) -> str:
    """Return a model card in Markdown (Mitchell et al. 2019, doi:10.1145/3287560.3287596).

    Args:
        store: the lineage.
        config: the run's configuration.
        individual: the individual.
        result: its evaluation.
        has_model: whether there is a trained model beside the card.
        use: how to use that model; None for ``model.keras``.
    """
    run = store.run
    finals = [event.data for event in store.events("final") if event.data["individual"] == individual.number]
    sections = [
        f"# {run.name}, individual {individual.number}",
        f"A network of the family `{individual.genome.family or config.evaluator}`, found by an evolutionary search "
        f"with evonas {run.versions.get('evonas', '')}. Genome `{individual.genome.id}`.",
        "## Use\n\n"
        + ((use or _USE) if has_model else "There is no model file; `genome.yaml` holds the network and its training."),
        "## Data\n\n" + _data(config),
        "## Costs\n\n" + _table({name: f"{value:,.0f}" for name, value in individual.costs.items()}),
        "## Figures on the validation part\n\nThe search chose by these, so they are optimistic.\n\n"
        + _table({name: f"{value:.6g}" for name, value in result.metrics.items()}),
        "## Figures on the test part\n\n" + _finals(finals),
        f"## Training\n\n{result.epochs} epochs from seed {result.seed}, {result.seconds:.1f} s on {result.device}.",
        "## Where it came from\n\n" + _ancestry(store, individual),
        "## Genes\n\n```json\n" + json.dumps(individual.genome.genes, indent=2) + "\n```",
    ]
    return "\n\n".join(sections) + "\n"


_USE = """```python
import json

import keras

import numpy as np

model = keras.saving.load_model("model.keras")
inputs = json.load(open("inputs.json"))
scores = model.predict((events - np.array(inputs["shift"])) / np.array(inputs["scale"]))  # events as they were read
```

`inputs.json` holds the shape of an event, the constants that its features or channels are shifted and scaled with
(fitted on the training part), and the names of inputs and classes, in the order of the network's."""


def _data(config: RunConfig) -> str:
    if config.model is None:
        return f"Known to `{config.evaluator}` alone."
    split = config.data.split
    return (
        f"Source `{config.data.source}`, options `{json.dumps(config.data.options)}`; {split.validation:.0%} for "
        f"validation, {split.test:.0%} for test (0 where the source brings its own), split seed {split.seed}."
    )


def _table(rows: dict[str, str]) -> str:
    if not rows:
        return "Not known."
    return "\n".join(
        ["| figure | value |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows.items())]
    )


def _finals(finals: Sequence[Mapping[str, Any]]) -> str:
    if not finals:
        return "Not measured yet: `evonas evaluate` retrains from scratch with several seeds and scores the test part."
    latest = finals[-1]
    rows = latest["table"]
    shown = {
        name: f"{mean:.6g}" if error is None else f"{mean:.6g} +- {error:.2g}" for name, (mean, error) in rows.items()
    }
    return f"Retrained from scratch with seeds {latest['seeds']}; mean and its standard error.\n\n" + _table(shown)


def _ancestry(store: LineageStore, individual: Individual) -> str:
    lines = []
    current: Individual | None = individual
    while current is not None:
        birth = current.birth
        changes = "; ".join(f"{one.gene} {one.kind}" for one in birth.changes)
        lines.append(f"- {current.number}: {' '.join(birth.operators)}" + (f" ({changes})" if changes else ""))
        primary = birth.primary
        if primary is not None and (primary.run is not None or primary.number is None):
            lines.append(f"- seed: {primary.source or primary.run}")
        inside = primary is not None and primary.run is None and primary.number is not None
        current = store.individual(primary.number) if inside and primary and primary.number is not None else None
    return "\n".join(lines)
