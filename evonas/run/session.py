"""A session: one process that works on a run, from its first evaluation or from where another one stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evonas.config import RunConfig, SearchConfig, load_config
from evonas.errors import StorageError
from evonas.evaluation import LocalBackend, Memo
from evonas.evolution import Engine, PriorEvaluation
from evonas.lineage import LineageStore, RunLock, RunRecord
from evonas.run.assembly import Question, ask_question, versions
from evonas.run.directory import RunDirectory
from evonas.run.last_round import lacks_finals, retrain_finalists
from evonas.run.listeners import Listener
from evonas.run.logging import with_loggers
from evonas.run.loop import Search, check_evaluator
from evonas.run.provenance import provenance_log, remember_data
from evonas.run.retention import WeightKeeper
from evonas.run.seeding import PlantedSeed, plant_seeds, prior_evaluations, recall_prior, recall_seeds, remember_seeds
from evonas.run.signals import stop_on_signals

__all__ = ["Outcome", "evolve", "resume"]


@dataclass(frozen=True)
class Outcome:
    """How a session ended.

    Attributes:
        directory: the run directory.
        finished: whether the search is over; False after a stop request.
        reason: why it ended, in words.
        engine: the engine as it stands, for ``engine.best()`` and the rest.
        untouched: whether the run had ended before, and nothing was left to do.
    """

    directory: RunDirectory
    finished: bool
    reason: str
    engine: Engine
    untouched: bool = False


def evolve(
    config: RunConfig,
    run_dir: str | Path | None = None,
    *,
    listener: Listener | None = None,
    command: Sequence[str] = (),
) -> Outcome:
    """Run a search from its founders to its end, or until it is asked to stop.

    Args:
        config: the run.
        run_dir: a new or empty folder; None takes ``runs/<name>-<date>-<time>``.
        listener: looks on.
        command: the command line, for the record.

    Raises:
        EvonasError: if the configuration, the data or the space is wrong, or nothing can be evaluated or stored.
    """
    directory = RunDirectory.create(config, run_dir)
    engine: Engine | None = None
    try:
        question = ask_question(config, directory.path)
        planted, prior = plant_seeds(config, question.space), prior_evaluations(config, question.space)
        # Whether a first individual can be born at all is asked of an engine of its own, before workers start.
        _engine(question, planted, prior).ask()
        engine = _engine(question, planted, prior)
        record = RunRecord.new(
            config.name,
            config=config.model_dump(mode="json"),
            space=question.space.to_dict(),
            objectives=[objective.model_dump() for objective in config.evolution.objectives],
            versions=versions(),
            command=list(command),
            seed=config.seed,
        )
        with RunLock(directory.path), LineageStore.create(directory.lineage_file, record) as store:
            remember_seeds(store, planted, prior)
            return _search(directory, question, engine, store, listener or Listener())
    except BaseException as error:
        # A run that could not even start leaves nothing behind, so that the same command works once that is mended;
        # unless the error tells people to read a log in there.
        if not (engine and engine.individuals) and not directory.logs(getattr(error, "file", None)):
            directory.discard()
        raise


def resume(run_dir: str | Path, *, listener: Listener | None = None) -> Outcome:
    """Go on with a run that was interrupted or killed; a finished one is left as it is.

    Every individual, result and pending evaluation is taken from the lineage; evaluations that were under way are run
    again with the seeds they had.

    Raises:
        RunError: if there is no such run, or another process is working on it.
        LineageError: if its lineage cannot be read.
    """
    directory = RunDirectory.open(run_dir)
    directory.check()
    config = load_config(directory.config_file)
    with RunLock(directory.path), LineageStore.open(directory.lineage_file) as store:
        question = ask_question(_as_begun(config, store.run), directory.path)
        engine = _engine(question, recall_seeds(store), recall_prior(store), elapsed=store.elapsed())
        past = store.replay()
        for number, told in engine.replay(past.individuals, past.requests, past.results).items():
            if number not in past.deaths:  # killed between storing the result and storing who left because of it
                store.mark_deaths([number], told)
        if engine.finished and store.run.status == "finished" and not lacks_finals(question, store):
            return Outcome(directory, True, store.run.reason, engine, untouched=True)
        return _search(directory, question, engine, store, listener or Listener())


def _as_begun(config: RunConfig, run: RunRecord) -> RunConfig:
    """Return the configuration as it was meant when the run began: before there were rungs, there were none."""
    if "search" in run.config:
        return config
    trained_in_full = SearchConfig(rungs="none", repeats="none", stop_hopeless=False)
    return config.model_copy(update={"search": trained_in_full})


def _engine(
    question: Question, planted: Sequence[PlantedSeed], prior: Sequence[PriorEvaluation], elapsed: float = 0.0
) -> Engine:
    config = question.config
    return Engine(
        question.space,
        config.evolution,
        config.seed,
        search=config.search,
        seeds=[one.seed for one in planted],
        prior=prior,
        appraise=question.appraise,
        training=config.model is not None,
        watch=question.watched,
        elapsed=elapsed,
    )


def _search(
    directory: RunDirectory, question: Question, engine: Engine, store: LineageStore, listener: Listener
) -> Outcome:
    config = question.config
    keeper = WeightKeeper(directory.path, store, config.training.keep_weights)
    keeper.restore(engine)
    memo = Memo()
    for request, result in engine.history():
        memo.learn(request, result)
    remember_data(store, question)
    with (
        with_loggers(listener, config, engine, store, directory.path) as everyone,
        provenance_log(store, directory.path),
        _ending(store) as ending,
        stop_on_signals() as stop,
    ):
        if not engine.finished:
            with LocalBackend(question.evaluator(), config.evaluation, directory.path) as backend:
                everyone.started(engine, backend.snapshot())
                Search(engine, backend, store, memo, keeper, everyone, stop).run()
        if engine.finished:
            check_evaluator(engine)
        ended = engine.finished and retrain_finalists(question, store, everyone, stop)
        ending.status = "finished" if ended else "interrupted"
        ending.reason = (engine.stop_reason or "") if ended else f"stopped by {stop.signal_name}"
    return Outcome(directory, ended, ending.reason, engine)


@dataclass
class _Ending:
    status: str = "failed"
    reason: str = ""


@contextmanager
def _ending(store: LineageStore) -> Iterator[_Ending]:
    """Record the session in the lineage, and how it ended, whatever happens."""
    store.add_session(versions())
    store.set_run_status("running")
    ending = _Ending()
    try:
        yield ending
    except KeyboardInterrupt:
        ending.status, ending.reason = "interrupted", "stopped by Ctrl-C, twice"
        raise
    except BaseException as error:
        ending.status, ending.reason = "failed", str(error).splitlines()[0] if str(error) else type(error).__name__
        raise
    finally:
        # A full disk must not hide the error that it caused.
        with suppress(StorageError):
            store.set_run_status(ending.status, ending.reason)
            store.end_session(ending.reason)
