"""A small run with every kind of parent, read by all tests of exports."""

import pytest

from evonas.genome import GeneChange
from evonas.lineage import LineageStore
from evonas.records import EvaluationStatus, Parent
from evonas.testing.stores import bear, new_run

OTHER = "ab" * 16
METADATA = {
    "CTA PRODUCT ID": "f1e5",
    "CTA PRODUCT DATA LEVELS": "DL1_IMAGES",
    "CTA ACTIVITY ID": "a-77",
    "CTA ACTIVITY NAME": "ctapipe-process",
    "CTA ACTIVITY SOFTWARE NAME": "ctapipe",
    "CTA ACTIVITY SOFTWARE VERSION": "0.23.2",
    "CTA ACTIVITY START TIME": "2024-05-01 10:00:00.000",
    "CTA ACTIVITY STOP TIME": "2024-05-01 10:05:00.000",
    "CTA CONTACT NAME": "Marie Curie",
    "CTA CONTACT EMAIL": "marie@example.org",
    "CTA CONTACT ORGANIZATION": "CTAO",
    "CTA INSTRUMENT CLASS": "Subarray",
}


@pytest.fixture(scope="session")
def clan(tmp_path_factory):
    """Return the directory of a run: 0 to 2 are founders (1 of another run, 2 of a file), 3 the child of 0 and 1, 4 of
    3 and 2, 5 of 3, which is pending, and 6 of 4, which diverged. It has two DL1 files, and weights of 4."""
    folder = tmp_path_factory.mktemp("clan")
    births = [
        bear(0),
        bear(1, [Parent(7, OTHER, "seed", "runs/old:best")], changes=()),
        bear(2, [Parent(None, None, "seed", 'genomes/"le net".yaml')], changes=()),
        bear(3, [0, Parent(1, role="mate")]),
        bear(4, [3, Parent(2, role="mate")], operators=("crossover", 'odd "name"\n<&>\x01'), generation=2),
        bear(5, [3], generation=2),
        bear(6, [4], generation=3, changes=(GeneChange("z", "changed", 0.1, 0.2),)),
    ]
    (folder / "config.yaml").write_text("name: clan\n")
    (folder / "weights").mkdir()
    (folder / "weights" / "4.h5").write_bytes(b"weights")
    with LineageStore.create(folder / "lineage.sqlite", new_run("clan <&>"), synchronous="off") as store:
        store.add_session({"evonas": "0.1.0"})
        files = [
            {"path": "/data/gamma.dl1.h5", "role": "signal", "sha256": "00ff", "metadata": METADATA},
            {"path": "/data/proton.dl1.h5", "role": "background", "metadata": METADATA | {"CTA PRODUCT ID": "f1e6"}},
        ]
        store.add_event("data", "two files", source="ctlearn", origin="/data/gamma.dl1.h5", digest="d1", files=files)
        for number, (individual, request) in enumerate(births):
            store.add_individual(individual, request)
            if number < 5:
                artifacts = {"weights": "weights/4.h5"} if number == 4 else {}
                metrics = {"accuracy": 0.5 + number / 100, "loss": 1.0}
                store.add_result(request.result(metrics, device="gpu:0", seconds=2.0, artifacts=artifacts))
            elif number == 6:
                store.add_result(request.failure(EvaluationStatus.DIVERGED, "loss is NaN"))
        store.mark_deaths([0, 1], at_evaluation=4)
        store.set_run_status("finished", "enough")
        store.end_session("enough")
    return folder


@pytest.fixture
def store(clan):
    """The clan's lineage, read only."""
    with LineageStore.open(clan, read_only=True) as opened:
        yield opened
