"""The made functions of the benchmark of searches: laws of their values, their best ones, searches on them."""

import itertools
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.genome import Genome
from evonas.space import Space

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # the benchmarks are no installed package

from benchmarks.search import cli  # noqa: E402
from benchmarks.search.drive import drive  # noqa: E402
from benchmarks.search.methods import Task, find_method  # noqa: E402
from benchmarks.search.spaces import FlatSpace  # noqa: E402
from benchmarks.search.tables import open_table  # noqa: E402
from benchmarks.search.tables.made import MADE  # noqa: E402
from benchmarks.search.tables.protocol import best_of  # noqa: E402
from benchmarks.search.training import Trainings  # noqa: E402

EVERY = pytest.mark.parametrize("name", MADE)
TABLES = {name: open_table(f"made:{name}") for name in MADE}
SPACES = {name: Space.from_dict(table.space) for name, table in TABLES.items()}
FLAT = {name: FlatSpace(table.space) for name, table in TABLES.items()}


def value_of(parameter):
    if parameter.kind == "choice":
        return st.sampled_from(parameter.options)
    numbers = st.integers if parameter.kind == "int" else st.floats
    return numbers(parameter.low, parameter.high)


def sampled(name, seed):
    """Return the genes of a random genome."""
    return FLAT[name].genes(FLAT[name].sample(random.Random(seed)))


# -- laws


@EVERY
@settings(max_examples=30)
@given(data=st.data())
def test_every_genome_has_a_value_that_grows_to_its_formula(name, data):
    table = TABLES[name]
    genes = FLAT[name].genes(FLAT[name].choose(lambda parameter: data.draw(value_of(parameter), parameter.name)))
    assert SPACES[name].why_not(Genome(genes)) is None
    full = table.evaluate(genes, table.epochs)["value"]
    assert full == table.formula(genes)
    assert math.isfinite(full)
    assert full <= (best_of(table) or table.ceiling) + 1e-12
    values = [row["value"] for row in table.curve(genes, table.epochs)]
    assert all(before < after for before, after in itertools.pairwise(values))
    assert values == [table.evaluate(genes, epoch)["value"] for epoch in range(1, table.epochs + 1)]
    assert 10 <= table.seconds(genes) <= 60


@EVERY
def test_orders_at_the_first_epoch_cross_a_little(name):
    table = TABLES[name]
    values = [[row["value"] for row in table.curve(sampled(name, seed), table.epochs)] for seed in range(300)]
    first, third, last = np.argsort(np.argsort(np.array(values)[:, [0, 2, -1]], axis=0), axis=0).T
    assert 0.7 < np.corrcoef(first, last)[0, 1] < np.corrcoef(third, last)[0, 1] < 0.999


@EVERY
def test_peers_see_the_same_order(name):
    task = Task(TABLES[name], seed=0, evaluations=10)
    values = np.linspace(-1.0, best_of(task.table) or task.table.ceiling, 50)
    losses = np.array([task.loss(value) for value in values])
    assert (np.diff(losses) < 0).all()
    assert losses[-1] >= 0


def test_values_are_the_same_in_a_fresh_process():
    asked = [(f"made:{name}", sampled(name, seed)) for name in MADE for seed in range(5)]
    code = (
        "import json, sys; from benchmarks.search.tables import open_table; "
        "print(json.dumps([open_table(name).evaluate(genes, 3) for name, genes in json.load(sys.stdin)]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    told = json.dumps(asked, sort_keys=True)  # other order of the genes
    done = subprocess.run(
        [sys.executable, "-c", code], input=told, capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [open_table(name).evaluate(genes, 3) for name, genes in asked]


@pytest.mark.parametrize(
    ("name", "early", "full"),
    [
        ("interactions", 0.4606059520906615, 0.4931486132467267),
        ("widths", -1.0552817581152756, -0.4437976052555032),
        ("hartmann", -0.11127231369931237, 0.0798893456011665),
        ("layers", -0.47478811734298354, -0.299373457799936),
        ("mixed", 0.7429661235072453, 0.8756161896180914),
        ("ackley", 17.46761869078131, 18.471800957771368),
    ],
)
def test_values_stay_what_they_were(name, early, full):
    genes, table = sampled(name, 0), TABLES[name]
    assert [table.evaluate(genes, epochs)["value"] for epochs in (1, 27)] == pytest.approx([early, full], rel=1e-12)


# -- what is best


def along(worths, places, axes):
    """Return worths with an axis for each place of ``axes``, of length 1 where they do not depend on it."""
    order = sorted(range(len(places)), key=lambda at: axes.index(places[at]))
    return worths.transpose(order).reshape([4 if place in places else 1 for place in axes])


def test_nothing_is_better_than_the_best_of_interactions():
    table, count = TABLES["interactions"], 15
    parts = []
    for place in range(count):
        worths = [table.worth(place, *options) for options in itertools.product("abcd", repeat=3)]
        parts.append((table.company(place), np.reshape(worths, (4, 4, 4))))
    for out in range(count):  # a place after the other takes its best option, for each of those that it depends on
        near = [part for part in parts if out in part[0]]
        others = sorted({place for places, _ in near for place in places} - {out})
        worths = sum(along(worths, places, [*others, out]) for places, worths in near)
        parts = [part for part in parts if out not in part[0]] + [(others, worths.max(axis=-1))]
    assert sum(float(worths) for _, worths in parts) / count == pytest.approx(table.best, abs=1e-12)


def test_the_best_of_mixed_stands_beside_the_ridge():
    table = TABLES["mixed"]
    sgd = {"type": "sgd", "learning_rate": 10**0.3 * 0.5, "momentum": 0.5, "nesterov": True}
    others = {"optimizer": sgd, "weight_decay": 1e-6, "batch_size": 64, "schedule": "cosine"}
    values = [
        table.formula({**others, "depth": depth, "width": width}) for depth in range(1, 21) for width in range(16, 1025)
    ]
    assert max(values) == pytest.approx(table.best, abs=1e-12)


BEST = {
    "widths": {"x": 0.3, **{f"width_{place}": 10 for place in range(4)}},
    "ackley": {
        **{f"x{place}": 10 ** (-1 - 0.4 * place) for place in range(5)},
        **{f"kernel_{place}": 5 for place in range(3)},
    },
    "hartmann": {  # found by ascents from 60 places
        f"x{place}": value
        for place, value in enumerate([0.20168951, 0.15001069, 0.47687397, 0.27533243, 0.31165161, 0.65730053])
    },
}


@pytest.mark.parametrize(("name", "genes"), BEST.items(), ids=BEST)
def test_the_best_is_reached(name, genes):
    assert SPACES[name].why_not(Genome(genes)) is None
    assert TABLES[name].formula(genes) == pytest.approx(TABLES[name].best, abs=1e-9)


def test_layers_are_best_in_their_order():
    kinds = ["convolution", "separable", "convolution", "pooling", "separable"]
    layers = [
        {"kind": kind, "width": width, "activation": "gelu"}
        for kind, width in zip(kinds, [16, 23, 32, 45, 64], strict=True)
    ]
    genes = {"layers": layers, "learning_rate": 10**-2.7, "dropout": 0.2}
    best = TABLES["layers"].formula(genes)
    assert 0.595 < best < 0.605
    assert TABLES["layers"].formula({**genes, "layers": layers[1:] + layers[:1]}) < best - 0.2
    assert TABLES["layers"].formula({**genes, "layers": layers[:4]}) < best - 0.01
    twice = [*layers[:4], {**layers[4], "kind": "pooling"}]
    assert TABLES["layers"].formula({**genes, "layers": twice}) < best - 0.18


# -- names and searches


def test_the_group_stands_for_all():
    names = cli.tables_of(["made"])
    assert names == [f"made:{name}" for name in MADE]
    assert [type(open_table(name)) for name in names] == list(MADE.values())


@pytest.mark.parametrize(("name", "said"), [("made:layer", "layer"), ("made", "without a name")])
def test_a_wrong_name_is_told_the_right_ones(name, said):
    with pytest.raises(ValueError, match=f"no made function {said}: expected .*{', '.join(MADE)}"):
        open_table(name)


# The last figure is the mean over 200 random searches of the best of as many evaluations. Of 70 seeds of the search
# none was below it, and their mean was at least 3.4 of their standard deviations above it.
@pytest.mark.parametrize(
    ("name", "evaluations", "by_chance"),
    [
        ("interactions", 40, 0.657),
        ("widths", 40, 0.835),
        ("hartmann", 80, 1.965),
        ("layers", 60, 0.090),
        ("mixed", 60, 0.9196),
        ("ackley", 30, 18.84),
    ],
)
def test_a_search_is_better_than_chance(name, evaluations, by_chance):
    table = TABLES[name]
    method, _ = find_method("evolution")
    trace = drive(method.start(Task(table, 0, evaluations)), Trainings(table), evaluations)
    assert by_chance < max(trace["value"]) <= (best_of(table) or table.ceiling) + 1e-6  # traces have six places


def test_a_search_at_rungs_goes_up_the_curves():
    method, _ = find_method("evolution")
    table = TABLES["layers"]
    trace = drive(method.start(Task(table, 0, 8, rungs=True)), Trainings(table), 8)
    assert {3, 9, 27} >= set(trace["reached"]) > {27}
