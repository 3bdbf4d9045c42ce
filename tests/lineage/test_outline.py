"""The outline says of a run what the store says of it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evonas.errors import LineageError, RunError
from evonas.lineage import LineageStore
from evonas.lineage.outline import Outline
from evonas.testing.births import bear, new_run

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"


@pytest.fixture
def run(tmp_path):
    with LineageStore.create(tmp_path / "run", new_run(), synchronous="off") as store:
        store.add_session()
        for number, parents in enumerate([(), (), (0, 1), (2,)]):
            individual, request = bear(number, parents)
            store.add_individual(individual, request)
            if number < 3:
                store.add_result(request.result({"accuracy": number / 10}, seconds=2.0, curve=[{"epoch": 1}]))
        again = replace(bear(1)[1], number=9, rung=1, trained=3, repeat=2)
        store.add_request(again)
        store.add_result(again.result({"accuracy": 0.7}))
        store.mark_deaths([0], at_evaluation=3)
        store.end_session("enough")
    return tmp_path / "run"


def assert_the_same(place):
    with LineageStore.open(place, read_only=True) as store, Outline(place) as outline:
        assert outline.run == store.run
        stored = [replace(one, birth=_bare(one.birth)) for one in store.individuals()]
        assert outline.individuals() == stored
        assert outline.lives() == store.lives() and outline.elapsed() == pytest.approx(store.elapsed())
        assert outline.pending() == [request.individual for request in store.pending_requests()]
        bare = {"setup_seconds": 0.0, "device": None, "peak_memory": None, "log": None, "artifacts": {}}
        assert [replace(one, result=replace(one.result, **bare)) for one in outline.results()] == [
            replace(one, result=replace(one.result, **bare)) for one in store.results(curves=False)
        ]


def _bare(birth):
    return replace(birth, changes=(), forecast={}, random_state="")


def test_a_run(run):
    assert_the_same(run)
    with Outline(run) as outline:
        assert [one.repeat for one in outline.results()] == [0, 0, 0, 2] and len(outline.pending()) == 1


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("lineage-*.sqlite")), ids=lambda path: path.stem)
def test_a_run_of_each_schema(tmp_path, sample):
    shutil.copyfile(sample, tmp_path / "lineage.sqlite")
    assert_the_same(tmp_path)


def test_no_run(tmp_path):
    with pytest.raises(RunError, match="no such run"):
        Outline(tmp_path / "none")
    (tmp_path / "lineage.sqlite").write_text("nothing of the kind")
    with pytest.raises(LineageError):
        Outline(tmp_path)
