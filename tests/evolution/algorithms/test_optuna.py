"""Optuna's samplers: genes as parameters, what a study is told, what happens where a package is missing."""

import importlib.util
import logging
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas import Engine, EvolutionConfig, Space
from evonas.config.schema import SearchConfig
from evonas.errors import ConfigError, DependencyError
from evonas.evolution.algorithms import study
from evonas.evolution.algorithms.parameters import Parameters, has_conditions
from evonas.records import EvaluationStatus
from evonas.testing.operators import SPACES
from evonas.testing.toy import toy_evaluate, toy_space

optuna = pytest.importorskip("optuna")

GENES = {
    "whole": {"int": [3, 300]},
    "even": {"int": [2, 10], "step": 2},
    "wide": {"int": [1, 512], "log": True},
    "doubled": {"int": [8, 64], "log": True, "step": 8},
    "real": {"float": [-1.0, 1.0]},
    "rate": {"float": [1e-5, 1.0], "log": True},
    "stepped": {"float": [0.0, 0.5], "step": 0.05},
    "option": {"choice": ["a", None, 3, 2.5, {"b": [1]}]},
    "on": "bool",
    "fixed": 7,
}
EVERY = (*SPACES, GENES)


def engine(spec=None, algorithm="tpe", **config):
    space = toy_space() if spec is None else Space.from_dict(spec)
    return Engine(space, EvolutionConfig(**{"evaluations": 40, **config}), 1, search=SearchConfig(algorithm=algorithm))


def searched(searching, evaluate):
    while (request := searching.ask()) is not None:
        searching.tell(evaluate(request))
    return searching


def toy(request):
    return request.result(toy_evaluate(request.genome, request.epochs))


class Echo:
    """A trial that suggests given parameters, and fails for any other."""

    def __init__(self, params):
        self.params = params
        self.asked = []

    def _given(self, name):
        self.asked.append(name)
        return self.params[name]

    def suggest_float(self, name, low, high):
        assert low <= self.params[name] <= high
        return self._given(name)

    def suggest_int(self, name, low, high, log=False):
        assert low <= self.params[name] <= high
        return self._given(name)

    def suggest_categorical(self, name, choices):
        assert self.params[name] in choices
        return self._given(name)


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("spec", EVERY, ids=range(len(EVERY)))
@given(seed=st.integers(0, 2**32))
def test_a_genome_becomes_parameters_and_comes_back(spec, conditional, seed):
    space = Space.from_dict(spec)
    for categories in (True, False):
        parameters = Parameters(space, conditional=conditional, categories=categories)
        genome = space.sample(np.random.default_rng(seed))
        told = parameters.of(genome)
        trial = Echo(told["params"])
        back = parameters.ask(trial)
        assert space.why_not(back) is None
        for site, other in zip(space.genes(genome), space.genes(back), strict=True):
            assert site.path == other.path
            assert site.gene.to_unit(site.value) == pytest.approx(other.gene.to_unit(other.value), abs=1e-12)
        if conditional:
            assert trial.asked == list(told["params"]), "no more is asked than the genome has"
        optuna.trial.create_trial(value=0.0, **told)  # Optuna finds every parameter within its distribution


def test_a_study_sees_ranges_categories_and_scales():
    told = Parameters(Space.from_dict(GENES), conditional=True).of(
        Space.from_dict(GENES).sample(np.random.default_rng(0))
    )["distributions"]
    kinds = {name: type(one).__name__.removesuffix("Distribution") for name, one in told.items()}
    assert kinds == {
        **dict.fromkeys(["whole", "even", "stepped", "wide"], "Int"),
        "doubled": "Int",
        **dict.fromkeys(["real", "rate"], "Float"),
        **dict.fromkeys(["option", "on"], "Categorical"),
    }
    assert told["wide"].log and told["wide"].high == 512
    assert not told["even"].log and told["even"].high == 4
    assert len(told["option"].choices) == 5


@pytest.mark.parametrize(
    ("spec", "conditional"),
    [
        (SPACES[0], True),
        (SPACES[1], True),
        (SPACES[2], False),
        (GENES, False),
        ({"a": {"repeat": "bool", "length": 3}}, False),
        ({"a": {"select": {"one": {"b": "bool"}}}}, False),
    ],
)
def test_conditions(spec, conditional):
    assert has_conditions(Space.from_dict(spec).root) is conditional


def test_nothing_is_printed_and_nothing_of_optuna_is_changed(capfd):
    before = optuna.logging.get_verbosity()
    searched(engine(evaluations=15), toy)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before == logging.INFO


def test_failures_are_avoided():
    """Half of the space fails: later births keep away from it."""

    def evaluate(request):
        if request.genome["on"]:
            return request.failure(EvaluationStatus.CRASHED, "for the test")
        return request.result({"accuracy": 0.5 + 0.01 * request.genome["real"]})

    done = searched(engine(GENES, evaluations=60), evaluate)
    late = [one.genome["on"] for one in done.individuals[30:]]
    assert np.mean(late) < 0.25


def test_constraints_are_kept_to():
    """Who breaks one is avoided like a failure, however good."""

    def evaluate(request):
        on, real = request.genome["on"], request.genome["real"]
        return request.result({"accuracy": on - real**2, "size": 1.0 + on})

    for algorithm in ("tpe", "cmaes", "grid"):
        done = searched(engine(GENES, algorithm, evaluations=120, constraints={"size": {"max": 1.5}}), evaluate)
        assert -0.3 < done.best().values[0] <= 0.0
        late = [one.genome["on"] for one in done.individuals[60:]]
        assert np.mean(late) < 0.5, algorithm


def test_evaluations_under_way_keep_births_apart():
    """With constant liars, births asked for at once are not all at the best place."""
    searching = engine({"x": {"float": [0.0, 1.0]}}, evaluations=60)
    for _ in range(40):
        request = searching.ask()
        searching.tell(request.result({"accuracy": -abs(request.genome["x"] - 0.5)}))
    together = [searching.ask().genome["x"] for _ in range(10)]
    assert min(np.diff(sorted(together))) > 1e-4
    assert np.std(together) > 0.02


def completed(searching):
    trials = searching.algorithm._study._study.get_trials()
    return [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]


def test_a_repeat_changes_the_value_of_its_trial():
    """To the mean, once the next birth asks."""
    search = SearchConfig(algorithm="tpe", repeats=1)
    searching = Engine(toy_space(), EvolutionConfig(evaluations=48), 1, search=search)
    searched(searching, lambda request: request.result(toy_evaluate(request.genome, 1, request.seed)))
    searching.algorithm.birth(len(searching.individuals))
    repeated = [one for one in searching.members if len(one.results) > 1]
    assert repeated
    values = [trial.value for trial in completed(searching)]
    assert values == pytest.approx([searching.member(one.number).values[0] for one in searching.individuals])


def test_a_shrunk_genome_is_told_as_what_was_trained():
    searching = Engine(
        toy_space(),
        EvolutionConfig(evaluations=30, limits={"units": 200}),
        1,
        search=SearchConfig(algorithm="tpe"),
        appraise=lambda genome: {"units": sum(layer["units"] for layer in genome["layers"])},
    )
    searched(searching, toy)
    assert any("shrink" in one.birth.operators for one in searching.individuals)
    trials = completed(searching)
    assert len(trials) == 30
    for one, trial in zip(searching.individuals, trials, strict=True):
        assert trial.params["layers.length"] + 1 == len(one.genome["layers"])
        assert trial.params["layers.0.units"] == one.genome["layers"][0]["units"]
        assert trial.value == pytest.approx(toy_evaluate(one.genome, 1)["accuracy"])


@pytest.mark.parametrize(
    ("algorithm", "package", "extra"),
    [("tpe", "optuna", "baselines"), ("cmaes", "cmaes", "baselines"), ("gp", "torch", "gp")],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, algorithm, package, extra):
    def find(name):
        return None if name == package else importlib.util.find_spec("json")

    monkeypatch.setattr(study, "find_spec", find)
    with pytest.raises(DependencyError, match=f"`algorithm: {algorithm}` needs {package}") as caught:
        engine(algorithm=algorithm)
    assert f'pip install "evonas[{extra}]"' in caught.value.hint
    assert caught.value.key == "search.algorithm"


def test_one_objective_where_the_sampler_has_one():
    with pytest.raises(ConfigError, match="one objective") as caught:
        engine(algorithm="cmaes", objectives=["accuracy", "loss"])
    assert "tpe" in caught.value.hint


def test_optuna_is_imported_when_it_is_used():
    code = "import sys; from evonas import Engine; sys.exit(bool({'optuna', 'cmaes', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
