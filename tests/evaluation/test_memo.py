import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.evaluation import Memo
from evonas.evaluation.memo import REUSED
from evonas.genome import Genome
from evonas.records import FAILURES, FINAL, EvaluationRequest, EvaluationStatus


def request(number=0, individual=0, epochs=3, seed=1, units=8, marks=None, **more) -> EvaluationRequest:
    genome = Genome({"layers": [{"units": units}]}, marks=marks)
    return EvaluationRequest(number, individual, genome, epochs, seed, **more)


def test_an_equal_genome_is_answered():
    memo = Memo()
    first = request()
    result = first.result({"accuracy": 0.9}, curve=[{"epoch": 1}], seconds=7.0, artifacts={"weights": "w.h5"})
    memo.learn(first, result)
    answer = memo.answer(request(number=5, individual=4, seed=2, marks={"layers": [[9, None]]}))
    assert (answer.number, answer.individual, answer.seed, answer.answered_by) == (5, 4, 2, 0)
    assert answer.status is EvaluationStatus.COMPLETED
    assert (answer.metrics, answer.curve) == (result.metrics, result.curve)
    assert (answer.epochs, answer.seconds, dict(answer.artifacts)) == (0, 0.0, {})


@pytest.mark.parametrize("other", [{"epochs": 4}, {"units": 9}, {"fraction": 0.5}, {"trained": 1}, {"repeat": 1}])
def test_another_budget_or_genome_is_not(other):
    memo = Memo()
    memo.learn(request(), request().result({"accuracy": 0.9}))
    assert memo.answer(request(number=1, **other)) is None


def test_the_same_epochs_in_other_steps_are_the_same_budget():
    memo = Memo()
    memo.learn(request(epochs=9), request(epochs=9).result({"accuracy": 0.9}))
    answer = memo.answer(request(number=1, individual=1, epochs=6, trained=3, rung=1))
    assert (answer.answered_by, answer.rung, answer.epochs) == (0, 1, 0)


def test_a_repeat_is_neither_answered_nor_an_answer():
    memo = Memo()
    again = request(number=1, repeat=1)
    memo.learn(again, again.result({"accuracy": 0.5}))
    assert len(memo) == 0
    memo.learn(request(), request().result({"accuracy": 0.9}))
    assert memo.answer(again) is None
    assert memo.answer(request(number=2, individual=1)).metrics == {"accuracy": 0.9}


def test_another_seed_is_another_question_where_noise_is_measured():
    memo = Memo(seeds="same")
    memo.learn(request(), request().result({"accuracy": 0.9}))
    assert memo.answer(request(number=1, seed=2)) is None
    assert memo.answer(request(number=1)) is not None


@pytest.mark.parametrize("status", sorted(set(EvaluationStatus) - {EvaluationStatus.COMPLETED}))
def test_failures_are_reused_where_they_lie_in_the_genome(status):
    memo = Memo()
    memo.learn(request(), request().failure(status, "because"))
    answer = memo.answer(request(number=1))
    if status in REUSED:
        assert (answer.status, answer.error, answer.answered_by) == (status, "because", 0)
    else:
        assert answer is None


def test_what_is_reused_is_final():
    assert REUSED < FINAL
    assert sorted(FAILURES - REUSED) == [EvaluationStatus.OUT_OF_MEMORY, EvaluationStatus.TIMED_OUT]


def test_a_request_does_not_answer_itself_when_it_is_run_again():
    memo = Memo()
    memo.learn(request(), request().result({"accuracy": 0.9}))
    assert memo.answer(request()) is None


def test_a_result_of_another_request_is_refused():
    with pytest.raises(ValueError, match="not that of request"):
        Memo().learn(request(0), request(1).result({"accuracy": 0.9}))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=20))
def test_the_original_is_always_a_run_evaluation(asked):
    memo = Memo()
    run = set()
    for number, (units, epochs) in enumerate(asked):
        one = request(number=number, units=units, epochs=epochs)
        answer = memo.answer(one)
        if answer is None:
            run.add(number)
            answer = one.result({"accuracy": 0.5})
        else:
            assert answer.answered_by in run
        memo.learn(one, answer)
    assert len(memo) == len(run) == len(set(asked))
