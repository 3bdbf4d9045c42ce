"""Research objects, read back by the package rocrate."""

import hashlib
import json
import shutil
import sqlite3
import zipfile

import pytest

from evonas.errors import ExportError
from evonas.genome import read_genome
from evonas.lineage import LineageStore
from evonas.lineage.exports.crate import write_crate
from evonas.testing.stores import new_run

FILES = {
    *("config.yaml", "lineage.sqlite", "lineage.csv", "lineage.prov.json", "weights/4.h5"),
    "individual-4.yaml",
}


@pytest.fixture
def read():
    return pytest.importorskip("rocrate.rocrate").ROCrate


def test_a_folder_is_read_by_rocrate(store, clan, tmp_path, read):
    write_crate(store, clan, tmp_path / "crate", "https://spdx.org/licenses/CC-BY-4.0")
    crate = read(tmp_path / "crate")
    assert crate.name == "clan <&>"
    assert {entity.id for entity in crate.data_entities} == FILES
    assert crate.root_dataset["license"].id == "https://spdx.org/licenses/CC-BY-4.0"
    for entity in crate.data_entities:
        content = (tmp_path / "crate" / entity.id).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))
    (run,) = (entity for entity in crate.contextual_entities if entity.type == "CreateAction")
    assert run["instrument"]["name"] == "evonas"
    assert {entity.id for entity in run["object"]} == {"config.yaml", "#data", "#input-0", "#input-1"}
    assert {entity.id for entity in run["result"]} == FILES - {"config.yaml"}
    assert crate.get("#input-0")["identifier"] == "f1e5"
    assert crate.get("#best-accuracy")["value"] == 0.54


def test_a_zip_holds_the_same(store, clan, tmp_path, read):
    target = write_crate(store, clan, tmp_path / "crate.zip")
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {*FILES, "ro-crate-metadata.json"}
    assert {entity.id for entity in read(target).data_entities} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["crate.zip"]


@pytest.mark.parametrize("contacts", [False, True])
def test_people_are_named_only_if_that_is_asked_for(store, clan, tmp_path, contacts):
    run = shutil.copytree(clan, tmp_path / "run")
    (event,) = store.events("data")
    metadata = event.data["files"][0]["metadata"]
    activity = {"input": [{"url": "gamma.dl1.h5", "reference_meta": metadata}], "duration_min": 1.5}
    (run / "provenance.log").write_text(json.dumps([activity]))
    write_crate(store, run, tmp_path / "crate", contacts=contacts)
    naming = {path.name for path in (tmp_path / "crate").rglob("*") if path.is_file() and b"Curie" in path.read_bytes()}
    assert naming == ({"lineage.sqlite", "lineage.prov.json", "provenance.log"} if contacts else set())
    (told,) = json.loads((tmp_path / "crate" / "provenance.log").read_text())
    assert told["duration_min"] == 1.5 and told["input"][0]["reference_meta"]["CTA CONTACT ORGANIZATION"] == "CTAO"
    assert b"Curie" in (run / "provenance.log").read_bytes(), "the run directory keeps what the files say"
    with LineageStore.open(tmp_path / "crate", read_only=True) as copy:
        (event,) = copy.events("data")
        assert event.data["files"][0]["metadata"]["CTA PRODUCT ID"] == "f1e5"


def test_the_copies_can_be_used(store, clan, tmp_path):
    write_crate(store, clan, tmp_path)
    with LineageStore.open(tmp_path, read_only=True) as copy:
        assert copy.individuals() == store.individuals()
    assert read_genome(tmp_path / "individual-4.yaml").genome == store.individual(4).genome


def test_within_the_run_directory_nothing_is_copied(store, clan, tmp_path, read):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(clan, run)
    write_crate(store, run, run)
    assert {entity.id for entity in read(run).data_entities} == FILES
    assert (run / "weights" / "4.h5").read_bytes() == b"weights"
    write_crate(store, run, run)  # twice is once


def test_the_metadata_name_no_place_of_this_machine(store, clan, tmp_path):
    write_crate(store, clan, tmp_path / "crate")
    text = (tmp_path / "crate" / "ro-crate-metadata.json").read_text()
    assert str(clan) not in text and str(tmp_path) not in text
    graph = json.loads(text)["@graph"]
    known = {entity["@id"] for entity in graph}
    assert len(known) == len(graph)

    def links(value):
        if isinstance(value, dict):
            yield from (
                [value["@id"]] if set(value) == {"@id"} else (one for part in value.values() for one in links(part))
            )
        elif isinstance(value, list):
            yield from (one for part in value for one in links(part))

    missing = {one for entity in graph for one in links(entity)} - known
    assert all(one.startswith(("http://", "https://")) for one in missing), missing


def test_a_living_run(tmp_path, read):
    """The database may be written at this moment: its copy is one state of it."""
    with LineageStore.create(tmp_path / "run", new_run(), synchronous="off") as store:
        write_crate(store, tmp_path / "run", tmp_path / "crate")
        with sqlite3.connect(tmp_path / "crate" / "lineage.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "ActiveActionStatus" in (tmp_path / "crate" / "ro-crate-metadata.json").read_text()
    assert read(tmp_path / "crate").name == "contract"


def test_a_folder_with_something_else_in_it(store, clan, tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ExportError, match="not empty"):
        write_crate(store, clan, tmp_path)
