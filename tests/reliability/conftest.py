"""Processes to be killed, which start at once."""

import multiprocessing

import pytest

LOADED = (
    "evonas.cli.evolve",
    "evonas.evaluation.local",
    "evonas.evolution.engine",
    "evonas.run.session",
    "evonas.testing.stores",
)


@pytest.fixture(scope="session")
def forked(environment):
    """Run code as a process, forked by one that has loaded evonas before: to load it takes a second each time."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(list(LOADED))

    def start(code, **variables):
        process = forking.Process(target=exec, args=(code, variables))
        with pytest.MonkeyPatch.context() as patch:  # the first one starts the server, which hands its own on
            patch.setenv("OMP_NUM_THREADS", environment["OMP_NUM_THREADS"])
            process.start()
        return process

    return start
