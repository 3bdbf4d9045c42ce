"""The page, section by section, in the order in which a reader asks."""

from __future__ import annotations

from collections.abc import Mapping

from evonas.lineage import Scored
from evonas.report import tables
from evonas.report.analysis.curves import best_curves, curve_metrics
from evonas.report.ancestry import ancestry, line_of_descent
from evonas.report.embedding import scripts
from evonas.report.figures import fitness_over_evaluations, learning_curves
from evonas.report.finals import finals, finals_table, has_test
from evonas.report.formats import MINUS, count, duration, label, number, percent
from evonas.report.fronts import pareto_content
from evonas.report.gene_sections import genes_section
from evonas.report.history import RunHistory
from evonas.report.html import Html, page, scrolling, tag
from evonas.report.population_section import population_section
from evonas.report.run_sections import devices_section, failures_section, memo_section, run_section, setting
from evonas.report.search import search_content
from evonas.report.sheet import Sheet
from evonas.report.summary import RunSummary
from evonas.report.tree import draw_tree

__all__ = ["compose", "run_body"]

_BEST = 10  # rows in the table of the best


def compose(history: RunHistory) -> str:
    """Return the whole report of a run as HTML."""
    body = run_body(Sheet(history))
    return page(title=f"{history.run.name}: evonas report", body=tag("main", body), scripts=scripts())


def run_body(sheet: Sheet) -> Html:
    """Return the title of a run, its table of contents, and its sections."""
    sections = {
        "best": ("The best", _best),
        "finals": ("Retrained from scratch", _finals),
        "fitness": ("Fitness over evaluations", _fitness),
        "search": ("The search itself", _search),
        "curves": ("Learning curves", _curves),
        "genes": ("Genes", genes_section),
        "population": ("The population", population_section),
        "family": ("Family tree", _family),
        "failures": ("Failures", failures_section),
        "memo": ("Memo", memo_section),
        "devices": ("Device use", devices_section),
        "run": ("The run", run_section),
    }
    written = {anchor: (title, make(sheet, title)) for anchor, (title, make) in sections.items()}
    shown = {anchor: title for anchor, (title, content) in written.items() if content}
    return Html(
        _title(sheet.summary) + _contents(shown, sheet.prefix) + "".join(content for _, content in written.values())
    )


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


def _contents(shown: Mapping[str, str], prefix: str) -> Html:
    links = [tag("li", tag("a", title, href=f"#{prefix}{anchor}")) for anchor, title in shown.items()]
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _best(sheet: Sheet, title: str) -> Html:
    history, summary, ordered = sheet.history, sheet.summary, sheet.ordered
    chosen: dict[str, Scored] = {}
    for one in ordered:
        chosen.setdefault(one.individual.genome.id, one)
        if len(chosen) == _BEST:
            break
    if not chosen:
        return sheet.section("best", title, tag("p", "No individual has a fitness yet."))
    words = f"Ordered by {label(summary.goals[0].metric, unit=False)}. Point at a figure to read it in full."
    if history.run.config.get("model"):
        words += (
            " Metrics were measured on the validation part, which chose; a fair figure comes from the test part alone."
        )
    return sheet.section(
        "best",
        title,
        tag("p", words, class_="note"),
        tables.best_table([*chosen.values()], summary.goals, history.individuals),
    )


def _finals(sheet: Sheet, title: str) -> Html:
    history = sheet.history
    found = finals(history)
    if not found:
        ask = "evonas evaluate RUN:ID --seeds 3" if history.run.config.get("model") else ""
        words = "No individual has been retrained with several seeds, and scored on events that the search never saw."
        return sheet.section("finals", title, tag("p", words, tag("br"), tag("code", ask) if ask else None))
    words = "Retrained from scratch, each seed with its own weights and order"
    words += ", and scored on events that no search saw." if has_test(found) else "."
    return sheet.section("finals", title, tag("p", words, class_="note"), finals_table(found))


def _fitness(sheet: Sheet, title: str) -> Html:
    history, summary = sheet.history, sheet.summary
    if not history.evaluations or not summary.goals:
        return sheet.section("fitness", title, tag("p", "No evaluation has ended yet."))
    population = setting(history.run.config, "evolution", "population")
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
    content = [sheet.figure(figure, "fitness", f"Fitness over evaluations. {summary.sentence}", caption)]
    content += pareto_content(history, sheet.ordered, sheet.prefix)
    return sheet.section("fitness", title, *content)


def _search(sheet: Sheet, title: str) -> Html:
    content = search_content(sheet.history, sheet.prefix)
    return sheet.section("search", title, *content) if content else Html("")


def _curves(sheet: Sheet, title: str) -> Html:
    history = sheet.history
    curves = best_curves(history, sheet.ordered)
    metrics = curve_metrics(list(curves.values()), [goal.metric for goal in history.goals])
    if not metrics:
        return sheet.section("curves", title, tag("p", "The evaluations recorded no learning curves."))
    names = " and ".join(label(metric, unit=False) for metric in metrics)
    figure = learning_curves(curves, metrics)
    whose = "the best individual" if len(curves) == 1 else f"the {len(curves)} best individuals"
    described = f"Learning curves of {whose}: {names} by epoch."
    caption = f"{described} Solid: validation part. Dotted: training part."
    width = 640 if len(metrics) > 1 else 0
    return sheet.section("curves", title, sheet.figure(figure, "curves", described, caption, width))


def _family(sheet: Sheet, title: str) -> Html:
    history, summary = sheet.history, sheet.summary
    if summary.best is None:
        return sheet.section("family", title, tag("p", "There is no winner yet."))
    values = {one.individual.number: one.values for one in sheet.ordered}
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
    return sheet.section(
        "family",
        title,
        tag("p", words),
        tag("figure", scrolling(drawing, label="Family tree of the winner"), tag("figcaption", caption)),
        tag("h3", "The line to the winner"),
        tables.descent_table(line, summary.goals, values, history.individuals),
    )
