"""What a filter may ask about the individuals of a run."""

from pathlib import Path

import pytest

from evonas.genome import GeneChange, Genome
from evonas.lineage import LineageStore, RunRecord
from evonas.lineage.conditions import FilterError
from evonas.lineage.facts import FIELDS, chosen, describe, matching
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual, Parent


def genes(units, **more):
    return {"layers": [{"units": one} for one in units], "learning": {"optimizer": {"type": "adam", **more}}}


@pytest.fixture(scope="module")
def everyone(tmp_path_factory):
    """Return what is known of: 0 a founder; 1 a seed; 2 a child, promoted and repeated; 3 diverged; 4 pending."""
    run = RunRecord.new("facts", config={}, space={}, objectives=[{"metric": "auc"}])
    born = [
        (genes([8]), Birth(("founder",))),
        (genes([16, 32], momentum=0.9), Birth(("seed",), (Parent(None, role="seed", source="baseline lenet"),))),
        (
            genes([8, 64], learning_rate=1e-3),
            Birth(
                ("crossover", "mutate_one"),
                (Parent(0), Parent(1, role="mate")),
                (GeneChange("layers[1]", "added", None, {"units": 64}),),
                1,
            ),
        ),
        (genes([128]), Birth(("mutate_one",), (Parent(0),), (), 1)),
        (genes([9]) | {"odd-name": True}, Birth(("mutate_one",), (Parent(2),), (), 2)),
    ]
    place = tmp_path_factory.mktemp("facts")
    with LineageStore.create(place, run, synchronous="normal") as store:
        for number, (content, birth) in enumerate(born):
            genome = Genome(content, "dense")
            request = EvaluationRequest(number, number, genome, 3, number)
            store.add_individual(Individual(number, genome, birth, {"parameters": 1000.0 * (number + 1)}), request)
            if number < 3:
                metrics = {"auc": 0.5 + number / 10, "gene": 1.0}
                store.add_result(request.result(metrics, seconds=2.0, device="gpu:0"))
            elif number == 3:
                store.add_result(request.failure(EvaluationStatus.DIVERGED, "loss is NaN", seconds=1.0))
        for number, (rung, repeat, auc) in enumerate([(1, 0, 0.8), (1, 1, 0.9)], start=5):
            request = EvaluationRequest(number, 2, Genome(born[2][0], "dense"), 6, 1, rung, trained=3, repeat=repeat)
            store.add_request(request)
            store.add_result(request.result({"auc": auc, "gene": 1.0}, seconds=4.0))
        store.mark_deaths([0], at_evaluation=2)
    with LineageStore.open(place, read_only=True) as store:
        return describe(store)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("individual in (1, 4)", {1, 4}),
        ("generation >= 1", {2, 3, 4}),
        ("fitness > 0.7", {2}),
        ("auc > 0.8499 and auc < 0.8501", {2}),
        ("val_auc < 0.55", {0}),
        ("metric.auc > 0.5", {1, 2}),
        ("auc is missing", {3, 4}),
        ("status = completed", {0, 1, 2}),
        ("status in (diverged, pending)", {3, 4}),
        ("rung = 1 and trainings = 2 and epochs = 9", {2}),
        ("seconds > 1.5", {0, 1, 2}),
        ("device contains gpu", {0, 1}),
        ("error contains nan", {3}),
        ("error is missing", {0, 1, 2, 4}),
        ("operator = mutate_one", {2, 3, 4}),
        ("operators != mutate_one", {0, 1}),
        ("changed contains 'layers['", {2}),
        ("parents = 0", {2, 3}),
        ("parent = 1", {2}),
        ("founder", {0, 1}),
        ("baseline = lenet", {1}),
        ("born = 2", {2}),
        ("died <= 2", {0}),
        ("alive", {1, 2}),
        ("family = dense", {0, 1, 2, 3, 4}),
        ("parameters >= 4e3", {3, 4}),
        ("cost.parameters < 1500", {0}),
        ("learning.optimizer.momentum = 0.9", {1}),
        ("learning.optimizer.type = adam and learning.optimizer.learning_rate < 1e-2", {2}),
        ("gene.learning.optimizer.momentum is known", {1}),
        ("gene = 1", {0, 1, 2}),
        ("layers[0].units = 8", {0, 2}),
        ("layers[-1].units > 60", {2, 3}),
        ("layers[*].units in (16, 64)", {1, 2}),
        ("layers[7].units = 8", set()),
        ("layers.length = 2", {1, 2}),
        ("layers is known", {0, 1, 2, 3, 4}),
        ("`odd-name`", {4}),
    ],
)
def test_names(everyone, text, numbers):
    assert chosen(everyone, text) == numbers


def test_every_field_can_be_asked(everyone):
    for name, field in FIELDS.items():
        assert field.meaning and field.kind in ("number", "text", "truth")
        chosen(everyone, f"{name} is known")


def test_a_genome_is_found_by_its_id(everyone):
    assert chosen(everyone, f"genome = '{everyone[3].individual.genome.id}'") == {3}


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("parameters < 5 and val_acu > 0.5", 20, "did you mean `auc`?"),
        ("paramters < 5", 1, "did you mean `parameters`?"),
        ("learning_rate < 5", 1, "did you mean `learning.optimizer.learning_rate`?"),
        ("rate = 1 or momentum < 5", 1, "expected: metrics and costs auc, gene, parameters; genes"),
        ("layers.units > 8", 1, "did you mean `layers[*].units`?"),
        ("generatoin = 1", 1, "did you mean `generation`?"),
        ("status = complete", 10, "did you mean `completed`?"),
        ("operator in (crossover, mutate)", 25, "no operator `mutate`"),
        ("auc = good", 7, "`auc` is a number"),
        ("auc", 1, "`auc` is a number"),
        ("status < 3", 10, "`status` is a text"),
        ("alive = 3", 9, "`alive` or `not alive`"),
        ("cost.auc > 1", 1, "no metric, cost or gene"),
        ("zzzz = 1", 1, "every run has individual"),
    ],
)
def test_names_that_are_none(everyone, text, column, said):
    with pytest.raises(FilterError) as caught:
        chosen(everyone, text)
    assert caught.value.column == column
    assert said in str(caught.value)


def test_before_the_first_result_any_metric_may_be_asked_for():
    genome = Genome(genes([8]))
    individual = Individual(0, genome, Birth(("founder",)))
    assert matching("auc > 0.5", [individual], []) == set()
    assert matching("not auc > 0.5", [individual], []) == {0}
    assert matching("auc > 0.5", [], []) == set()
    with pytest.raises(FilterError, match="is a number"):
        matching("generation = x", [individual], [])


def test_the_reference_names_every_field():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "filters.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [f"| `{name}` | {field.kind} | {field.meaning} |" for name, field in FIELDS.items()] == rows[: len(FIELDS)]
