from __future__ import annotations

import errno
import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evonas.errors import StorageError
from evonas.genome import Genome
from evonas.lineage import LineageStore, Session
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual, Parent
from evonas.report import device_use, report_html, summarise, write_report
from evonas.report.history import read_history

SECTIONS = ["best", "finals", "fitness", "search", "curves", "genes", "family", "failures", "memo", "devices", "run"]


class Page(HTMLParser):
    """What a browser would see: tables, texts, addresses, figures; nothing of what is inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.titles: dict[str, list[list[str | None]]] = {}
        self.addresses: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.labels: dict[str, str] = {}
        self.figures: dict[str, Any] = {}
        self.words = ""
        self._caption: str | None = None
        self._rows: list[list[str]] = []
        self._tips: list[list[str | None]] = []
        self._inside: list[str] = []
        self._data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in ("meta", "br", "col", "hr"):
            self._inside.append(tag)
        self.addresses += [
            (tag, name, value) for name, value in values.items() if name in ("src", "href", "xlink:href")
        ]
        if "id" in values:
            self.ids.append(values["id"])
        if values.get("role") == "img":
            self.labels[values.get("id", tag)] = values.get("aria-label", "")
        if tag == "script":
            self._data = values.get("id", "")
        if tag == "table":
            self._rows, self._tips = [], []
        if tag == "tr":
            self._rows.append([])
            self._tips.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
            self._tips[-1].append(values.get("title"))
        if tag == "caption":
            self._caption = ""

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag, f"</{tag}> closes nothing"
        if tag == "table":
            assert self._caption
            self.tables[self._caption], self.titles[self._caption] = self._rows, self._tips

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside == "script":
            if self._data:
                self.figures[self._data.removesuffix("-data")] = json.loads(data)
            return
        if inside == "style":
            return
        self.words += data
        if inside == "caption":
            self._caption = (self._caption or "") + data
        elif self._rows and self._rows[-1] and ("td" in self._inside or "th" in self._inside):
            self._rows[-1][-1] += data


def report_of(run: Path) -> str:
    with LineageStore.open(run, read_only=True) as store:
        return report_html(read_history(store))


@pytest.fixture(scope="module")
def text(finished: Path) -> str:
    return report_of(finished)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_sections_stand_in_their_order(page: Page) -> None:
    assert [name for name in page.ids if name in SECTIONS] == SECTIONS
    assert len(set(page.ids)) == len(page.ids)
    assert page.tags.count("h1") == 1


def test_best_table_holds_the_figures_of_the_store(finished: Path, page: Page) -> None:
    with LineageStore.open(finished, read_only=True) as store:
        best = store.best(10)
    rows = page.tables["The best individuals, one row a genome"]
    tips = page.titles["The best individuals, one row a genome"]
    names = rows[0]
    assert [int(row[0]) for row in rows[1:]] == [one.individual.number for one in best]
    for row, tip, one in zip(rows[1:], tips[1:], best, strict=True):
        cells, exact = dict(zip(names, row, strict=True)), dict(zip(names, tip, strict=True))
        assert float(exact["accuracy"] or "nan") == one.value
        assert float(cells["accuracy"]) == pytest.approx(one.value, abs=5e-6)
        assert float(exact["cross-entropy"] or "nan") == one.result.result.metrics["cross_entropy"]
        assert int(cells["parameters"].replace(",", "")) == one.individual.costs["parameters"]
        assert int(cells["Generation"]) == one.individual.birth.generation
        assert cells["Genome"] == one.individual.genome.id


def test_finals_show_the_last_retraining_of_each_individual(finished: Path, page: Page, tmp_path: Path) -> None:
    assert "No individual has been retrained" in page.words
    assert "evonas evaluate" in page.words
    copy = shutil.copytree(finished, tmp_path / "copy")
    with LineageStore.open(copy) as store:
        for mean in (0.5, 0.91234):
            table = {"accuracy": [0.95, 0.002], "test_accuracy": [mean, 0.00312], "loss": [0.1, None]}
            store.add_event("final", "retrained", individual=7, seeds=[0, 1, 2], table=table, results=[])
    found = Page(report_of(copy))
    rows = found.tables["Mean over the seeds, and the standard error of that mean"]
    assert rows[0] == ["Individual", "Trainings", "accuracy, validation", "accuracy, test"]
    assert rows[1:] == [["7", "3", "0.95 ± 0.002", "0.91234 ± 0.0031"]]


def test_summary_counts_what_the_store_counts(finished: Path, page: Page) -> None:
    with LineageStore.open(finished, read_only=True) as store:
        counts, best, history = store.counts(), store.best(1)[0], read_history(store)
        elapsed, results = store.elapsed(), store.results()
    summary = summarise(history)
    assert summary.evaluations == len(results) == 120
    assert {status.value: amount for status, amount in summary.by_status.items()} == {
        name: amount for name, amount in counts.items() if amount and name not in ("individuals", "pending")
    }
    assert summary.failures == 120 - counts["completed"]
    assert summary.seconds == elapsed
    assert summary.best is not None and summary.best.individual.number == best.individual.number
    assert summary.best_founder is not None and summary.best_founder.individual.birth.generation == 0
    assert summary.improvement == pytest.approx(summary.best.value - summary.best_founder.value)
    assert summary.answered_by_memo == sum(stored.result.answered_by is not None for stored in results)
    assert summary.sentence in page.words
    status = {row[0]: row[1] for row in page.tables["Evaluations by status"][1:]}
    assert status == {name.value.replace("_", " "): str(amount) for name, amount in summary.by_status.items()}


def test_line_of_descent_tells_every_gene_change(finished: Path, page: Page) -> None:
    with LineageStore.open(finished, read_only=True) as store:
        number: int | None = store.best(1)[0].individual.number
        expected = []
        while number is not None:
            expected.append(store.individual(number))
            primary = expected[-1].birth.primary
            number = primary.number if primary is not None and primary.run is None else None
    rows = page.tables["From the founder to the winner, along primary parents"][1:]
    assert [int(row[0]) for row in rows] == [individual.number for individual in reversed(expected)]
    for row, individual in zip(rows, reversed(expected), strict=True):
        for change in individual.birth.changes:
            assert f"{change.gene}: " in row[-1]


def test_failures_name_cause_and_log(finished: Path, page: Page) -> None:
    with LineageStore.open(finished, read_only=True) as store:
        failed = [stored.result for stored in store.results() if not stored.result.completed]
    rows = page.tables["Failures with their causes"][1:]
    assert [(int(row[0]), row[3], row[5]) for row in rows] == [
        (result.number, result.error, result.log) for result in failed
    ]


def test_device_use_adds_up(finished: Path) -> None:
    with LineageStore.open(finished, read_only=True) as store:
        history, results = read_history(store), store.results()
    run = [stored.result for stored in results if stored.result.answered_by is None]
    used = device_use(history)
    assert [use.device for use in used] == ["cpu:0", "cpu:1"]
    assert sum(use.evaluations for use in used) == len(run)
    assert sum(use.seconds for use in used) == pytest.approx(sum(result.seconds for result in run))
    assert {use.at_once for use in used} == {2}  # the slots of the configuration


def test_run_section_repeats_the_run(page: Page) -> None:
    assert "evonas evolve 'configs/toy run.yaml' --set seed=7" in page.words
    assert ["tensorflow", "2.20.0"] in page.tables["Versions"]
    assert "Seed of the run: 7" in page.words and "Seed of the data split: 3" in page.words
    assert "Individual 0 is a seed: genomes/lenet5.yaml, 1 gene repaired." in page.words
    assert "Individual 1 is a seed: runs/older (individual 12 of run ffffffff), taken as it is." in page.words
    assert "source: digits" in page.words


def test_nothing_is_loaded_from_elsewhere(page: Page, text: str) -> None:
    assert page.addresses and all(value.startswith("#") for _, _, value in page.addresses)
    assert {value[1:] for _, _, value in page.addresses} <= set(page.ids)
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in html.unescape(text[:2000])


def test_no_figure_offers_to_upload_itself(text: str) -> None:
    ours = text[text.rindex("<script>") :]
    for option in ("showSendToCloud: false", 'plotlyServerURL: ""', "showEditInChartStudio: false", "showLink: false"):
        assert option in ours
    assert '"sendChartToCloud"' in ours


def test_texts_of_a_run_are_escaped(tmp_path: Path, toy: ModuleType) -> None:
    hostile = toy.HOSTILE
    run = toy.new_run(name=hostile, objectives=[hostile], command=["evonas", hostile], versions={hostile: hostile})
    with toy.store_at(tmp_path, run) as store:
        for number in range(3):
            genome = Genome({hostile: hostile if number else "plain", "b": number}, "cnn")
            birth = Birth((hostile,), (Parent(None, None, "seed", hostile),))
            individual = Individual(number, genome, birth, {hostile: 1.0})
            request = EvaluationRequest(number, number, genome, 1, 0)
            store.add_individual(individual, request)
            if number == 2:
                store.add_result(request.failure(EvaluationStatus.CRASHED, hostile, log=hostile, device=hostile))
            else:
                store.add_result(request.result({hostile: float(number)}, curve=[{hostile: 1.0}], device=hostile))
        text = report_html(read_history(store))
    page = Page(text)
    assert hostile in page.words
    assert hostile not in text
    assert page.tags.count("script") == 2 + len(page.figures)  # Plotly, our own, and the figures' data


def test_same_lineage_gives_same_bytes(finished: Path, tmp_path: Path) -> None:
    paths = []
    for name in ("a.html", "b.html"):
        with LineageStore.open(finished, read_only=True) as store:
            paths.append(write_report(store, tmp_path / "reports" / name))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["a.html", "b.html"]


def test_same_bytes_in_another_process(finished: Path, text: str, tmp_path: Path) -> None:
    code = (
        "import sys; from evonas.lineage import LineageStore; from evonas.report import write_report\n"
        "with LineageStore.open(sys.argv[1], read_only=True) as store: write_report(store, sys.argv[2])"
    )
    path = tmp_path / "other.html"
    subprocess.run([sys.executable, "-c", code, str(finished), str(path)], check=True, env={"PYTHONHASHSEED": "12345"})
    assert path.read_text(encoding="utf-8") == text


def test_figures_have_data_and_descriptions(page: Page) -> None:
    told = {"fitness", "mix", "success", "curves", "genes", "spread"}
    told |= {"frequency", "heatmap", "importance", "marginals", "diversity", "founders", "ancestor"}
    assert set(page.figures) == {f"figure-{name}" for name in told}
    for name, figure in page.figures.items():
        assert figure["data"], name
        assert page.labels[name]
    assert page.labels["svg"].startswith("Family tree of individual")


def test_full_disk_leaves_the_old_report_alone(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one", encoding="utf-8")

    def full(self: Path, data: str, **options: Any) -> int:
        self.write_bytes(data[:100].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with (
        LineageStore.open(finished, read_only=True) as store,
        pytest.raises(StorageError, match="No space left") as caught,
    ):
        write_report(store, path)
    assert caught.value.exit_code == 20 and caught.value.file == str(path)
    assert path.read_bytes() == b"the old one"
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_folder_that_cannot_be_made_is_said(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with LineageStore.open(finished, read_only=True) as store, pytest.raises(StorageError, match="cannot write"):
        write_report(store, tmp_path / "file" / "report.html")


def test_empty_run(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path) as store:
        page = Page(report_html(read_history(store)))
    assert "No evaluation has ended yet." in page.words
    assert not page.figures


def test_only_failures(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path) as store:
        for number in range(3):
            genome = Genome({"a": number}, "cnn")
            request = EvaluationRequest(number, number, genome, 1, 0)
            store.add_individual(Individual(number, genome, Birth(("founder",))), request)
            store.add_result(request.failure(EvaluationStatus.TIMED_OUT, "killed after 60 s"))
        page = Page(report_html(read_history(store)))
    assert "3 failures: no individual has a fitness yet" in page.words
    assert "There is no winner yet." in page.words
    assert set(page.figures) == {"figure-fitness"}
    assert len(page.tables["Failures with their causes"]) == 4


def test_running_run_says_what_is_pending(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path) as store:
        toy.evolve(store, 15, pending=2)
        page = Page(report_html(read_history(store)))
    assert "2 evaluations pending" in page.words


def test_single_individual(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path) as store:
        toy.evolve(store, 1, foreign=False)
        page = Page(report_html(read_history(store)))
    assert "Two individuals with a fitness are needed" in page.words
    assert "has 0 ancestors" in page.words


def test_several_objectives_show_their_front(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path, toy.new_run(objectives=["accuracy", "parameters", "cross_entropy"])) as store:
        toy.evolve(store, 60)
        history = read_history(store)
        page = Page(report_html(history))
    summary = summarise(history)
    front = next(trace for trace in page.figures["figure-pareto"]["data"] if trace["name"] == "Pareto front")
    assert len(front["x"]) == summary.front > 1
    assert {"yaxis", "yaxis2", "yaxis3"} <= set(page.figures["figure-fitness"]["layout"])


def test_minimised_objective_improves_downwards(tmp_path: Path, toy: ModuleType) -> None:
    with toy.store_at(tmp_path, toy.new_run(objectives=["cross_entropy"])) as store:
        toy.evolve(store, 40)
        history = read_history(store)
    summary = summarise(history)
    assert summary.best is not None and summary.best_founder is not None
    assert summary.best.value <= summary.best_founder.value
    assert "below the best founder" in summary.sentence


def test_ten_thousand_individuals_stay_small(toy: ModuleType) -> None:
    kept = toy.Recorder()
    toy.evolve(kept, 10_000)
    text = report_html(kept.history(toy.new_run()))
    assert len(text.encode()) < 12e6
    page = Page(text)
    line = next(trace for trace in page.figures["figure-fitness"]["data"] if trace["name"] == "best so far")
    assert line["y"][-1] == max(result.metrics["accuracy"] for result in kept.results if result.completed)
    drawn = sum(len(trace["x"]) for trace in page.figures["figure-fitness"]["data"])
    assert drawn < 8000
    assert re.search(r"[\d,]+ points are left out of the drawing", page.words)


def test_busy_fraction_counts_slots(toy: ModuleType) -> None:
    kept = toy.Recorder()
    for number in range(4):
        genome = Genome({"n": number}, "toy")
        request = EvaluationRequest(number, number, genome, 1, 0)
        kept.add_individual(Individual(number, genome, Birth(("founder",))), request)
        kept.add_result(request.result({"accuracy": 0.5}, seconds=10.0, device="cpu:0"))  # one every 10 s
    session = Session(0, 0.0, 50.0, 50.0, "done", {}, {})
    (alone,) = device_use(kept.history(toy.new_run(config={}), (session,)))
    assert (alone.at_once, alone.busy, alone.seconds) == (1, pytest.approx(0.8), 40.0)
    (shared,) = device_use(kept.history(toy.new_run(config={"evaluation": {"slots": 2}}), (session,)))
    assert (shared.at_once, shared.busy) == (2, pytest.approx(0.4))
    (unknown,) = device_use(kept.history(toy.new_run(config={})))
    assert unknown.busy is None


def test_import_is_light() -> None:
    code = "import sys, evonas.report; sys.exit(any(name in sys.modules for name in ('plotly', 'keras', 'tensorflow')))"
    subprocess.run([sys.executable, "-c", code], check=True)
