"""The contract of a lineage store as tests: a new store inherits them with one class.

In a test file of the store's own project::

    from evonas.testing.stores import StoreContract

    class TestMyStore(StoreContract, store=MyStore): ...

``MyStore.create(place, run)`` and ``MyStore.open(place, read_only=...)`` are how it is called; ``place`` is a path in a
fresh folder, and a subclass that overrides :meth:`StoreContract.place` can make a database URL of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from evonas.errors import EvonasError, LineageError
from evonas.lineage import Artifact, LineageStore, RunRecord
from evonas.records import FINAL, EvaluationRequest, EvaluationResult, EvaluationStatus, Individual, Parent
from evonas.testing.births import bear, new_run

__all__ = ["StoreContract", "bear", "new_run"]


class StoreContract:
    """The tests; a subclass says which store."""

    store: ClassVar[type[LineageStore]]

    def __init_subclass__(cls, *, store: type[LineageStore]) -> None:
        """Say which class is tested."""
        super().__init_subclass__()
        cls.store = store

    def place(self, folder: Path) -> str | Path:
        """Return where in a fresh folder the store lies."""
        return folder / "lineage.sqlite"

    def create(self, folder: Path, run: RunRecord | None = None) -> LineageStore:
        """Return a fresh store."""
        return self.store.create(self.place(folder), run or new_run())

    def open(self, folder: Path, *, read_only: bool = False) -> LineageStore:
        """Return the store of a folder again."""
        return self.store.open(self.place(folder), read_only=read_only)

    def test_a_run_reads_back_equal(self, tmp_path: Path) -> None:
        """The run's record comes back as it went in, and its status is what was set last."""
        run = new_run()
        with self.create(tmp_path, run) as store:
            assert (store.run, store.run_id) == (run, run.id)
            store.set_run_status("interrupted", "stopped by SIGTERM")
        with self.open(tmp_path, read_only=True) as store:
            assert (store.run.status, store.run.reason) == ("interrupted", "stopped by SIGTERM")
            assert store.run.directions == (("accuracy", True), ("parameters", False))

    def test_an_individual_reads_back_equal(self, tmp_path: Path) -> None:
        """Genome, marks, order of genes, birth, parents of every kind, changes and costs come back."""
        forecast = {"mean": 0.1 + 0.2, "sd": 1e-300}
        foreign = Parent(7, run="ab" * 16, role="seed", source="runs/old:best")
        file = Parent(None, role="seed", source="genomes/lenet5.yaml")
        born = [bear(0), bear(1, [foreign]), bear(2, [file]), bear(3, [1, Parent(0, role="mate")], forecast=forecast)]
        with self.create(tmp_path) as store:
            for individual, request in born:
                store.add_individual(individual, request)
        with self.open(tmp_path, read_only=True) as store:
            assert store.individuals() == [individual for individual, _ in born]
            assert store.pending_requests() == [request for _, request in born]
            for individual, _ in born:
                found = store.individual(individual.number)
                assert found == individual
                assert found.genome.id == individual.genome.id
                assert found.genome.marks == individual.genome.marks
                assert list(found.genome) == list(individual.genome)
                assert found.genome.json == individual.genome.json
            assert dict(store.individual(3).birth.forecast) == forecast

    def test_a_result_reads_back_equal(self, tmp_path: Path) -> None:
        """Every field of every final status comes back."""
        results = []
        with self.create(tmp_path) as store:
            for number, status in enumerate(sorted(FINAL)):
                individual, request = bear(number)
                store.add_individual(individual, request)
                done = status is EvaluationStatus.COMPLETED
                result = EvaluationResult(
                    *(number, number, status),
                    metrics={"accuracy": 0.1 + 0.2, "loss": 1e-300} if done else {},
                    curve=[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.1 + 0.2}],
                    epochs=2,
                    seed=request.seed,
                    attempt=3,
                    seconds=1.5,
                    setup_seconds=0.25,
                    device="gpu:0",
                    peak_memory=2**40,
                    error="" if done else "a\ncause",
                    log="logs/1.txt",
                    artifacts={"weights": f"weights/{number}.h5"},
                    answered_by=number - 1 if number else None,
                )
                assert store.add_result(result)
                results.append(result)
        with self.open(tmp_path, read_only=True) as store:
            assert [stored.result for stored in store.results()] == results
            assert [stored.epochs_asked for stored in store.results()] == [3] * len(results)
            assert [list(stored.result.curve) for stored in store.results(curves=False)] == [[]] * len(results)
            assert store.result(2).result == results[2]  # type: ignore[union-attr] # a test fails on None all the same
            assert store.curve(1) == [dict(row) for row in results[1].curve]
            assert store.pending_requests() == []

    def test_results_come_in_order_of_completion(self, tmp_path: Path) -> None:
        """The order in which results were stored is kept, over a restart, too."""
        order = [3, 0, 4]
        with self.create(tmp_path) as store:
            for number in range(6):
                store.add_individual(*bear(number))
            for number in order:
                store.add_result(bear(number)[1].result({"accuracy": 0.5}))
        with self.open(tmp_path) as store:
            store.add_result(bear(1)[1].result({"accuracy": 0.5}))
            assert [stored.result.number for stored in store.results()] == [*order, 1]
            assert [stored.completion for stored in store.results()] == [0, 1, 2, 3]
            assert [stored.result.number for stored in store.results(after=1)] == [4, 1]
            assert [request.number for request in store.pending_requests()] == [2, 5]

    def test_a_second_result_changes_nothing(self, tmp_path: Path) -> None:
        """Storing a result is idempotent on the evaluation's number."""
        individual, request = bear(0)
        with self.create(tmp_path) as store:
            store.add_individual(individual, request)
            first = request.result({"accuracy": 0.5})
            assert store.add_result(first) is True
            assert store.add_result(first) is False
            assert store.add_result(request.failure(EvaluationStatus.CRASHED, "late")) is False
            assert store.add_result(request.failure(EvaluationStatus.CANCELLED, "later")) is False
            assert [stored.result for stored in store.results()] == [first]
            assert store.events() == []

    def test_a_cancelled_evaluation_stays_pending(self, tmp_path: Path) -> None:
        """What a person stopped is run again, and the cause is told."""
        individual, request = bear(0)
        cancelled = request.failure(EvaluationStatus.CANCELLED, "stopped by Ctrl-C", device="gpu:1")
        with self.create(tmp_path) as store:
            store.add_individual(individual, request)
            assert store.add_result(cancelled) is False
            assert _refuses(lambda: store.add_result(bear(9)[1].failure(EvaluationStatus.CANCELLED, "unknown")))
        with self.open(tmp_path) as store:
            assert store.results() == []
            assert store.pending_requests() == [request]
            (event,) = store.events("cancelled")
            assert (event.message, event.data["evaluation"]) == ("stopped by Ctrl-C", 0)
            assert event.data["device"] == "gpu:1"
            assert store.add_result(request.result({"accuracy": 0.5})) is True
            assert store.add_result(cancelled) is False
            assert len(store.events()) == 1

    def test_a_further_request_of_an_individual(self, tmp_path: Path) -> None:
        """An individual can be evaluated again; a retry keeps its row."""
        individual, request = bear(0)
        with self.create(tmp_path) as store:
            store.add_individual(individual, request)
            store.add_request(request.retry())
            again = EvaluationRequest(1, 0, individual.genome, epochs=9, seed=5, rung=1, resume_from="weights/0.h5")
            store.add_request(again)
            assert store.pending_requests() == [request.retry(), again]
            store.add_result(again.result({"accuracy": 0.5}))
            assert [stored.result.number for stored in store.results_of(0)] == [1]

    def test_the_rungs_of_an_individual(self, tmp_path: Path) -> None:
        """A promotion and a repeat are evaluations of their own; every field of their requests comes back."""
        individual, first = bear(0)
        more = {"trained": 3, "fraction": 0.1 + 0.2, "floor": ((4, 0.25), (6, 0.5)), "pooling": 2}
        promoted = EvaluationRequest(2, 0, individual.genome, 6, 5, rung=1, resume_from="weights/0.h5", **more)  # type: ignore[arg-type] # values of several types
        again = EvaluationRequest(3, 0, individual.genome, 9, 6, rung=1, repeat=1)
        with self.create(tmp_path) as store:
            store.add_individual(individual, first)
            store.add_individual(*bear(1))
            store.add_result(first.result({"accuracy": 0.5}))
            for request in (promoted, again):
                store.add_request(request)
            assert store.pending_requests() == [bear(1)[1], promoted, again]
            store.add_result(again.result({"accuracy": 0.7}))
            store.add_result(promoted.result({"accuracy": 0.8}))
        with self.open(tmp_path, read_only=True) as store:
            assert store.replay().requests == [first, bear(1)[1], promoted, again]
            assert [(stored.trained, stored.repeat) for stored in store.results_of(0)] == [(0, 0), (0, 1), (3, 0)]
            assert [stored.result.number for stored in store.results()] == [0, 3, 2]
            assert store.pending_requests() == [bear(1)[1]]

    def test_what_was_never_asked_for_is_refused(self, tmp_path: Path) -> None:
        """A result without a request, and an individual twice, are errors; what is stored stays."""
        individual, request = bear(0)
        with self.create(tmp_path) as store:
            store.add_individual(individual, request)
            assert _refuses(lambda: store.add_result(bear(9)[1].result({"accuracy": 1.0})))
            assert _refuses(lambda: store.add_individual(individual, request))
            assert _refuses(lambda: store.individual(9))
            assert store.counts()["individuals"] == 1
            assert store.pending_requests() == [request]

    def test_counts(self, tmp_path: Path) -> None:
        """Evaluations by status and individuals are counted; every status is named."""
        with self.create(tmp_path) as store:
            for number in range(3):
                store.add_individual(*bear(number))
            store.add_result(bear(0)[1].result({"accuracy": 1.0}))
            store.add_result(bear(1)[1].failure(EvaluationStatus.TIMED_OUT, "60 s"))
            counts = store.counts()
            assert {name: count for name, count in counts.items() if count} == {
                "pending": 1,
                "completed": 1,
                "timed_out": 1,
                "individuals": 3,
            }
            assert set(counts) == {"pending", "individuals", *(status.value for status in EvaluationStatus)}

    def test_replay_tells_births_and_results_in_their_order(self, tmp_path: Path) -> None:
        """A replay is the run again: births, results, and deaths."""
        told: list[int | str] = []
        with self.create(tmp_path) as store:
            for number in range(5):
                store.add_individual(*bear(number))
                told.append(number)
                if number % 2:
                    store.add_result(bear(number)[1].result({"accuracy": 0.5}, curve=[{"epoch": 1.0}]))
                    told.append(f"result {number}")
            store.mark_deaths([0, 1], at_evaluation=1)
            store.mark_deaths([1], at_evaluation=2)
        with self.open(tmp_path) as store:
            replay = store.replay()
            steps = [step.number if isinstance(step, Individual) else f"result {step.number}" for step in replay]
            assert steps == told
            assert list(replay.individuals) == store.individuals()
            assert [result.number for result in replay.results] == [1, 3]
            assert [dict(row) for row in replay.results[0].curve] == [{"epoch": 1.0}]
            assert replay.requests == [bear(number)[1] for number in range(5)]
            assert replay.deaths == {0: 1, 1: 1}
            assert store.lives() == {0: (0, 1), 1: (0, 1), 2: (1, None), 3: (1, None), 4: (2, None)}

    def test_best(self, tmp_path: Path) -> None:
        """The best come first, by any metric or cost, and only at the highest rung; of equals the older first."""
        with self.create(tmp_path) as store:
            for number, accuracy in enumerate([0.5, 0.9, 0.7, 0.9]):
                individual, request = bear(number)
                store.add_individual(individual, request)
                store.add_result(request.result({"accuracy": accuracy, "loss": 1 - accuracy}))
            store.add_individual(*bear(4))
            store.add_result(bear(4)[1].failure(EvaluationStatus.DIVERGED, "NaN", metrics={"accuracy": 1.0}))
            assert [one.individual.number for one in store.best(3)] == [1, 3, 2]
            assert [one.value for one in store.best(1, "parameters")] == [100.0]
            assert [one.individual.number for one in store.best(2, "loss", maximise=True)] == [0, 2]
            assert store.best(5, "unknown") == []
            further = EvaluationRequest(5, 0, bear(0)[0].genome, epochs=9, seed=1, rung=1)
            store.add_request(further)
            store.add_result(further.result({"accuracy": 0.6}))
            assert [(one.individual.number, one.value) for one in store.best(3)] == [(0, 0.6)]

    def test_repeats_give_a_mean_with_its_error(self, tmp_path: Path) -> None:
        """An individual is judged by the mean over its trainings at the highest rung; one training has no error."""
        with self.create(tmp_path) as store:
            for number, accuracy in enumerate([0.75, 0.5]):
                individual, request = bear(number)
                store.add_individual(individual, request)
                store.add_result(request.result({"accuracy": accuracy}))
            again = [EvaluationRequest(2 + more, 0, bear(0)[0].genome, 3, 7 + more, repeat=1 + more) for more in (0, 1)]
            for request, accuracy in zip(again, (0.25, 0.5), strict=True):
                store.add_request(request)
                store.add_result(request.result({"accuracy": accuracy}))
            first, second = store.best(2)
            assert [one.individual.number for one in (first, second)] == [0, 1], "of equals the older first"
            assert (first.value, first.trainings, first.result.result.number) == (0.5, 3, 0)
            assert first.error is not None
            assert abs(first.error - 0.25 / 3**0.5) < 1e-12
            assert (second.value, second.error, second.trainings) == (0.5, None, 1)
            store.add_request(EvaluationRequest(4, 0, bear(0)[0].genome, 3, 9, repeat=3))
            store.add_result(EvaluationRequest(4, 0, bear(0)[0].genome, 3, 9).failure(EvaluationStatus.CRASHED, "x"))
            assert store.best(1)[0].trainings == 3, "a failed repeat says nothing about the others"

    def test_artifacts(self, tmp_path: Path) -> None:
        """Files are stored with digest and size; a pruned one is remembered, but no longer offered."""
        (tmp_path / "weights").mkdir()
        (tmp_path / "weights" / "0.h5").write_bytes(b"abc")
        individual, request = bear(0)
        with self.create(tmp_path) as store:
            store.add_individual(individual, request)
            store.add_result(request.result({"accuracy": 0.5}, artifacts={"weights": "weights/0.h5"}))
            (stored,) = store.artifacts(0)
            assert (stored.individual, stored.evaluation, stored.kind, stored.path) == (0, 0, "weights", "weights/0.h5")
            if store.directory is not None:
                assert stored.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                assert stored.bytes == 3
            store.add_artifact(Artifact(0, "model", "best.keras"))
            store.mark_artifacts_deleted(["weights/0.h5"])
            assert [artifact.path for artifact in store.artifacts()] == ["best.keras"]
            assert [artifact.path for artifact in store.artifacts(deleted=True)] == ["best.keras", "weights/0.h5"]
            assert store.results()[0].result.artifacts == {}

    def test_sessions_add_up(self, tmp_path: Path) -> None:
        """Each process is a session; one that was killed counts up to its last result."""
        with self.create(tmp_path) as store:
            assert store.add_session({"evonas": "0.1.0"}, {"devices": ["cpu:0"]}) == 0
            store.add_individual(*bear(0))
            store.add_result(bear(0)[1].result({"accuracy": 0.5}))
        with self.open(tmp_path) as store:
            (killed,) = store.sessions()
            assert killed.ended_at is None
            assert killed.seconds > 0
            assert store.add_session() == 1
            store.end_session("finished")
            first, second = store.sessions()
            assert first == killed
            assert second.reason == "finished"
            assert second.ended_at is not None
            assert store.elapsed() == first.seconds + second.seconds
            assert (first.versions, first.environment) == ({"evonas": "0.1.0"}, {"devices": ["cpu:0"]})

    def test_events_keep_their_order(self, tmp_path: Path) -> None:
        """Events come back in order, with their data."""
        with self.create(tmp_path) as store:
            for number in range(3):
                store.add_event("note", f"number {number}", number=number, nested={"a": [None, True]})
        with self.open(tmp_path, read_only=True) as store:
            assert [event.message for event in store.events()] == ["number 0", "number 1", "number 2"]
            assert store.events()[1].data == {"number": 1, "nested": {"a": [None, True]}}

    def test_a_reader_sees_what_is_written(self, tmp_path: Path) -> None:
        """What a write returned from is there for a reader that was open before; a reader writes nothing."""
        with self.create(tmp_path) as store, self.open(tmp_path, read_only=True) as reader:
            assert reader.individuals() == []
            individual, request = bear(0)
            store.add_individual(individual, request)
            assert reader.individuals() == [individual]
            store.add_result(request.result({"accuracy": 0.5}))
            assert len(reader.results()) == 1
            assert _refuses(lambda: reader.add_event("note", "not allowed"), EvonasError)

    def test_the_same_run_twice_is_refused(self, tmp_path: Path) -> None:
        """A run is created once; another run may share the database."""
        run, other = new_run("one"), new_run("two")
        with self.create(tmp_path, run) as store:
            store.add_individual(*bear(0))
            assert _refuses(lambda: self.create(tmp_path, run))
            with self.create(tmp_path, other) as second:
                assert second.individuals() == []
                second.add_individual(*bear(0, x=0.5))
            assert store.individuals() == [bear(0)[0]]
        assert _refuses(lambda: self.open(tmp_path))
        for wanted in (other.id, other.id[:10], "two"):
            with self.store.open(self.place(tmp_path), run=wanted, read_only=True) as store:
                assert store.individuals() == [bear(0, x=0.5)[0]]


def _refuses(action: Any, error: type[EvonasError] = LineageError) -> bool:
    try:
        action()
    except error:
        return True
    return False
