"""Which of an individual's evaluations an export tells of."""

import pytest

from evonas.errors import ExportError
from evonas.export.winner import chosen
from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.run import RunDirectory
from evonas.testing.stores import bear, new_run


@pytest.fixture
def run(tmp_path):
    """A run whose first individual went two rungs up, failed at a third, and was repeated."""
    genome = bear(0)[0].genome
    with LineageStore.create(tmp_path, new_run()) as store:
        store.add_individual(*bear(0))
        store.add_individual(*bear(1))
        store.add_result(bear(0)[1].result({"accuracy": 0.5}, seconds=1.0))
        store.add_result(bear(1)[1].failure(EvaluationStatus.CRASHED, "a bug"))
        steps = [(6, 1, 3, 0), (9, 1, 0, 1), (18, 2, 9, 0)]
        for number, (epochs, rung, trained, repeat) in enumerate(steps, start=2):
            request = EvaluationRequest(number, 0, genome, epochs, 1, rung, trained=trained, repeat=repeat)
            store.add_request(request)
            if rung == 1:
                store.add_result(request.result({"accuracy": 0.5 + number / 10}, seconds=2.0))
            else:
                store.add_result(request.failure(EvaluationStatus.TIMED_OUT, "60 s"))
        yield RunDirectory(tmp_path), store


def test_its_own_training_at_the_highest_rung_with_all_that_led_there(run):
    individual, result = chosen(*run, 0)
    assert (individual.number, result.number, result.rung) == (0, 2, 1)
    assert (result.epochs, result.seconds, dict(result.metrics)) == (9, 3.0, {"accuracy": 0.7})


def test_a_failure_is_not_exported(run):
    with pytest.raises(ExportError, match="no completed evaluation"):
        chosen(*run, 1)
