"""The benchmark of searches: its tables, its arithmetic, its clock, and the command from end to end."""

import csv
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from evonas.config.schema import EvaluationConfig
from evonas.config.search import SearchPart
from evonas.evaluation import EvaluatorSpec, LocalBackend
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.space import Space

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # the benchmarks are no installed package

from benchmarks.search import cli, collected, report, statistics  # noqa: E402
from benchmarks.search.clock import Clock  # noqa: E402
from benchmarks.search.drive import Proposal, drive  # noqa: E402
from benchmarks.search.house import SimulatedBackend, search_through_house  # noqa: E402
from benchmarks.search.methods import ABLATIONS, Task, find_method, names_of  # noqa: E402
from benchmarks.search.ours import make_engine  # noqa: E402
from benchmarks.search.spaces import FlatSpace  # noqa: E402
from benchmarks.search.tables import open_table  # noqa: E402
from benchmarks.search.tables.toy import Toy  # noqa: E402
from benchmarks.search.training import Trainings  # noqa: E402


def opened(name):
    """Return a table; skip, with the file's name, where its data or the library that reads them are absent."""
    if not name.startswith("nas_bench_macro"):
        pytest.importorskip("onnxruntime")
    try:
        return open_table(name)
    except FileNotFoundError as error:
        pytest.skip(str(error))


# -- spaces

NESTED = {
    "layers": {"repeat": {"units": {"int": [4, 8], "step": 2}, "norm": "bool"}, "length": [1, 3]},
    "optimizer": {
        "select": {
            "adam": {"rate": {"float": [1e-4, 1e-1], "log": True}, "decay": {"choice": [None, 0.1]}},
            "sgd": {"rate": {"float": [1e-4, 1e-1], "log": True}, "decay": {"float": [0, 1], "step": 0.25}},
            "none": None,
        },
        "by": "kind",
    },
    "named like a word": {"group": {"int": {"int": [1, 512], "log": True}}},
    "loss": "hinge",
}


@pytest.mark.parametrize("spec", [Toy.space, NESTED, {"group": NESTED}], ids=["toy", "nested", "in a group"])
def test_flat_samples_are_members_of_the_nested_space(spec):
    flat, space, rng = FlatSpace(spec), Space.from_dict(spec), random.Random(0)
    genomes = [Genome(flat.genes(flat.sample(rng))) for _ in range(200)]
    assert [space.why_not(genome) for genome in genomes] == [None] * 200


def test_a_gene_of_several_branches_is_one_parameter():
    flat = FlatSpace(NESTED)
    known = {one.name: one for one in flat.parameters}
    (condition,) = known["optimizer.rate"].conditions
    assert (condition.parent, condition.values) == ("optimizer.kind", ("adam", "sgd"))
    assert known["optimizer.decay"].options == (None, 0.1)
    assert known["optimizer.sgd.decay"].levels == 4
    assert [one.values for one in known["layers.1.units"].conditions] == [(2, 3)]
    values = {name: one.low for name, one in known.items()} | {"layers.length": 2, "optimizer.kind": "sgd"}
    genes = flat.genes(values | {"optimizer.sgd.decay": 0.6, "layers.0.units": 99, "layers.1.norm": True})
    assert genes["optimizer"] == {"kind": "sgd", "rate": 1e-4, "decay": 0.5}
    assert [layer["units"] for layer in genes["layers"]] == [8, 4]


def test_a_tied_gene_is_refused():
    with pytest.raises(ValueError, match=r"head\.units is tied"):
        FlatSpace({"head": {"units": {"scales": "stem", "by": 2}}})


# -- tables


@pytest.mark.parametrize("name", ["nb301", "lcbench:167168", "nas_bench_macro", "toy"])
def test_tables_keep_to_their_spaces(name):
    table = Toy() if name == "toy" else opened(name)
    space, flat, rng = Space.from_dict(table.space), FlatSpace(table.space), np.random.default_rng(0)
    ours = [space.sample(rng).genes for _ in range(20)]
    theirs = [flat.genes(flat.sample(random.Random(seed))) for seed in range(20)]
    for genes in ours + theirs:
        assert space.why_not(Genome(genes)) is None
        short, full = (table.evaluate(genes, epochs)[table.objective] for epochs in (1, table.epochs))
        assert 0 <= short <= 100
        assert 0 < full <= 100
    if hasattr(table, "curve"):
        row = table.curve(ours[0], 5)[4]
        assert row == pytest.approx(table.evaluate(ours[0], 5))


def test_nb301_asks_its_model_for_what_the_columns_say():
    table = opened("nb301")
    assert len(FlatSpace(table.space).parameters) == 34
    genes = Space.from_dict(table.space).sample(np.random.default_rng(3)).genes
    chosen = {}
    for cell, parts in genes.items():
        for name, value in parts.items():
            if name.startswith("edge"):
                chosen[f"{name[:4]}_{cell}_{name[5:]}"] = value
                continue
            chosen[f"inputs_node_{cell}_{name[5:]}"] = value.pop("inputs")
            chosen |= {f"edge_{cell}_{edge[5:]}": operation for edge, operation in value.items()}
    folder = Path(sys.modules["benchmarks.search.tables.protocol"].DATA) / "nb301"
    codes = json.loads((folder / "encoding_v2.json").read_text())
    columns = json.loads((folder / "columns.json").read_text())["x_cat"]
    row = [codes[column][chosen.get(column.rpartition("COLON_")[2], "#na#")] for column in columns]
    assert len(chosen) == sum(code != 0 for code in row) == 24 - 2
    inputs = {"x_cat": np.array([row], dtype=np.int32), "x_cont": np.array([[98]], dtype=np.float32)}
    expected = 100 * float(table._session.run(None, inputs)[0][0, 0])
    genes = Space.from_dict(table.space).sample(np.random.default_rng(3)).genes
    assert table.evaluate(genes, 98)["accuracy"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    # means over 20,000 random networks, 25 at a time; BENCHMARKS.md has 93.07 and 78.8 from 20 seeds
    [("nb301", (93.09, 0.15)), ("lcbench:167168", (77.0, 4.0))],
)
def test_random_search_finds_what_was_published(name, expected):
    table = opened(name)
    flat, rng = FlatSpace(table.space), random.Random(0)
    best = [
        max(table.evaluate(flat.genes(flat.sample(rng)), table.epochs)["accuracy"] for _ in range(25))
        for _ in range(20)
    ]
    mean, deviation = expected
    assert abs(np.mean(best) - mean) < 3 * deviation / math.sqrt(20)


def test_nas_bench_macro_knows_seeds_and_the_best():
    table, noisy = opened("nas_bench_macro"), opened("nas_bench_macro:noisy")
    options = table.space["layer_0"]["choice"]
    genes = {f"layer_{place}": options[int(code)] for place, code in enumerate("02012100")}
    assert table.evaluate(genes, 1)["accuracy"] == pytest.approx(89.1967, abs=1e-4)
    assert noisy.evaluate_seed(genes, 1, 4)["accuracy"] == pytest.approx(88.95, abs=1e-4)
    assert Trainings(noisy).train(genes, 1, seed=4).value == pytest.approx(89.1967, abs=1e-4)
    assert table.best > 93


def test_a_table_of_ones_own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "class Line:\n    space = {'x': {'float': [0, 1]}}\n    epochs = 4\n    objective = 'error'\n"
        "    maximise = False\n    def evaluate(self, genes, epochs):\n        return {'error': genes['x'] / epochs}\n"
        "class Nothing:\n    space = {}\n"
    )
    outcome = Trainings(open_table(f"{file}:Line")).train({"x": 0.5}, 2)
    assert (outcome.value, outcome.epochs, outcome.seconds) == (0.25, 2, 2.0)
    with pytest.raises(ValueError, match="it has no epochs, objective, maximise, evaluate"):
        open_table(f"{file}:Nothing")
    with pytest.raises(ValueError, match="no table nothing"):
        open_table("nothing")


# -- trainings


def test_a_training_goes_on_from_where_the_genome_stands():
    trainings = Trainings(Toy(), "even", mean_seconds=9.0)
    genes = FlatSpace(Toy.space).genes(FlatSpace(Toy.space).sample(random.Random(0)))
    first, second, again = trainings.train(genes, 1), trainings.train(genes, 9), trainings.train(genes, 9)
    assert [one.epochs for one in (first, second, again)] == [1, 8, 9]
    assert [one.seconds for one in (first, second, again)] == pytest.approx([1.0, 8.0, 9.0])
    assert first.value < second.value == again.value


def test_a_hopeless_training_is_stopped_at_its_floor():
    trainings = Trainings(Toy())
    genes = FlatSpace(Toy.space).genes(FlatSpace(Toy.space).sample(random.Random(0)))
    curve = [Toy().evaluate(genes, epoch)["accuracy"] for epoch in range(1, 10)]
    floor = [(3, curve[2] - 0.01), (5, curve[4] + 0.01), (7, 2.0)]
    outcome = trainings.train(genes, 9, trained=1, curve=True, floor=floor)
    assert (outcome.reached, outcome.epochs, outcome.value) == (5, 4, curve[4])
    assert [row["epoch"] for row in outcome.curve] == [2, 3, 4, 5]
    assert [row["val_accuracy"] for row in outcome.curve] == curve[1:5]


# -- the clock


def test_two_workers_by_hand():
    clock = Clock(2)
    clock.start("a", 5.0), clock.start("b", 3.0)
    with pytest.raises(ValueError, match="all 2 workers"):
        clock.start("c", 1.0)
    assert clock.next()[0] == "b"
    assert clock.start("c", 4.0).worker == 1
    assert (clock.next()[0], clock.now) == ("a", 5.0)
    clock.pass_by(1.0)  # worker 0 waits for the coordinator
    assert not clock.due
    clock.start("d", 3.0)
    assert [(clock.next()[0], clock.now) for _ in range(2)] == [("c", 7.0), ("d", 9.0)]
    assert clock.next() is None
    assert clock.busy_seconds() == 5 + 3 + 4 + 3
    busy = clock.busy()
    assert busy["whole"] == pytest.approx(15 / 18)
    assert busy["until_last_start"] == pytest.approx((5 + 3 + 3) / 12)


def test_what_ended_while_the_coordinator_was_away():
    clock = Clock(3)
    for work, seconds in (("a", 1.0), ("b", 2.0), ("c", 9.0)):
        clock.start(work, seconds)
    clock.pass_by(5.0)
    assert clock.due
    assert [clock.next()[0], clock.next()[0], clock.due, clock.now] == ["a", "b", False, 5.0]
    assert clock.clear() == ["c"]
    assert clock.busy_seconds() == 1 + 2 + 5


class Counting:
    """Asks for the toy's networks one after the other; waits while two are under way."""

    def __init__(self):
        self.open, self.told = 0, []

    def ask(self):
        if self.open == 2:
            return None
        self.open += 1
        genes = FlatSpace(Toy.space).genes(FlatSpace(Toy.space).sample(random.Random(len(self.told))))
        return Proposal(len(self.told), genes, 3)

    def tell(self, proposal, outcome):
        self.open -= 1
        self.told.append(outcome.value)


def test_a_search_is_driven_until_its_budget_is_spent():
    trainings = Trainings(Toy(), "even", mean_seconds=9.0)
    trace = drive(Counting(), trainings, evaluations=2, workers=4)
    assert sum(trace["epochs"]) == 18
    assert trace["busy"]["whole"] == pytest.approx(0.5)  # two of four
    assert trace["finish"] == sorted(trace["finish"])
    assert len({len(column) for name, column in trace.items() if name != "busy"}) == 1


class Thinking(Counting):
    """Has three thoughts a training."""

    def __init__(self):
        super().__init__()
        self.thoughts = []

    def reflect(self):
        assert self.open, "while there is work under way"
        self.thoughts.append(len(self.told))
        return self.thoughts.count(len(self.told)) <= 3


def test_a_method_thinks_while_workers_are_busy():
    thinking = Thinking()
    trace = drive(thinking, Trainings(Toy(), "even", mean_seconds=9.0), evaluations=2, workers=2)
    assert thinking.thoughts == [told for told in (0, 2, 4) for _ in range(4)], "two end at a time"
    assert [ahead > 0 for ahead in trace["ahead_ms"]] == [True, False] * 3
    assert all(ahead <= taken for ahead, taken in zip(trace["ahead_ms"], trace["ms"], strict=True))
    assert set(drive(Counting(), Trainings(Toy(), "even"), evaluations=2)["ahead_ms"]) == {0.0}


def test_time_to_think_ends_when_a_worker_is_free():
    thinking = Thinking()
    trainings = Trainings(Toy(), "even", mean_seconds=1e-9)  # over before the next question is answered
    drive(thinking, trainings, evaluations=2, workers=2, charge=True)
    assert thinking.thoughts == []


# -- statistics


def test_curves():
    trace = {"value": [0.5, 0.9, 0.7, 0.8], "reached": [9, 3, 9, 9], "epochs": [9, 3, 9, 6]}
    curve = statistics.curve_of_trace(trace, full=9, maximise=True)
    assert [curve.at(cost) for cost in (1, 2, 3)] == [0.5, 0.5, 0.8]
    assert math.isnan(curve.at(0.9))
    assert (curve.reaches(0.7, True), curve.reaches(0.9, True)) == (pytest.approx(21 / 9), math.inf)
    assert curve.trainings.tolist() == [1, 3, 4]
    assert statistics.curve_of_trace(trace, full=9, maximise=True, count="any").at(2) == 0.9
    assert statistics.curve_of_trace(trace, full=9, maximise=False).at(3) == 0.5
    kept = statistics.Curve([10, 50], [0.5, 0.7])
    assert (kept.knows(50), kept.knows(20), curve.knows(20)) == (True, False, True)


def test_ranks_by_hand():
    scores = {"a": [3.0, 1.0, math.nan], "b": [2.0, 1.0, 0.1], "c": [1.0, 0.0, 0.2]}
    assert statistics.mean_ranks(scores) == pytest.approx({"a": 5.5 / 3, "b": 5.5 / 3, "c": 7 / 3})
    lower = statistics.mean_ranks({"a": [1.0, 1.0], "b": [2.0, 2.0]}, [False, True])
    assert lower == {"a": 1.5, "b": 1.5}


def test_wilcoxon_by_hand():
    assert statistics.wilcoxon([2, 4, 6, 8, 10], [1, 2, 3, 4, 5]) == pytest.approx(2 / 32)
    # rank sum 2 of the negative ones: {}, {1}, {2} of 32 are as small
    assert statistics.wilcoxon([1, -2, 3, 4, 5, 7], [0, 0, 0, 0, 0, 7]) == pytest.approx(6 / 32)
    assert statistics.wilcoxon([1.0, 2.0], [1.0, 2.0]) == 1.0


def test_methods_are_compared_over_tables_on_their_common_seeds():
    searches = [
        collected.Searched(label, table, seed, 50, statistics.Curve([50], [value]), None)
        for table, ours, theirs in [("a", [1, 9], [2]), ("b", [1, 9], [2]), ("c", [2, 2], [4]), ("d", [5, 1], [6])]
        for label, values in [("us", ours), ("them", theirs)]
        for seed, value in enumerate(values)
    ]
    found = collected.Found(searches, {"a": False, "b": False, "c": False, "d": True}, {})
    (row,) = report.across_rows(found, [50, 100], "us")
    assert row == {"other": "them", "at": 50, "tables": 4, "us better on": 3, "p": row["p"], "p_holm": row["p"]}
    assert float(row["p"]) == pytest.approx(stats.wilcoxon([1, 1, 2, -1], method="asymptotic").pvalue, abs=1e-3)


# -- evonas through its house


def test_the_simulated_backend_keeps_its_contract():
    with SimulatedBackend(Trainings(Toy(), "even"), workers=2) as backend:
        genome = Space.from_dict(Toy.space).sample(np.random.default_rng(0))
        requests = [EvaluationRequest(number, number, genome, 9, seed=1) for number in range(3)]
        for request in requests[:2]:
            backend.submit(request)
        with pytest.raises(ValueError, match="evaluation 2"):
            backend.submit(requests[2])
        assert [one.number for one in backend.snapshot().devices[0].running] == [0, 1]
        assert [result.number for result in backend.wait()] == [0, 1]
        assert backend.clock.now == 60.0
        assert backend.wait() == []
        backend.submit(requests[2])
        assert [result.status for result in backend.cancel()] == [EvaluationStatus.CANCELLED]
    with pytest.raises(ValueError, match="closed"):
        backend.submit(requests[2])


def test_a_real_backend_evaluates_tables(tmp_path):
    evaluator = EvaluatorSpec("benchmarks.search.ours:evaluate", settings={"table": "toy"}, path=(str(ROOT),))
    genome = Space.from_dict(Toy.space).sample(np.random.default_rng(0))
    config = EvaluationConfig(devices=["cpu"], slots=1, threads=1)
    with LocalBackend(evaluator, config, tmp_path) as backend:
        backend.submit(
            EvaluationRequest(0, 0, genome, 6, seed=1, rung=1, trained=3, resume_from="weights/0.weights.h5")
        )
        (result,) = backend.wait()
    assert result.metrics["accuracy"] == pytest.approx(Toy().evaluate(genome, 9)["accuracy"])
    assert (result.epochs, [row["epoch"] for row in result.curve]) == (6, [4, 5, 6, 7, 8, 9])
    assert result.artifacts["weights"]


class LongToy(Toy):
    """Trained for long enough that rungs pay."""

    epochs = 27


@pytest.mark.parametrize("rungs", [False, True])
def test_a_search_through_the_house(rungs):
    task = Task(LongToy(), seed=0, evaluations=12, rungs=rungs, workers=3)
    method, _ = find_method("evolution")
    trace = search_through_house(task, Trainings(LongToy(), "uneven"), method)
    assert max(trace["reached"]) == 27
    assert sum(trace["epochs"]) == pytest.approx(12 * 27, abs=0 if not rungs else 27)
    assert (min(trace["reached"]) < 27) == rungs
    assert trace["busy"]["until_last_start"] > 0.99


def test_overrides_reach_the_engine():
    method, overrides = find_method("evolution,search.surrogate=false,evolution.population=7")
    engine = make_engine(Task(Toy(), 0, 10, sets=overrides), **method.options)
    assert engine.search.surrogate is False
    assert engine.config.population == 7
    for wrong, said in (("evolution,surrogate", "no override"), ("tpee", "no method"), ("smac,a=1", "is a peer")):
        with pytest.raises(ValueError, match=said):
            find_method(wrong)


def test_each_part_can_be_switched_off_alone():
    names = names_of(["ablations", "evolution"])
    assert names[0] == "evolution"
    assert len(names) == 1 + len(ABLATIONS) == len(set(names))
    off = []
    for name in names[1:]:
        method, overrides = find_method(name)
        search = make_engine(Task(Toy(), 0, 10, sets=overrides), **method.options).search
        off += search.without or [key for key in ("surrogate", "adaptive") if not getattr(search, key)]
    assert len(off) == len(set(off)) == len(ABLATIONS)
    assert set(get_args(SearchPart)) - set(off) == {"chance", "counts", "time"}, "which only trainings have"


# -- the command


def command(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "search", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_command_runs_resumes_and_reports(tmp_path, capsys):
    arguments = ["run", "--method", "random", "--method", "aging_evolution", "--table", "toy", "--evaluations", 12]
    arguments += ["--at", "5,10", "--reference", "random", "--target", 0.5, "--out", tmp_path]
    done = command(*arguments, "--seeds", "0..2", "--processes", 1, "--no-plots")
    assert done.returncode == 0, done.stdout + done.stderr
    assert cli.main([*map(str, arguments), "--seeds", "0..3", "--keep", str(tmp_path / "kept.csv")]) == 0
    printed = capsys.readouterr().out
    assert "8 searches, 6 of them done before" in printed
    with (tmp_path / "report" / "values.csv").open() as lines:
        rows = {row["method"]: row for row in csv.DictReader(lines)}
    traces = [json.loads(line) for line in (tmp_path / "traces" / "random--toy.jsonl").read_text().splitlines()]
    assert [answer["job"]["seed"] for answer in traces] == [0, 1, 2, 3]
    best = [max(answer["trace"]["value"][:10]) for answer in traces]
    assert float(rows["random"]["10"]) == pytest.approx(np.mean(best), abs=1e-4)
    with (tmp_path / "kept.csv").open() as lines:
        kept = [float(row["at_10"]) for row in csv.DictReader(lines) if row["method"] == "random"]
    assert kept == pytest.approx(best, abs=1e-4)
    assert "| aging_evolution | 10 | toy | 4 |" in printed
    assert (tmp_path / "report" / "report.md").read_text().startswith("# Searches")


def test_the_command_names_what_is_missing(tmp_path):
    done = command("run", "--method", "nobody", "--table", "toy", "--out", tmp_path)
    assert done.returncode == 2
    assert "error: no method nobody: expected one of evolution, random" in done.stdout


def test_seeds():
    assert cli.seeds_of("0..2,7,9..10") == [0, 1, 2, 7, 9, 10]
