"""What happened as tables: evaluations, the Pareto front, rungs, operators, forecasts, repeats, families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evonas.lineage import Scored
from evonas.report.analysis.forecasts import Forecast
from evonas.report.analysis.genes import GeneTable
from evonas.report.analysis.noise import Repeated
from evonas.report.analysis.progress import best_so_far, epochs_spent
from evonas.report.analysis.rungs import rungs
from evonas.report.analysis.table import Table
from evonas.report.ancestry import FamilyTree
from evonas.report.history import RunHistory

__all__ = [
    "evaluation_table",
    "family_table",
    "forecast_table",
    "front_table",
    "gene_and_value_table",
    "hypervolume_table",
    "mix_table",
    "repeat_table",
    "rung_table",
]


def evaluation_table(history: RunHistory) -> Table:
    """Return an evaluation a row, with its birth, its end, its objectives and the best so far."""
    found = history.evaluations
    values = {goal.metric: [goal.value(one.individual, one.result) for one in found] for goal in history.goals}
    best = {f"best {goal.metric} so far": best_so_far(found, goal) for goal in history.goals}
    columns: dict[str, Sequence[Any]] = {
        "evaluation": [one.order for one in found],
        "individual": [one.individual.number for one in found],
        "generation": [one.individual.birth.generation for one in found],
        "operators": [" ".join(one.individual.birth.operators) for one in found],
        "status": [one.result.status.value for one in found],
        "rung": [one.result.rung for one in found],
        "repeat": [one.repeat for one in found],
        "epochs": [one.trained + one.result.epochs for one in found],
        "epochs of all so far": epochs_spent(found),
        "wall time (s)": [one.result.seconds for one in found],
        "answered by": [one.result.answered_by for one in found],
    }
    return Table("evaluations", {**columns, **values, **best})


def front_table(history: RunHistory, ordered: Sequence[Scored], front: Sequence[Scored]) -> Table:
    """Return an individual a row: its objectives, their standard errors, and whether it is on the Pareto front."""
    chosen = {one.individual.number for one in front}
    columns: dict[str, list[object]] = {
        "individual": [one.individual.number for one in ordered],
        "on the front": [one.individual.number in chosen for one in ordered],
        "violation": [one.violation for one in ordered],
        "trainings": [one.trainings for one in ordered],
    }
    for at, goal in enumerate(history.goals):
        columns[goal.metric] = [one.values[at] for one in ordered]
        columns[f"standard error of {goal.metric}"] = [one.errors[at] if one.errors else None for one in ordered]
    return Table("pareto", columns)


def hypervolume_table(trace: Sequence[float]) -> Table:
    """Return an evaluation a row."""
    return Table("hypervolume", {"evaluation": range(1, len(trace) + 1), "hypervolume (share of the box)": trace})


def rung_table(history: RunHistory) -> Table:
    """Return an individual a row, with its value at each rung that it completed; repeats do not count."""
    goal, steps = history.goals[0], rungs(history.evaluations)
    values: dict[int, dict[int, float]] = {}
    for one in history.evaluations:
        value = goal.value(one.individual, one.result)
        if value is not None and one.repeat == 0:
            values.setdefault(one.individual.number, {})[one.result.rung] = value
    who = sorted(values)
    named = {f"{goal.metric} at rung {step.rung} ({step.epochs} epochs)": step.rung for step in steps}
    columns = {name: [values[number].get(rung) for number in who] for name, rung in named.items()}
    return Table("rungs", {"individual": who, **columns})


def mix_table(shares: Mapping[str, Sequence[float]]) -> Table:
    """Return a birth a row: the share of each operator among the births that it looks back on."""
    births = max((len(trace) for trace in shares.values()), default=0)
    return Table("operator-mix", {"birth": range(births), **{f"share of {name}": shares[name] for name in shares}})


def forecast_table(found: Sequence[Forecast]) -> Table:
    """Return a forecast a row."""
    return Table(
        "forecasts",
        {
            "individual": [one.individual for one in found],
            "predicted": [one.mean for one in found],
            "predicted standard deviation": [one.sd for one in found],
            "measured": [one.value for one in found],
        },
    )


def repeat_table(found: Sequence[Repeated]) -> Table:
    """Return a training a row."""
    rows = [(one, at) for one in found for at in range(len(one.values))]
    return Table(
        "repeats",
        {
            "individual": [one.individual for one, _ in rows],
            "training": [at for _, at in rows],
            "value": [one.values[at] for one, at in rows],
            "mean": [one.mean for one, _ in rows],
            "standard error": [one.error for one, _ in rows],
        },
    )


def gene_and_value_table(name: str, genes: GeneTable, history: RunHistory, ordered: Sequence[Scored]) -> Table:
    """Return an individual a row, in order of birth: its first objective and its genes.

    Args:
        name: of the table.
        genes: of all individuals.
        history: the run.
        ordered: individuals with a value.
    """
    chosen = sorted(ordered, key=lambda one: one.individual.number)
    own = genes.rows([one.individual.number for one in chosen])
    columns = {column.name: column.values for column in own.columns if column.varies}
    return Table(
        name,
        {"individual": own.numbers, history.goals[0].metric: [one.value for one in chosen], **columns},
    )


def family_table(tree: FamilyTree, values: Mapping[int, float]) -> Table:
    """Return a parent and its child a row, with what the child changed in its primary parent."""
    numbers = {member.key: member.individual.number for member in tree.members if member.individual is not None}
    return Table(
        "family-tree",
        {
            "parent": [one.parent for one in tree.kinships],
            "child": [one.child for one in tree.kinships],
            "role": [one.role for one in tree.kinships],
            "value of the child": [values.get(numbers.get(one.child, -1)) for one in tree.kinships],
            "changes": ["; ".join(f"{change.gene} {change.kind}" for change in one.changes) for one in tree.kinships],
        },
    )
