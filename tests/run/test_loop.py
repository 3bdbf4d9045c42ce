"""The loop takes all results that come together before it says that nothing works."""

import pytest

from evonas import Engine, EvaluationStatus, EvolutionConfig, SearchConfig, Space
from evonas.errors import EvaluationError
from evonas.evaluation import Memo
from evonas.evaluation.protocol import BackendSnapshot
from evonas.lineage import LineageStore, RunRecord
from evonas.run import Listener
from evonas.run.loop import Search
from evonas.run.retention import WeightKeeper

SPACE = Space.from_dict({"x": {"float": [0.0, 1.0]}})


class Together:
    """A backend whose evaluations all end at the same time, each as a function of its number says."""

    def __init__(self, capacity, status):
        self.capacity = capacity
        self._status = status
        self._running = []

    def submit(self, request):
        self._running.append(request)

    def wait(self, timeout=None):
        ended, self._running = self._running, []
        return [self._ended(request) for request in ended]

    def cancel(self):
        return self.wait()

    def snapshot(self):
        return BackendSnapshot(())

    def _ended(self, request):
        status = self._status(request.number)
        if status is EvaluationStatus.COMPLETED:
            return request.result({"accuracy": request.genome["x"]})
        return request.failure(status, "of the test")


@pytest.fixture
def search(tmp_path):
    """Return how many results are stored after a search, and the error that ended it."""

    def run(capacity, status, evaluations=40):
        config = EvolutionConfig(evaluations=evaluations, epochs=1)
        engine = Engine(SPACE, config, search=SearchConfig(algorithm="random"))
        objectives = [objective.model_dump() for objective in config.objectives]
        record = RunRecord.new("loop", config={}, space=SPACE.to_dict(), objectives=objectives)
        error = None
        with LineageStore.create(tmp_path / "lineage.sqlite", record) as store:
            store.add_session()
            keeper = WeightKeeper(tmp_path, store, 1)
            try:
                Search(engine, Together(capacity, status), store, Memo(), keeper, Listener(), lambda: False).run()
            except EvaluationError as raised:
                error = raised
            return len(store.results()), error

    return run


def test_what_comes_together_with_the_last_crash_is_stored(search):
    stored, error = search(30, lambda number: EvaluationStatus.CRASHED)
    assert stored == 30
    assert "all 30 evaluations so far crashed" in str(error)


def test_one_that_completed_among_crashes_lets_the_search_go_on(search):
    crashed, completed = EvaluationStatus.CRASHED, EvaluationStatus.COMPLETED
    stored, error = search(30, lambda number: completed if number == 25 else crashed)
    assert (stored, error) == (40, None)


def test_what_comes_together_with_the_last_loss_is_stored(search):
    lost, completed = EvaluationStatus.LOST, EvaluationStatus.COMPLETED
    stored, error = search(8, lambda number: completed if number < 2 else lost)
    assert stored == 8
    assert "6 evaluations in a row were lost" in str(error)
