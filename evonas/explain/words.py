"""A line and an ablation in plain words, with what is not significant said as such."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evonas.explain.changes import Inherited
from evonas.explain.descent import Descent, Step
from evonas.explain.noise import Estimate
from evonas.explain.ranking import Ablation, Worth
from evonas.explain.worth import SIGNIFICANT
from evonas.records import GeneChange, Individual
from evonas.report.formats import DASH, MINUS, count, label, number, percent
from evonas.report.tree import change_in_words

__all__ = [
    "ablation_words",
    "change_words",
    "descent_words",
    "fate_words",
    "gain_words",
    "genes_words",
    "measured",
    "p_value",
    "verdict",
]

_NAMED = 4  # of a list of things, before "and 3 more"
_GENES = 2  # of one change
_LENGTH = 40  # characters of a value
_DECIMALS = 8  # smaller errors are written with an exponent


def measured(value: float | None, error: float | None, *, signed: bool = False) -> str:
    """Write a value with its standard error, both to the error's second digit.

    >>> measured(0.991234, 0.00071), measured(-0.02, 0.011, signed=True) == MINUS + "0.020 ± 0.011", measured(0.5, None)
    ('0.99123 ± 0.00071', True, '0.5')
    """
    if value is None:
        return DASH
    plus = "+" if signed and value > 0 else ""
    decimals = None if error is None or error <= 0 else max(0, 1 - math.floor(math.log10(error)))
    if error is None or error <= 0 or decimals is None or decimals > _DECIMALS:
        behind = "" if error is None else f" ± {number(error, 2)}"
        return f"{plus}{number(value)}{behind}"
    return f"{plus}{value:,.{decimals}f} ± {error:,.{decimals}f}".replace("-", MINUS)


def p_value(p: float | None) -> str:
    """Write a p-value with two significant digits.

    >>> p_value(0.0421), p_value(3e-9), p_value(0.9999)
    ('0.042', '< 1e-6', '1')
    """
    if p is None:
        return DASH
    return "< 1e-6" if p < 1e-6 else number(p, 2)


def change_words(change: GeneChange, limit: int = _LENGTH) -> str:
    """Write what changed in one gene, shortened."""
    return change_in_words(change, limit)


def genes_words(genes: Sequence[GeneChange], limit: int = _LENGTH) -> str:
    """Write the genes of one change, the telling one in full."""
    if genes[0].kind == "moved":
        return f"{genes[0].gene.rpartition('[')[0]}: {count(len(genes), 'item')} moved"
    first = [change_words(gene, limit) for gene in genes[:_GENES]]
    more = len(genes) - len(first)
    return "; ".join(first) + (f"; {count(more, 'more gene')}" if more else "")


def fate_words(change: Inherited) -> str:
    """Say what became of a change."""
    if change.fate == "overwritten":
        return f"overwritten by {change.overwritten_by}"
    return "kept, altered inside later" if change.fate == "altered" else "kept"


def verdict(step: Step, *, maximise: bool) -> str:
    """Say in a word or two what a step is: ``better``, ``worse``, ``not significant``, ``unknown``; empty for none."""
    if step.size is None:
        return ""
    if step.significant is None:
        return "noise unknown"
    if not step.significant:
        return "not significant"
    return "better" if (step.size > 0) == maximise else "worse"


def gain_words(row: Worth) -> str:
    """Say in a word or two what a change does."""
    if row.worth is None:
        return row.reason or "not trained yet"
    if row.significant is None:
        return "error unknown"
    if not row.significant:
        return "not significant"
    return "helps" if row.worth > 0 else "harms"


def descent_words(descent: Descent) -> str:
    """Tell the line of an individual in a few sentences."""
    winner, births = descent.winner, len(descent.steps) - 1
    if not births:
        return f"Individual {winner.number} is a founder{_origin(winner)}: no birth of this run changed anything in it."
    told = [
        f"Individual {winner.number} descends from founder {descent.founder.number}{_origin(descent.founder)} "
        f"in {count(births, 'birth')}.",
        _ends(descent),
        _capital(descent.noise.words) + ".",
        *_steps(descent),
        _fates(descent.changes),
    ]
    if descent.noise.known and not descent.noise.exact:
        told.append("These figures are those that chose the line: they show it in too good a light.")
    return " ".join(sentence for sentence in told if sentence)


def ablation_words(found: Ablation) -> str:
    """Tell what the changes are worth in a few sentences."""
    metric, measured_rows = label(found.metric), [row for row in found.rows if row.worth is not None]
    impossible = [row for row in found.rows if not row.genome]
    failed = [row for row in found.rows if row.genome and row.worth is None and row.reason]
    told = [
        f"Each inherited change was taken back alone, and {count(len(found.seeds), 'seed')} trained for "
        f"{count(found.epochs, 'epoch')} with and without it; {metric} on the {found.part} part is "
        f"{measured(found.value, found.error)} with all of them."
    ]
    if found.reused:
        told.append(
            f"{count(found.reused, 'training')} of these {_was(found.reused)} there already, "
            "of the run's last round or of `evonas evaluate`."
        )
    if not found.complete:
        told.append("Not all trainings are there yet: the same command goes on with them.")
    told += _effects(found, measured_rows)
    if failed:
        names = _listed([f"{_name(row)} ({row.reason})" for row in failed])
        told.append(f"Without {names} no training completes.")
    if impossible:
        told.append(f"Not to be taken back alone: {_listed([f'{_name(row)} ({row.reason})' for row in impossible])}.")
    if found.left_out:
        told.append(f"{count(found.left_out, 'further change')} of smaller steps {_was(found.left_out)} left out.")
    return " ".join(told)


def _effects(found: Ablation, rows: Sequence[Worth]) -> list[str]:
    sure = [row for row in rows if row.significant]
    doubtful = [row for row in rows if row.significant is False]
    unknown = [row for row in rows if row.significant is None]
    told = []
    tests = len(sure) + len(doubtful)
    level = f"{_percent()} level, corrected for {count(tests, 'test')}"
    for good, words in ((True, "better"), (False, "worse")):
        chosen = sorted((row for row in sure if ((row.worth or 0) > 0) == good), key=lambda row: -abs(row.worth or 0))
        if chosen:
            named = [f"{_name(row)} ({measured(row.worth, row.error, signed=True)}, p = {_p(row)})" for row in chosen]
            told.append(f"Significantly {words} with it ({level}): {_listed(named)}.")
    if doubtful:
        names = _listed([_name(row) for row in doubtful])
        if sure:
            told.append(f"Not significant: {names}; chance alone can make such differences.")
        else:
            told.append(f"No change has a significant effect ({level}): {names}; more seeds may tell.")
    if unknown:
        told.append(f"Without an error, and so without a verdict: {_listed([_name(row) for row in unknown])}.")
    return told


def _p(row: Worth) -> str:
    return p_value(row.corrected).replace("< ", "less than ")


def _name(row: Worth) -> str:
    return f"{change_words(row.genes[0], 20)} of {row.birth}"


def _origin(founder: Individual) -> str:
    parent = founder.birth.primary
    if parent is None:
        return ""
    if parent.baseline:
        return f" (the baseline {parent.baseline})"
    if parent.is_starting_point:
        return f" (the {parent.source} of its model family)"
    where = parent.source or parent.run or "elsewhere"
    return f" (from {where}{'' if parent.number is None else f', individual {parent.number}'})"


def _ends(descent: Descent) -> str:
    first, last = descent.steps[0].fitness, descent.steps[-1].fitness
    metric = label(descent.goal.metric)
    if first is None or last is None:
        who = descent.founder if first is None else descent.winner
        return f"Individual {who.number} has no {metric}: no evaluation of it completed."
    rungs = first.rung != last.rung
    return f"Its {metric} is {_value(last, rungs)}, that of the founder {_value(first, rungs)}."


def _value(one: Estimate, rungs: bool) -> str:
    text = measured(one.value, one.error or None)
    return f"{text} at rung {one.rung}" if rungs else text


def _steps(descent: Descent) -> list[str]:
    births = descent.steps[1:]
    known = [step for step in births if step.size is not None]
    tested = [step for step in known if step.significant is not None]
    sure = [step for step in tested if step.significant]
    doubtful = [step for step in tested if not step.significant]
    told = []
    if known and not tested:
        told.append("No step can be told from chance.")
    if sure:
        named = [_step(step, descent) for step in sure]
        level = f"{_percent()} level, corrected for {count(len(tested), 'test')}"
        told.append(f"{len(sure)} of {count(len(tested), 'step')} {_is(sure)} significant ({level}): {_listed(named)}.")
    if doubtful:
        numbers = [str(step.individual.number) for step in doubtful]
        names = f"individual{'s' if len(numbers) > 1 else ''} {_listed(numbers, 12)}"
        told.append(f"Not significant: the {_plain('step', doubtful)} of {names}; noise alone can make such steps.")
    unknown = [str(step.individual.number) for step in births if step.size is None]
    if unknown:
        told.append(f"No step is known for individual{'s' if len(unknown) > 1 else ''} {_listed(unknown, 12)}.")
    return told


def _step(step: Step, descent: Descent) -> str:
    what = f", {genes_words(step.telling[0].genes, 20)}" if step.telling else ""
    more = f" and {count(len(step.telling) - 1, 'more change')}" if len(step.telling) > 1 else ""
    worse = " (worse)" if verdict(step, maximise=descent.goal.maximise) == "worse" else ""
    return f"individual {step.individual.number} ({measured(step.size, step.error, signed=True)}{worse}{what}{more})"


def _fates(changes: Sequence[Inherited]) -> str:
    own = [change for change in changes if change.kind != "tied"]
    if not own:
        return "What its births changed is not recorded."
    gone = [change for change in own if not change.present]
    here = len(own) - len(gone)
    told = f"Of {count(len(own), 'change')} along the line {here} {'is' if here == 1 else 'are'} still there"
    if not gone:
        return f"{told}."
    named = [f"{change.gene} of {change.birth} (by {change.overwritten_by})" for change in gone]
    return f"{told}, {len(gone)} {_was(len(gone))} overwritten later: {_listed(named)}."


def _listed(names: Sequence[str], most: int = _NAMED) -> str:
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _plain(noun: str, some: Sequence[object]) -> str:
    return noun if len(some) == 1 else f"{noun}s"


def _is(some: Sequence[object]) -> str:
    return "is" if len(some) == 1 else "are"


def _was(amount: int) -> str:
    return "was" if amount == 1 else "were"


def _percent() -> str:
    return percent(SIGNIFICANT).replace(".0 ", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
