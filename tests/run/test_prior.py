"""What a run knows of the runs that seed it."""

import shutil

import pytest

from evonas.config import parse_config
from evonas.genome import Genome, write_genome
from evonas.genome.files import GenomeFile
from evonas.lineage import LineageStore
from evonas.run import assembly, evolve, resume, seeding
from evonas.run.session import _as_begun
from evonas.space import Space


@pytest.fixture
def earlier(tmp_path, toy):
    """A finished run with rungs."""
    made = toy(search={"rungs": [1, 3], "repeats": "none"}, name="earlier")
    return evolve(parse_config(made), tmp_path / "earlier").directory.path


def question(toy, *seeds, **changes):
    config = parse_config(toy(seeds=[str(seed) for seed in seeds], **changes))
    return config, assembly.build_space(config)


def test_all_that_was_measured_is_known_at_the_highest_rung_of_each(toy, earlier):
    known = seeding.prior_evaluations(*question(toy, earlier))
    with LineageStore.open(earlier, read_only=True) as store:
        individuals, results = store.individuals(), store.results()
        assert {one.run for one in known} == {store.run_id}
    reached = {}
    for stored in results:
        reached[stored.result.individual] = stored.result.metrics["accuracy"]
    expected = {individuals[number].genome.id: (value,) for number, value in reached.items()}
    assert {one.genome.id: one.values for one in known} == expected
    assert [one.values for one in known] == sorted((one.values for one in known), reverse=True)


def test_a_run_is_asked_once_whatever_is_selected(toy, earlier):
    once = seeding.prior_evaluations(*question(toy, f"{earlier}:best(2)"))
    assert len(seeding.prior_evaluations(*question(toy, f"{earlier}:best(2)", f"{earlier}:1"))) == len(once)


def test_genomes_are_repaired_into_the_space(toy, earlier):
    space = toy()["space"] | {"batch_size": {"choice": [256, 512]}}
    config, narrow = question(toy, earlier, space=space)
    known = seeding.prior_evaluations(config, narrow)
    assert {one.genome["batch_size"] for one in known} <= {256, 512}
    assert all(not narrow.repair(one.genome).changes for one in known)


def test_a_run_that_measured_something_else_tells_nothing(toy, earlier):
    settings = toy(seeds=[str(earlier)])
    settings["evolution"] |= {"objectives": ["purity"]}
    config = parse_config(settings)
    assert seeding.prior_evaluations(config, assembly.build_space(config)) == []


def test_genome_files_measured_nothing(tmp_path, toy):
    write_genome(tmp_path / "one.yaml", GenomeFile(Genome({"x": 0.5}), name="one"))
    config = parse_config(toy(seeds=[str(tmp_path / "one.yaml")], space={"x": {"float": [0, 1]}}))
    assert seeding.prior_evaluations(config, Space.from_dict(config.space)) == []


def test_of_very_many_some_are_taken_from_the_best_to_the_worst(toy, earlier, monkeypatch):
    whole = seeding.prior_evaluations(*question(toy, earlier))
    monkeypatch.setattr(seeding, "_PRIOR", 5)
    some = seeding.prior_evaluations(*question(toy, earlier))
    assert 1 < len(some) <= 5
    assert some == whole[:: -(-len(whole) // 5)]


def test_a_resumed_run_does_not_need_the_earlier_one(tmp_path, toy, earlier):
    made = toy(seeds=[f"{earlier}:best(2)"])
    outcome = evolve(parse_config(made), tmp_path / "run")
    shutil.rmtree(earlier)
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        (event,) = store.events("seeds")
        assert "evaluations of earlier runs are known" in event.message
        remembered = seeding.recall_prior(store)
        assert len(remembered) == len(event.data["prior"]) > 2
        assert _as_begun(parse_config(made), store.run) == parse_config(made)
    assert resume(tmp_path / "run").untouched
    assert outcome.finished
