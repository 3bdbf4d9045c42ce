"""The contract of a model family as a test suite: subclass it, name the family, and pytest runs all of it.

::

    from evonas.testing.families import ModelFamilyContract

    class TestMyFamily(ModelFamilyContract):
        family = "my_family"            # as registered under evonas.models
        inputs = (((16, 16, 2), 3),)    # shapes of one example, with the number of outputs

Genomes are sampled from the family's own default space. One that cannot be built for an input must say so by a
GenomeError, both when it is counted and when it is built.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from evonas.errors import GenomeError
from evonas.genome import Genome
from evonas.space import Space
from evonas.training.families import ModelFamily, load_family, model_costs
from evonas.training.heads import classifier, regressor

__all__ = ["ModelFamilyContract"]


class ModelFamilyContract:
    """What every model family keeps to.

    Attributes:
        family: the name it is registered under.
        inputs: pairs of the shape of one example and the number of outputs.
        genomes: genomes that are only counted, for each input.
        models: genomes that are built, for each input; each takes about half a second.
        seed: seed of the sampling.
    """

    family: ClassVar[str]
    inputs: ClassVar[Sequence[tuple[tuple[int, ...], int]]]
    genomes: ClassVar[int] = 200
    models: ClassVar[int] = 5
    seed: ClassVar[int] = 0

    def reference(self, model: Any) -> Mapping[str, int]:
        """Return the costs of a built Keras model; override it where the generic rule lacks a layer."""
        return model_costs(model)

    def test_it_is_a_model_family(self) -> None:
        """It is found by its name and has all methods."""
        assert isinstance(load_family(self.family), ModelFamily)

    def test_its_default_space_is_valid_and_fresh(self) -> None:
        """Its default space can be read, and every caller gets an own copy."""
        family = load_family(self.family)
        spec = family.default_space()
        space = Space.from_dict(spec, family=self.family)
        assert Space.from_dict(space.to_dict(), family=self.family).to_dict() == space.to_dict()
        spec.clear()
        assert family.default_space(), "changing a returned space must not change the family's own"

    def test_starting_points_live_in_the_default_space(self) -> None:
        """Where it has starting points, they differ, need no repair, and can be built for every one of the inputs."""
        family = load_family(self.family)
        space = Space.from_dict(family.default_space(), family=self.family)
        genomes = [Genome(genes, self.family) for genes in getattr(family, "starting_points", dict)().values()]
        assert len({genome.id for genome in genomes}) == len(genomes), "two starting points are the same"
        for genome in genomes:
            assert space.repair(genome).changes == ()
            for shape, outputs in self.inputs:
                assert _why_not(family, genome, shape, outputs) is None, genome

    def test_spaces_and_costs_need_no_keras(self) -> None:
        """The coordinator asks for spaces and costs; it must not load a deep-learning framework."""
        shape, outputs = self.inputs[0]
        genome = self._buildable(shape, outputs, 1)[0]
        program = (
            "import sys; from evonas.training.families import load_family; "
            "from evonas.training.heads import classifier; "
            f"family = load_family({self.family!r}); family.default_space(); "
            f"family.costs({genome.genes!r}, {shape!r}, classifier({outputs})); "
            "print(*sorted({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)))"
        )
        answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip() == "", f"counting has imported {answer.stdout}"

    def test_costs_are_whole_numbers_and_repeatable(self) -> None:
        """The same genome always costs the same."""
        family = load_family(self.family)
        for shape, outputs in self.inputs:
            for genome in self._buildable(shape, outputs, self.genomes):
                costs = family.costs(genome, shape, classifier(outputs))
                assert set(costs) >= {"parameters", "operations"}
                assert all(type(value) is int and value >= 0 for value in costs.values()), costs
                assert family.costs(Genome(genome.genes, self.family), list(shape), classifier(outputs)) == costs

    def test_most_genomes_can_be_built(self) -> None:
        """At least half of the default space suits every one of the inputs."""
        family = load_family(self.family)
        for shape, outputs in self.inputs:
            errors = [_why_not(family, genome, shape, outputs) for genome in self._sample(self.genomes)]
            reasons = [error for error in errors if error]
            assert len(reasons) < self.genomes / 2, f"the default space does not suit an input of {shape}: {reasons[0]}"

    def test_costs_are_those_of_the_keras_model(self) -> None:
        """Counting the genome gives exactly what counting the built model gives."""
        family = load_family(self.family)
        for shape, outputs in self.inputs:
            for genome in self._buildable(shape, outputs, self.models):
                model = family.build(genome, shape, classifier(outputs))
                expected = self.reference(model)
                costs = family.costs(genome, shape, classifier(outputs))
                assert {name: costs[name] for name in expected} == dict(expected), genome

    def test_a_genome_that_cannot_be_counted_cannot_be_built(self) -> None:
        """Counting and building refuse the same genomes."""
        family = load_family(self.family)
        for shape, outputs in self.inputs:
            sampled = self._sample(self.genomes)
            refused = [genome for genome in sampled if _why_not(family, genome, shape, outputs)]
            for genome in refused[: self.models]:
                try:
                    family.build(genome, shape, classifier(outputs))
                except GenomeError:
                    continue
                raise AssertionError(f"costs() refuses this genome, build() does not: {genome}")

    def test_classifiers_give_probabilities_and_learn(self) -> None:
        """A classifier's outputs sum to 1, and a step of training stays finite."""
        rng = np.random.default_rng(self.seed)
        for shape, outputs in self.inputs:
            x = rng.normal(size=(8, *shape)).astype("float32")
            y = np.eye(outputs, dtype="float32")[rng.integers(outputs, size=8)]
            for genome in self._buildable(shape, outputs, 2):
                model = load_family(self.family).build(genome, shape, classifier(outputs))
                before = np.asarray(model.predict(x, verbose=0))
                assert before.shape == (8, outputs)
                np.testing.assert_allclose(before.sum(axis=1), 1.0, atol=1e-4)
                self._train_a_step(model, x, y, "categorical_crossentropy")

    def test_regression_is_not_bounded(self) -> None:
        """A regression's output is one free value, and a step of training stays finite."""
        rng = np.random.default_rng(self.seed)
        for shape, _ in self.inputs:
            x = rng.normal(size=(16, *shape)).astype("float32")
            genome = self._buildable(shape, 2, 1)[0]
            model = load_family(self.family).build(genome, shape, regressor(1))
            predictions = np.asarray(model.predict(x, verbose=0))
            assert predictions.shape == (16, 1)
            assert np.ptp(predictions) > 0, "every example has the same prediction: is there a softmax over one output?"
            assert model.count_params() == load_family(self.family).costs(genome, shape, regressor(1))["parameters"]
            self._train_a_step(model, x, np.zeros((16, 1), "float32"), "mse")

    def test_a_genome_of_another_family_is_refused(self) -> None:
        """Genes or a family name that are not its own are an error."""
        shape, outputs = self.inputs[0]
        family = load_family(self.family)
        own = self._buildable(shape, outputs, 1)[0]
        assert _why_not(family, Genome(own.genes, "another_family"), shape, outputs)
        assert _why_not(family, Genome({"no_such_gene": 1}, self.family), shape, outputs)

    def _train_a_step(self, model: Any, x: Any, y: Any, loss: str) -> None:
        model.compile(optimizer="sgd", loss=loss)
        assert np.isfinite(model.train_on_batch(x, y))
        assert all(np.all(np.isfinite(weights)) for weights in model.get_weights())

    def _sample(self, count: int) -> Iterator[Genome]:
        rng = np.random.default_rng(self.seed)
        space = Space.from_dict(load_family(self.family).default_space(), family=self.family)
        return (space.sample(rng) for _ in range(count))

    def _buildable(self, shape: tuple[int, ...], outputs: int, count: int) -> list[Genome]:
        """Return genomes that can be built for an input; the first ``count`` of ten times as many samples."""
        family = load_family(self.family)
        found = []
        for genome in self._sample(10 * count):
            if _why_not(family, genome, shape, outputs) is None:
                found.append(genome)
            if len(found) == count:
                break
        assert found, f"no genome of the default space can be built for an input of {shape}"
        return found


def _why_not(family: ModelFamily, genome: Genome, shape: tuple[int, ...], outputs: int) -> GenomeError | None:
    """Return the error that counting a genome raises, or None."""
    try:
        family.costs(genome, shape, classifier(outputs))
    except GenomeError as error:
        return error
    return None
