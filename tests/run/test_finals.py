"""The figures of finals."""

import math

from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.run import Final
from evonas.testing.toy import toy_space


def final(*accuracies):
    import numpy as np

    genome = toy_space().sample(np.random.default_rng(0))
    results = []
    for number, accuracy in enumerate(accuracies):
        request = EvaluationRequest(number, 0, genome, 3, number)
        if accuracy is None:
            results.append(request.failure(EvaluationStatus.CRASHED, "ValueError"))
        else:
            results.append(request.result({"accuracy": accuracy}))
    return Final(genome, tuple(results))


def test_mean_and_standard_error():
    three = final(0.5, 0.6, 0.7)
    assert three.mean("accuracy") == 0.6
    assert math.isclose(three.standard_error("accuracy"), 0.1 / math.sqrt(3))
    assert three.metrics == ["accuracy"]


def test_failures_do_not_count():
    two = final(0.5, None, 0.7)
    assert two.values("accuracy") == [0.5, 0.7]
    assert math.isclose(two.mean("accuracy"), 0.6)


def test_one_seed_has_no_error_and_none_has_no_figure():
    mean, error = final(0.5).table()["accuracy"]
    assert mean == 0.5 and math.isnan(error)
    nothing = final(None, None)
    assert nothing.table() == {} and math.isnan(nothing.mean("accuracy"))
