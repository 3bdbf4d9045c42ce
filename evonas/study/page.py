"""The page of a study: the table, baseline against optimised, convergence, and each telescope's searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from evonas.config import dump_config
from evonas.report.cells import heading, table_of
from evonas.report.comparison import genes_in_words
from evonas.report.embedding import embed, scripts
from evonas.report.figures import Pair, before_after, best_so_far, convergence, gene_spread, metric_evolution
from evonas.report.formats import DASH, MINUS, count, duration, label, number
from evonas.report.history import Goal
from evonas.report.html import Html, page, section, tag
from evonas.study.results import ERROR, Figure, Row, TelescopeResult, in_words
from evonas.study.searches import SearchRun
from evonas.study.study import Study

__all__ = ["compose_study"]

_TEST = "test_"


def compose_study(study: Study) -> str:
    """Return the page as HTML."""
    names = [telescope.name for telescope in study.settings.telescopes]
    anchors = {"results": "Baseline against optimised"}
    if study.transfers:
        anchors["transfer"] = "After the transfer"
    anchors["convergence"] = "Convergence"
    anchors |= {f"telescope-{at}": name for at, name in enumerate(names, start=1)}
    anchors["study"] = "The study"
    links = [tag("li", tag("a", title, href=f"#{anchor}")) for anchor, title in anchors.items()]
    content = [
        _title(study),
        tag("nav", tag("ul", *links), aria_label="Contents"),
        section(
            "results",
            anchors["results"],
            tag("p", ERROR, class_="note"),
            *_table(study.results, "results"),
            *_notes(study),
        ),
    ]
    if study.transfers:
        families = " and ".join(dict.fromkeys(result.model for result in study.transfers))
        words = f"The same networks, built into {families} and trained anew: base against optimised after the transfer."
        content.append(section("transfer", anchors["transfer"], tag("p", words), *_table(study.transfers, "transfer")))
    content.append(section("convergence", anchors["convergence"], *_convergence(study)))
    content += [
        section(f"telescope-{at}", name, *_telescope(study, name, f"telescope-{at}"))
        for at, name in enumerate(names, start=1)
    ]
    content.append(section("study", anchors["study"], *_repeat(study)))
    name = study.settings.name
    return page(title=f"{name}: evonas study", body=tag("main", *content), scripts=scripts())


def _title(study: Study) -> Html:
    settings = study.settings
    evaluations = sum(len(search.history.evaluations) for search in study.searches)
    seconds = sum(search.history.seconds for search in study.searches)
    trained = sum(
        len(network.results)
        for result in (*study.results, *study.transfers)
        for network in (*result.winners.values(), *([result.baseline] if result.baseline else []))
    )
    words = (
        f"{count(len(settings.telescopes), 'telescope')}, {count(len(settings.seeds), 'search', 'searches')} each, "
        f"{count(evaluations, 'evaluation')} in {duration(seconds)}; "
        f"{count(trained, 'training')} of baselines and winners afterwards."
    )
    return tag("header", tag("h1", settings.name), tag("p", words, class_="lead"))


def _table(results: Sequence[TelescopeResult], anchor: str) -> list[Html]:
    rows = [row for result in results for row in result.rows()]
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    head = [heading("Telescope"), heading("Network"), heading("Trainings", "completed, of all", numeric=True)]
    for name in names:
        part = "test" if name.startswith(_TEST) else "validation"
        explained = "unseen by the search" if part == "test" else "chose the network: optimistic for the winner"
        head.append(heading(f"{label(name.removeprefix(_TEST), unit=False)}, {part}", explained, numeric=True))
    head += [heading("Training time", "of one training, mean", numeric=True), heading("Parameters", numeric=True)]
    body = [_row(row, names) for row in rows]
    content = [table_of("Each network retrained from scratch with several seeds", head, body)]
    panels = _panels(results, names)
    if panels:
        caption = "Means and their errors as in the table, one pair a telescope."
        content.append(embed(before_after(panels), f"figure-{anchor}", caption, caption, 640 if len(panels) > 1 else 0))
    return content


def _row(row: Row, names: Sequence[str]) -> list[Html]:
    gain = row.network == "improvement"
    cells = [_cell(row.figures.get(name), signed=gain, strong=gain) for name in names]
    seconds = DASH
    if row.seconds is not None:
        sign = "" if not gain else "+" if row.seconds.mean >= 0 else MINUS
        seconds = sign + duration(abs(row.seconds.mean))
    size = DASH if row.parameters is None else number(round(row.parameters.mean))
    return [
        tag("th", row.telescope, scope="row"),
        tag("td", tag("strong", row.network) if gain else row.network),
        tag("td", row.trained or "", class_="number"),
        *cells,
        tag("td", seconds, class_="number"),
        tag("td", f"+{size}" if gain and row.parameters and row.parameters.mean >= 0 else size, class_="number"),
    ]


def _cell(figure: Figure | None, *, signed: bool, strong: bool) -> Html:
    if figure is None:
        return tag("td", DASH, class_="number")
    words = in_words(figure, signed=signed).replace("+-", "±").replace("-", MINUS)
    return tag("td", tag("strong", words) if strong else words, class_="number", title=repr(figure.mean))


def _panels(results: Sequence[TelescopeResult], names: Sequence[str]) -> dict[str, dict[str, Pair]]:
    panels: dict[str, dict[str, Pair]] = {}
    for name in names:
        part = "test" if name.startswith(_TEST) else "validation"
        panels[f"{label(name.removeprefix(_TEST), unit=False)}, {part}"] = {
            result.telescope: Pair(
                _pair(result.figure(name, baseline=True)), _pair(result.figure(name, baseline=False))
            )
            for result in results
        }
    return {title: pairs for title, pairs in panels.items() if any(pair.optimised for pair in pairs.values())}


def _pair(figure: Figure | None) -> tuple[float, float | None] | None:
    return None if figure is None else (figure.mean, figure.error)


def _notes(study: Study) -> list[Html]:
    return [tag("p", note, class_="note") for note in study.notes]


def _goal(study: Study) -> Goal:
    return study.searches[0].history.goals[0]


def _convergence(study: Study) -> list[Html]:
    goal = _goal(study)
    groups: dict[str, list[list[float | None]]] = {}
    marks: dict[str, list[float]] = {}
    for search in study.searches:
        groups.setdefault(search.telescope, []).append(best_so_far(search.history.evaluations, goal))
        if search.baseline_value is not None:
            marks.setdefault(search.telescope, []).append(search.baseline_value)
    figure = convergence(groups, goal, {name: fmean(values) for name, values in marks.items()})
    spread = (
        "median over the searches and the quartiles around it"
        if len(study.settings.seeds) > 2
        else "median over the searches, each search thin"
        if len(study.settings.seeds) == 2
        else "one search each"
    )
    caption = f"The best {label(goal.metric, unit=False)} so far on the validation part: {spread}."
    if marks:
        caption += " Dashed: the baseline, as the searches evaluated it."
    return [embed(figure, "figure-convergence", caption, caption)]


def _telescope(study: Study, name: str, anchor: str) -> list[Html]:
    goal = _goal(study)
    own = [search for search in study.searches if search.telescope == name]
    figure, beyond = metric_evolution({f"seed {one.seed}": one.history.evaluations for one in own}, goal)
    caption = f"Every evaluation of {count(len(own), 'search', 'searches')}; lines: the best so far of each."
    if beyond:
        lie = "lies" if beyond == 1 else "lie"
        caption += f" {count(beyond, 'point')} {lie} outside the range shown; double-click for all."
    content = [
        tag("h3", "The metric's evolution"),
        embed(figure, f"{anchor}-evolution", caption, caption),
    ]
    spread, notes = gene_spread([found for one in own for found in one.history.evaluations], goal)
    if notes.genes:
        words = (
            f"All searches together, a panel for each gene that varies, coloured by {label(goal.metric, unit=False)}; "
            "the star is the best."
        )
        if notes.genes_left_out:
            words += f" {count(notes.genes_left_out, 'further gene')} found no room."
        heading_ = tag("h3", "The searches' spread over each gene")
        content += [heading_, embed(spread, f"{anchor}-spread", words, words, 640)]
    return [*content, tag("h3", "The winners"), _winners(own)]


def _winners(searches: Sequence[SearchRun]) -> Html:
    head = [heading("Search"), heading("Run"), heading("Genes")]
    rows = [
        [
            tag("th", f"seed {search.seed}", scope="row"),
            tag("td", tag("code", search.directory.path.name)),
            tag("td", "none" if search.winner is None else genes_in_words(search.winner.genes), class_="changes"),
        ]
        for search in searches
    ]
    return table_of("The best network of each search", head, rows, said=True)


def _repeat(study: Study) -> list[Html]:
    settings = study.settings
    files: Mapping[str, str] = {
        "The study's file": settings.file.read_text(encoding="utf-8", errors="replace"),
        f"Configuration of {settings.telescopes[0].name}": dump_config(settings.telescopes[0].config),
    }
    return [
        tag("p", "Each search is a run directory beside this page; `evonas report` tells it alone."),
        *(tag("details", tag("summary", name), tag("pre", tag("code", text))) for name, text in files.items()),
    ]
