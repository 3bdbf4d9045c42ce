"""The page, section by section, in the order in which a reader asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from evonas.lineage import Scored
from evonas.records import FAILURES
from evonas.report import tables
from evonas.report.ancestry import ancestry, line_of_descent
from evonas.report.embedding import embed, scripts
from evonas.report.figures import fitness_over_evaluations, learning_curves, parallel_coordinates
from evonas.report.figures.curves import Curve, curve_metrics
from evonas.report.figures.parallel import AXIS_WIDTH
from evonas.report.finals import finals, finals_table, has_test
from evonas.report.formats import MINUS, count, duration, label, number, percent, shortened
from evonas.report.fronts import pareto_content
from evonas.report.history import RunHistory, standings
from evonas.report.html import Html, page, scrolling, section, tag
from evonas.report.search import search_content
from evonas.report.spread import spread_figure
from evonas.report.summary import RunSummary, device_use, summarise
from evonas.report.tree import draw_tree

__all__ = ["compose"]

_BEST = 10  # rows in the table of the best
_CURVES = 5  # learning curves drawn
_FAILURES = 200  # rows in the table of failures
_MEMO = 100  # rows in the table of memo answers
_CONTENTS = {
    "best": "The best",
    "finals": "Retrained from scratch",
    "fitness": "Fitness over evaluations",
    "search": "The search itself",
    "curves": "Learning curves",
    "genes": "Genes",
    "family": "Family tree",
    "failures": "Failures",
    "memo": "Memo",
    "devices": "Device use",
    "run": "The run",
}


def compose(history: RunHistory) -> str:
    """Return the whole report as HTML."""
    summary = summarise(history)
    ordered = standings(history)
    search = search_content(history)
    body = [
        _title(summary),
        _contents(() if search else ("search",)),
        _best(history, summary, ordered),
        _finals(history),
        _fitness(history, summary, ordered),
        *([section("search", _CONTENTS["search"], *search)] if search else []),
        _curves(history, ordered),
        _genes(history, summary, ordered),
        _family(history, summary, ordered),
        _failures(history, summary),
        _memo(history, summary),
        _devices(history),
        _run(history),
    ]
    return page(title=f"{history.run.name}: evonas report", body=tag("main", *body), scripts=scripts())


def _title(summary: RunSummary) -> Html:
    status = tag("span", summary.status, class_=f"status {summary.status}")
    facts = [_fact("Evaluations", f"{summary.evaluations:,}", f"of {count(summary.individuals, 'individual')}")]
    if summary.best is not None and summary.goals:
        goal = summary.goals[0]
        facts.insert(
            0,
            _fact(
                f"Best {label(goal.metric)}", number(summary.best.value), f"individual {summary.best.individual.number}"
            ),
        )
        if summary.best_founder is not None and summary.improvement is not None:
            sign = "±" if summary.improvement == 0 else "+" if goal.maximise else MINUS
            founder = f"best founder {number(summary.best_founder.value)}"
            facts.insert(1, _fact("Against the founders", f"{sign}{number(summary.improvement, 3)}", founder))
        if summary.baseline is not None and summary.over_baseline is not None:
            gain = summary.over_baseline
            better = (MINUS if gain < 0 else "+") if goal.maximise else ("+" if gain < 0 else MINUS)
            shown = f"{better if gain else '±'}{number(abs(gain), 3)}"
            facts.insert(
                2, _fact("Against the baseline", shown, f"{summary.baseline_name} {number(summary.baseline.value)}")
            )
    facts.append(
        _fact("Wall time", duration(summary.seconds), f"{duration(summary.evaluating_seconds)} of evaluations")
    )
    share = percent(summary.failures / summary.evaluations) if summary.evaluations else "none so far"
    facts.append(_fact("Failures", f"{summary.failures:,}", share))
    notes = []
    if summary.reason:
        notes.append(f"How it ended: {summary.reason}.".replace("..", "."))
    if summary.pending or summary.status == "running":
        notes.append(
            f"When this page was made the run was not at its end: {count(summary.pending, 'evaluation')} pending."
        )
    return tag(
        "header",
        tag("h1", summary.name, " ", status),
        tag("p", summary.sentence, class_="lead"),
        *(tag("p", note, class_="note") for note in notes),
        tag("p", "Run ", tag("code", summary.id), f", begun {summary.created}", class_="faint"),
        tag("dl", *facts, class_="facts"),
    )


def _fact(name: str, value: str, more: str) -> Html:
    return tag("div", tag("dt", name), tag("dd", value, tag("small", more)))


def _contents(hidden: Sequence[str]) -> Html:
    shown = {anchor: title for anchor, title in _CONTENTS.items() if anchor not in hidden}
    links = [tag("li", tag("a", title, href=f"#{anchor}")) for anchor, title in shown.items()]
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _best(history: RunHistory, summary: RunSummary, ordered: list[Scored]) -> Html:
    chosen: dict[str, Scored] = {}
    for one in ordered:
        chosen.setdefault(one.individual.genome.id, one)
        if len(chosen) == _BEST:
            break
    if not chosen:
        return section("best", _CONTENTS["best"], tag("p", "No individual has a fitness yet."))
    words = f"Ordered by {label(summary.goals[0].metric, unit=False)}. Point at a figure to read it in full."
    if history.run.config.get("model"):
        words += (
            " Metrics were measured on the validation part, which chose; a fair figure comes from the test part alone."
        )
    return section(
        "best",
        _CONTENTS["best"],
        tag("p", words, class_="note"),
        tables.best_table([*chosen.values()], summary.goals, history.individuals),
    )


def _finals(history: RunHistory) -> Html:
    title = _CONTENTS["finals"]
    found = finals(history)
    if not found:
        ask = "evonas evaluate RUN:ID --seeds 3" if history.run.config.get("model") else ""
        words = "No individual has been retrained with several seeds, and scored on events that the search never saw."
        return section("finals", title, tag("p", words, tag("br"), tag("code", ask) if ask else None))
    words = "Retrained from scratch, each seed with its own weights and order"
    words += ", and scored on events that no search saw." if has_test(found) else "."
    return section("finals", title, tag("p", words, class_="note"), finals_table(found))


def _fitness(history: RunHistory, summary: RunSummary, ordered: list[Scored]) -> Html:
    title = _CONTENTS["fitness"]
    if not history.evaluations or not summary.goals:
        return section("fitness", title, tag("p", "No evaluation has ended yet."))
    population = _setting(history.run.config, "evolution", "population")
    generation = population if isinstance(population, int) else None
    figure, notes = fitness_over_evaluations(history.evaluations, summary.goals, generation)
    caption = (
        "Each point is an evaluation, coloured by the operator of its birth; open points were answered by the memo."
    )
    if notes.generations and generation is not None:
        several = f"{notes.generations} generations" if notes.generations > 1 else "one generation"
        each = f"{notes.generations * generation:,}"
        caption += f" Dotted lines: the end of the founders, then every {each} evaluations ({several})."
    if any(one.result.rung or one.repeat for one in history.evaluations):
        caption += " Small points were trained less than the others, or again with another seed: they are not compared."
    if notes.beyond:
        lie = "lies" if notes.beyond == 1 else "lie"
        caption += f" {count(notes.beyond, 'point')} {lie} outside the range shown; double-click for all."
    if notes.left_out:
        caption += f" {notes.left_out:,} points are left out of the drawing, never one that was a new best."
    content = [embed(figure, "figure-fitness", f"Fitness over evaluations. {summary.sentence}", caption)]
    content += pareto_content(history, ordered)
    return section("fitness", title, *content)


def _curves(history: RunHistory, ordered: list[Scored]) -> Html:
    title = _CONTENTS["curves"]
    curves = _best_curves(history, ordered)
    metrics = curve_metrics(list(curves.values()), [goal.metric for goal in history.goals])
    if not metrics:
        return section("curves", title, tag("p", "The evaluations recorded no learning curves."))
    names = " and ".join(label(metric, unit=False) for metric in metrics)
    figure = learning_curves(curves, metrics)
    whose = "the best individual" if len(curves) == 1 else f"the {len(curves)} best individuals"
    described = f"Learning curves of {whose}: {names} by epoch."
    caption = f"{described} Solid: validation part. Dotted: training part."
    return section("curves", title, embed(figure, "figure-curves", described, caption, 640 if len(metrics) > 1 else 0))


def _best_curves(history: RunHistory, ordered: list[Scored]) -> dict[str, Curve]:
    by_number = {evaluation.result.number: evaluation.result for evaluation in history.evaluations}
    own: dict[int, dict[float, Mapping[str, float]]] = {}
    for evaluation in history.evaluations:
        if evaluation.result.completed and not evaluation.repeat:
            rows = own.setdefault(evaluation.individual.number, {})
            rows |= {row.get("epoch", at): row for at, row in enumerate(evaluation.result.curve, start=1)}
    curves: dict[str, Curve] = {}
    seen: set[str] = set()
    for one in ordered:
        number_, genome = one.individual.number, one.individual.genome.id
        result = one.result.result
        curve: Curve = [row for _, row in sorted(own.get(number_, {}).items())]
        if not curve and result.answered_by in by_number:
            curve = by_number[result.answered_by].curve
        if curve and genome not in seen:
            seen.add(genome)
            curves[f"individual {number_} ({number(one.value)})"] = curve
        if len(curves) == _CURVES:
            break
    return curves


def _genes(history: RunHistory, summary: RunSummary, ordered: list[Scored]) -> Html:
    title = _CONTENTS["genes"]
    if len(ordered) < 2:
        return section("genes", title, tag("p", "Two individuals with a fitness are needed to compare genes."))
    goal = summary.goals[0]
    figure, notes = parallel_coordinates(ordered, goal)
    if not notes.genes:
        return section("genes", title, tag("p", "All individuals with a fitness have the same genes."))
    lines = len(ordered) - notes.lines_left_out
    described = (
        f"Parallel coordinates of {count(notes.genes, 'gene')} over {count(lines, 'individual')}, "
        f"coloured by {label(goal.metric, unit=False)}; bright is better."
    )
    caption = (
        f"{described} Genes that never vary have no axis; items of lists are counted from 1; “absent” is a gene that "
        "the genome does not have. Drag along an axis to choose individuals, drag a title to move an axis."
    )
    if notes.genes_left_out:
        caption += f" {count(notes.genes_left_out, 'further gene')} found no room."
    if notes.lines_left_out:
        caption += f" {notes.lines_left_out:,} individuals are left out of the drawing, never one of the 50 best."
    width = AXIS_WIDTH * (notes.genes + 1) + 120
    together = embed(figure, "figure-genes", described, caption, width)
    spread = spread_figure(history, goal, "figure-spread")
    return section("genes", title, together, tag("h3", "The search's spread over each gene"), spread)


def _family(history: RunHistory, summary: RunSummary, ordered: list[Scored]) -> Html:
    title = _CONTENTS["family"]
    if summary.best is None:
        return section("family", title, tag("p", "There is no winner yet."))
    values = {one.individual.number: one.values for one in ordered}
    winner = summary.best.individual.number
    tree = ancestry(history.individuals, winner)
    by_first = {number_: own[0] for number_, own in values.items()}
    drawing = draw_tree(tree, summary.goals[0], by_first)
    line = line_of_descent(history.individuals, winner)
    ancestors = len(tree.members) - 1 + tree.left_out
    words = (
        f"Individual {winner} has {count(ancestors, 'ancestor')}; "
        f"its line of primary parents has {count(len(line), 'member')}."
    )
    if len(summary.goals) > 1:
        words += f" The winner here is the best by {label(summary.goals[0].metric, unit=False)}, the first objective."
    caption = (
        "From left to right in order of birth. Bold: the line of primary parents. Solid: primary parent. Dashed: mate. "
        "Dotted: a seed from outside the run (square). Point at a line to read its gene changes, at a circle for the "
        "individual."
    )
    if tree.left_out:
        caption += f" Not drawn: the {count(tree.left_out, 'most distant ancestor')}; short strokes point to them."
    return section(
        "family",
        title,
        tag("p", words),
        tag("figure", scrolling(drawing, label="Family tree of the winner"), tag("figcaption", caption)),
        tag("h3", "The line to the winner"),
        tables.descent_table(line, summary.goals, values, history.individuals),
    )


def _failures(history: RunHistory, summary: RunSummary) -> Html:
    title = _CONTENTS["failures"]
    if not summary.evaluations:
        return section("failures", title, tag("p", "No evaluation has ended yet."))
    failed = [evaluation for evaluation in history.evaluations if evaluation.result.status in FAILURES]
    if not failed:
        return section("failures", title, tag("p", "No evaluation failed."), tables.status_table(summary))
    content = [tables.status_table(summary)]
    if len(failed) > _FAILURES:
        content.append(tag("p", f"The last {_FAILURES} of {len(failed):,} failures:", class_="note"))
    content.append(tables.failure_table(failed[-_FAILURES:]))
    return section("failures", title, *content)


def _memo(history: RunHistory, summary: RunSummary) -> Html:
    answered = [evaluation for evaluation in history.evaluations if evaluation.result.answered_by is not None]
    title = "Evaluations answered by the memo"
    if not answered:
        return section("memo", title, tag("p", "None: no genome came up twice."))
    share = percent(len(answered) / summary.evaluations)
    words = (
        f"{count(len(answered), 'evaluation')} of {summary.evaluations:,} ({share}): an equal genome had been "
        "evaluated before, so nothing was trained."
    )
    content = [tag("p", words)]
    rows = tables.memo_table(answered[-_MEMO:])
    shown = "Show them" if len(answered) <= _MEMO else f"Show the last {_MEMO}"
    content.append(tag("details", tag("summary", shown), rows))
    return section("memo", title, *content)


def _devices(history: RunHistory) -> Html:
    used = device_use(history)
    if not used:
        return section("devices", _CONTENTS["devices"], tag("p", "No evaluation has used a device yet."))
    return section("devices", _CONTENTS["devices"], tables.device_table(used))


def _run(history: RunHistory) -> Html:
    run = history.run
    content: list[Html] = [tag("h3", "To repeat it")]
    if run.command:
        content.append(tag("pre", tag("code", tables.command_line(run.command)), class_="wrap"))
    content += [
        tag("p", f"With one slot, seed {run.seed} and the versions below the births are the same.", class_="note"),
        tag("h3", "Seeds"),
        tag("ul", *(tag("li", words) for words in _seeds(history))),
        tag("h3", "Sessions"),
        tables.session_table(history) if history.sessions else tag("p", "No session has been recorded."),
    ]
    if history.events:
        content.append(tag("details", tag("summary", f"Events ({len(history.events):,})"), tables.event_table(history)))
    content += [tag("h3", "Versions"), tables.versions_table(history), tag("h3", "Configuration")]
    for name, values in (("Configuration", run.config), ("Search space", run.space), ("Environment", run.environment)):
        if values:
            content.append(tag("details", tag("summary", f"{name} (YAML)"), tag("pre", tag("code", _yaml(values)))))
    return section("run", _CONTENTS["run"], *content)


def _seeds(history: RunHistory) -> list[str]:
    words = [f"Seed of the run: {history.run.seed}, the root of all random numbers."]
    split = _setting(history.run.config, "data", "split")
    if history.run.config.get("model") and isinstance(split, Mapping) and "seed" in split:
        words.append(f"Seed of the data split: {split['seed']}.")
    listed = history.run.config.get("seeds")
    if isinstance(listed, list) and listed:
        words.append(f"Genomes that the search started from: {', '.join(str(item) for item in listed)}.")
    for individual in history.individuals.values():
        for parent in individual.birth.parents:
            if parent.role == "seed":
                origin = parent.source or "another run"
                run = f" (individual {parent.number} of run {parent.run[:8]})" if parent.run is not None else ""
                repaired = count(len(individual.birth.changes), "gene") + " repaired"
                words.append(
                    f"Individual {individual.number} is a seed: {shortened(origin, 200)}{run}, "
                    f"{repaired if individual.birth.changes else 'taken as it is'}."
                )
    return words[:60]


def _setting(config: Mapping[str, Any], *keys: str) -> Any:
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _yaml(values: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=110)
