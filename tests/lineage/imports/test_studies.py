"""Optuna studies, made by Optuna itself and read from its storages."""

import warnings

import pytest

from evonas.errors import LineageError
from evonas.lineage import LineageStore, select
from evonas.lineage.imports import read_history, write_history
from evonas.records import EvaluationStatus
from evonas.space import Space

optuna = pytest.importorskip("optuna")


def objective(trial):
    rate = trial.suggest_float("learning.rate", 1e-4, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    kind = trial.suggest_categorical("optimizer", ["adam", "sgd", None])
    if kind == "sgd":
        trial.suggest_float("momentum", 0.0, 0.9, step=0.1)
    trial.set_user_attr("parameters", layers * 10)
    trial.set_user_attr("note", "not a number")
    for epoch in range(3):
        trial.report(layers / 4 - epoch / 100 - rate, epoch)
        if trial.number in (3, 5):
            raise optuna.TrialPruned
    if trial.number == 4:
        raise RuntimeError("boom")
    return layers / 4 - rate


@pytest.fixture(scope="module")
def storages(tmp_path_factory):
    """One study in an SQLite file; two with two objectives in a journal."""
    folder = tmp_path_factory.mktemp("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = optuna.samplers.RandomSampler(seed=1)
        study = optuna.create_study(
            storage=f"sqlite:///{folder}/study.db", study_name="one", direction="maximize", sampler=sampler
        )
        study.optimize(objective, n_trials=12, catch=(RuntimeError,))
        study.ask()
        study.enqueue_trial({"layers": 2})
        journal = optuna.storages.JournalStorage(
            optuna.storages.journal.JournalFileBackend(str(folder / "journal.log"))
        )
        for name in ("two", "three"):
            sampler = optuna.samplers.NSGAIISampler(
                seed=1, population_size=4, constraints_func=lambda trial: [trial.params["x"] - 0.9]
            )
            study = optuna.create_study(
                storage=journal, study_name=name, directions=["maximize", "minimize"], sampler=sampler
            )
            study.set_metric_names(["accuracy", "size"])
            study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_int("y", 0, 9)), n_trials=10)
    return folder


@pytest.fixture(scope="module")
def one(storages, tmp_path_factory):
    """The first study as a run."""
    before = (storages / "study.db").read_bytes()
    folder = tmp_path_factory.mktemp("imported") / "run"
    write_history(read_history(str(storages / "study.db")), folder)
    assert (storages / "study.db").read_bytes() == before, "the storage is only read"
    with LineageStore.open(folder, read_only=True) as store:
        yield store


def trials(storages):
    return optuna.load_study(study_name="one", storage=f"sqlite:///{storages}/study.db").trials


def test_trials_become_individuals(one, storages):
    made = trials(storages)[:13]  # one waits, and has no parameters yet
    assert len(one.individuals()) == 13
    for trial, individual in zip(made, one.individuals(), strict=True):
        genes = dict(trial.params)
        if "learning.rate" in genes:
            genes["learning"] = {"rate": genes.pop("learning.rate")}
        assert individual.genome.genes == genes
        assert individual.birth.operators == ("founder",) and not individual.birth.parents
    assert one.run.name == "one" and one.run.versions["optuna"] == optuna.__version__


def test_results_and_curves(one, storages):
    results = {stored.result.individual: stored.result for stored in one.results()}
    for trial in trials(storages)[:12]:
        result = results[trial.number]
        assert [row["epoch"] for row in result.curve] == list(range(1, len(trial.intermediate_values) + 1))
        if trial.number == 4:
            assert result.status is EvaluationStatus.CRASHED
        else:
            assert result.metrics["value"] == trial.value
            assert result.metrics["parameters"] == trial.user_attrs["parameters"]
        assert result.rung == (trial.state.name == "COMPLETE")
        lasted = (trial.datetime_complete - trial.datetime_start).total_seconds()
        assert result.seconds == pytest.approx(lasted, abs=1e-6)
    assert one.counts() | {"completed": 11, "crashed": 1, "pending": 1} == one.counts()
    assert one.best(1)[0].value == max(t.value for t in trials(storages) if t.state.name == "COMPLETE")


def test_distributions_become_a_space(one):
    space = Space.from_dict(one.run.space)
    assert one.run.space == {
        "learning": {"rate": {"float": [1e-4, 1e-1], "log": True}},
        "layers": {"int": [1, 4]},
        "optimizer": {"choice": ["adam", "sgd", None]},
        "momentum": {"float": [0.0, 0.9], "step": 0.1},
    }
    whole = [individual.genome for individual in one.individuals() if "momentum" in individual.genome]
    assert whole and all(space.contains(space.repair(genome).genome) for genome in whole)


def test_parameters_get_the_names_of_genes(storages, tmp_path):
    history = read_history(
        f"sqlite:///{storages}/study.db", genes={"layers": "net.depth"}, objective="accuracy", name="mine"
    )
    assert history.space["net"] == {"depth": {"int": [1, 4]}}
    write_history(history, tmp_path / "run")
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.run.name == "mine" and store.run.directions == (("accuracy", True),)
        assert set(select(store, "best")[0].genome["net"]) == {"depth"}


def test_a_journal_with_several_studies(storages, tmp_path):
    file = str(storages / "journal.log")
    with pytest.raises(LineageError, match="several studies") as caught:
        read_history(file)
    assert caught.value.expected == "one of two, three"
    history = read_history(file, study="two")
    write_history(history, tmp_path / "run")
    made = optuna.load_study(
        study_name="two", storage=optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(file))
    )
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.run.directions == (("accuracy", True), ("size", False))
        assert store.run.allowed == {"constraint_0": (None, 0.0)}
        assert max(one.birth.generation for one in store.individuals()) > 0, "NSGA-II counts generations"
        front = {one.number for one in select(store, "pareto")}
    assert front <= {trial.number for trial in made.best_trials}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"study": "on"}, "no such study"),
        ({"genes": {"layer": "x"}}, "no such parameter"),
        ({"objective": "a,b"}, "another number of objectives"),
    ],
)
def test_wrong_options(storages, options, words):
    with pytest.raises(LineageError, match=words):
        read_history(str(storages / "study.db"), **options)


def test_a_storage_that_is_none(tmp_path):
    with pytest.raises(LineageError, match="no such file"):
        read_history(f"sqlite:///{tmp_path}/nothing.db")
    assert not list(tmp_path.iterdir()), "no file is made"
    from evonas.testing.stores import new_run

    LineageStore.create(tmp_path / "own.sqlite", new_run()).close()
    with pytest.raises(LineageError, match="lineage of a run of evonas already"):
        read_history(str(tmp_path / "own.sqlite"))


def test_names_that_clash():
    from evonas.lineage.imports.genes import GeneNames

    names = GeneNames(["a", "a.b", "c[0].d", "e.f.g"])
    assert names.nested({"a": 1, "a.b": 2, "c[0].d": 3, "e.f.g": 4}) == {
        "a": 1, "a_b": 2, "c_0_": {"d": 3}, "e": {"f": {"g": 4}},
    }  # fmt: skip
