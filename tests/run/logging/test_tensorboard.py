"""TensorBoard, read back by its own reader."""

import subprocess
import sys
import types

import pytest

from evonas.lineage import LineageStore
from evonas.records import EvaluationStatus
from evonas.run import evolve
from evonas.run.logging import Entry, flat_genes
from evonas.run.logging.tensorboard import TensorBoardLogger
from evonas.testing.births import bear

pytest.importorskip("tensorboard")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def without_tensorflow():
    """TensorBoard's reader takes its own file access then, instead of loading TensorFlow."""
    import tensorboard.compat

    with pytest.MonkeyPatch.context() as patch:
        module = types.ModuleType("tensorboard.compat.notf")
        patch.setitem(sys.modules, module.__name__, module)
        patch.setattr(tensorboard.compat, "notf", module, raising=False)
        yield


CURVE = [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5}]


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def scalars(events):
    return {tag: [(one.step, round(one.value, 6)) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def session(events, tag):
    from tensorboard.plugins.hparams import metadata

    content = events.SummaryMetadata(tag).plugin_data.content
    return metadata.parse_session_start_info_plugin_data(content) if "start" in tag else (
        metadata.parse_session_end_info_plugin_data(content)
    )  # fmt: skip


def entry(number=0, *, part="", key="evaluation-0", failed=False, epochs=2):
    individual, request = bear(number)
    result = request.result({"accuracy": 0.75}, curve=CURVE, epochs=2, seconds=3.0)
    if failed:
        result = request.failure(EvaluationStatus.DIVERGED, "loss is NaN", seconds=3.0)
    return Entry(key, part, individual, result, epochs, number + 1, {"accuracy": 0.75})


def test_a_training_is_read_back(tmp_path):
    logger = TensorBoardLogger(tmp_path)
    assert logger.open() == set()
    logger.log(entry())
    logger.close()
    events = read(tmp_path / "individual-000000")
    assert scalars(events) == {
        "loss": [(1, 1.0), (2, 0.5)],
        "cost/parameters": [(2, 100.0)],
        "seconds": [(2, 3.0)],
        "accuracy": [(2, 0.75)],
    }
    start = session(events, "_hparams_/session_start_info")
    told = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
    assert told == flat_genes(bear(0)[0].genome.genes)
    assert session(events, "_hparams_/session_end_info").status == 1, "success"
    assert scalars(read(tmp_path)) == {
        "best/accuracy": [(1, 0.75)],
        "evaluation/accuracy": [(1, 0.75)],
        "evaluation/seconds": [(1, 3.0)],
    }


def test_further_trainings_of_an_individual(tmp_path):
    logger = TensorBoardLogger(tmp_path)
    logger.open()
    logger.log(entry(3))
    logger.log(entry(3, key="evaluation-5", epochs=4))
    logger.log(entry(3, part="repeat-1", key="evaluation-9", failed=True))
    logger.close()
    own, repeat = read(tmp_path / "individual-000003"), read(tmp_path / "individual-000003" / "repeat-1")
    assert scalars(own)["accuracy"] == [(2, 0.75), (4, 0.75)]
    groups = {session(events, "_hparams_/session_start_info").group_name for events in (own, repeat)}
    assert groups == {"individual-3"}, "trainings of one genome are one group"
    assert session(repeat, "_hparams_/session_end_info").status == 2, "failure"
    again = TensorBoardLogger(tmp_path)
    assert {"evaluation-0", "evaluation-5", "evaluation-9"} < again.open()
    again.close()


def test_the_hparams_view_lists_every_genome(tmp_path):
    """As TensorBoard's page asks for it: the experiment, made up from what the sessions say."""
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import api_pb2, backend_context

    logger = TensorBoardLogger(tmp_path)
    logger.open()
    for number in range(4):
        logger.log(entry(number, key=f"evaluation-{number}"))
    logger.close()
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path))
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = RequestContext()
    found = context.experiment_from_metadata(
        request, "", True, context.hparams_metadata(request, ""), [],
    )  # fmt: skip
    assert isinstance(found, api_pb2.Experiment)
    assert {info.name for info in found.hparam_infos} >= {"layers.0.units", "z"}
    assert "accuracy" in {info.name.tag for info in found.metric_infos}


def test_a_whole_run(ask, tmp_path):
    evolve(ask(tensorboard=True), tmp_path / "run")
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        results = [stored for stored in store.results() if not stored.repeat]
        assert not store.events("logging")
    folder = tmp_path / "run" / "tensorboard"
    assert {path.name for path in folder.glob("individual-*")} == {
        f"individual-{stored.result.individual:06d}" for stored in results
    }
    for stored in results[:3]:
        told = scalars(read(folder / f"individual-{stored.result.individual:06d}"))["accuracy"]
        assert (stored.total_epochs, round(stored.result.metrics["accuracy"], 6)) in [
            (step, round(value, 6)) for step, value in told
        ]
    assert not list(folder.rglob("*.tmp"))


def test_a_folder_of_several_runs(ask, tmp_path):
    evolve(ask(tensorboard=str(tmp_path / "boards")), tmp_path / "run")
    assert (tmp_path / "boards" / "run" / "individual-000000").is_dir()


def test_tensorflow_is_not_loaded():
    code = (
        "import sys, pathlib, tempfile\n"
        "from evonas.run.logging import Entry\n"
        "from evonas.run.logging.tensorboard import TensorBoardLogger\n"
        "from evonas.testing.births import bear\n"
        "individual, request = bear(0)\n"
        "logger = TensorBoardLogger(pathlib.Path(tempfile.mkdtemp()))\n"
        "logger.open()\n"
        "logger.log(Entry('a', '', individual, request.result({'a': 1.0}), 1, 1, {}))\n"
        "assert 'tensorboard' in sys.modules and 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
