"""A line and an ablation as rows: short for people, complete for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from evonas.explain.changes import Inherited
from evonas.explain.descent import Descent, Step
from evonas.explain.noise import Estimate
from evonas.explain.ranking import Ablation, Worth
from evonas.explain.words import (
    ablation_words,
    change_words,
    descent_words,
    fate_words,
    gain_words,
    genes_words,
    measured,
    p_value,
    verdict,
)
from evonas.genome import thaw
from evonas.report.formats import DASH, count

__all__ = ["ablation_rows", "birth_rows", "document", "full_ablation_rows", "full_birth_rows"]

_CHANGES = 6  # of one birth, in a table for people


def birth_rows(descent: Descent) -> list[dict[str, Any]]:
    """Return a row a birth for people, founder first."""
    metric = descent.goal.metric
    rungs = len({step.fitness.rung for step in descent.steps if step.fitness is not None}) > 1
    rows = []
    for step in descent.steps:
        error = None if step.fitness is None else step.fitness.error
        rows.append(
            {
                "individual": step.individual.number,
                metric: measured(None if step.fitness is None else step.fitness.value, error),
                **({"rung": None if step.fitness is None else step.fitness.rung} if rungs else {}),
                "step": "" if step is descent.steps[0] else measured(step.size, step.error, signed=True),
                "verdict": verdict(step, maximise=descent.goal.maximise),
                "changed": _changed(step),
            }
        )
    return rows


def full_birth_rows(descent: Descent) -> list[dict[str, Any]]:
    """Return a row a birth for programs, founder first: plain columns, unrounded."""
    return [
        {
            "individual": step.individual.number,
            "parent": None if not at else descent.steps[at - 1].individual.number,
            "generation": step.individual.birth.generation,
            "operators": " ".join(step.individual.birth.operators),
            "metric": descent.goal.metric,
            **_fitness(step.fitness),
            "step": step.size,
            "step_error": step.error,
            "step_rung": None if step.after is None else step.after.rung,
            "p_holm": step.p,
            "verdict": verdict(step, maximise=descent.goal.maximise),
            "changes": "; ".join(f"{genes_words(one.genes)} [{fate_words(one)}]" for one in step.changes),
        }
        for at, step in enumerate(descent.steps)
    ]


def ablation_rows(found: Ablation) -> list[dict[str, Any]]:
    """Return a row a change for people, the one that is worth most first."""
    worth = f"worth ({found.metric}, {found.part})"
    return [
        {
            "from": row.birth,
            worth: measured(row.worth, row.error, signed=True),
            "p": p_value(row.corrected),
            "pairs": f"{row.pairs}/{len(found.seeds)}" if row.genome else DASH,
            "verdict": gain_words(row),
            "change": genes_words(row.genes) + (f" (and {len(row.along)} that follow)" if row.along else ""),
        }
        for row in found.rows
    ]


def full_ablation_rows(found: Ablation) -> list[dict[str, Any]]:
    """Return a row a change for programs: plain columns, unrounded."""
    return [
        {
            "change": "; ".join(change_words(gene) for gene in row.genes),
            "kind": row.kind,
            "birth": row.birth,
            "metric": found.metric,
            "part": found.part,
            "with": found.value,
            "without": row.value,
            "worth": row.worth,
            "worth_error": row.error,
            "pairs": row.pairs,
            "p": row.p,
            "p_holm": row.corrected,
            "verdict": gain_words(row) if row.genome else "impossible",
            "reason": row.reason,
            "genome": row.genome,
        }
        for row in found.rows
    ]


def document(descent: Descent, found: Ablation | None) -> dict[str, Any]:
    """Return everything as plain JSON values."""
    noise = descent.noise
    return {
        "run": descent.history.run.name,
        "run_id": descent.history.run.id,
        "individual": descent.winner.number,
        "metric": descent.goal.metric,
        "maximise": descent.goal.maximise,
        "noise": {
            "deviation": noise.deviation if noise.known else None,
            "degrees_of_freedom": noise.freedom,
            "individuals": noise.individuals,
            "source": noise.source or None,
            "exact": noise.exact,
        },
        "births": [
            {**row, "changes": [_inherited(one) for one in step.changes]}
            for row, step in zip(full_birth_rows(descent), descent.steps, strict=True)
        ],
        "ablation": None if found is None else {**found.to_dict(), "rows": [_worth(row) for row in found.rows]},
        "words": [descent_words(descent), *([] if found is None else [ablation_words(found)])],
    }


def _changed(step: Step) -> str:
    if not step.changes:
        return " ".join(step.individual.birth.operators)
    told = step.telling
    shown = [
        genes_words(one.genes) + ("" if one.fate == "kept" else f" ({fate_words(one)})") for one in told[:_CHANGES]
    ]
    more, follow = len(told) - len(shown), len(step.changes) - len(told)
    rest = [f"and {more} more"] if more else []
    rest += (
        [f"({count(follow, 'gene')} computed from others {'follows' if follow == 1 else 'follow'})"] if follow else []
    )
    return "\n".join([*shown, *rest])


def _fitness(fitness: Estimate | None) -> dict[str, Any]:
    names = {
        "value": "fitness",
        "error": "fitness_error",
        "source": "error_from",
        "trainings": "trainings",
        "rung": "rung",
    }
    return {name: None if fitness is None else getattr(fitness, key) for key, name in names.items()}


def _inherited(change: Inherited) -> dict[str, Any]:
    values: dict[str, Any] = thaw(asdict(change))
    return values


def _worth(row: Worth) -> dict[str, Any]:
    values: dict[str, Any] = thaw(asdict(row))
    return {**values, "verdict": gain_words(row) if row.genome else "impossible"}
