"""The runs behind a dashboard: read-only, followed, told in words where they cannot be read."""

import shutil
import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from evonas.dashboard import shelf as shelves
from evonas.dashboard.progress import progress
from evonas.dashboard.shelf import Shelf
from evonas.lineage import LineageStore, RunLock

OLD = Path(__file__).parents[1] / "compatibility" / "samples" / "lineage-1.sqlite"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Look at once, whenever asked."""
    for name in ("_LEAST_PAUSE", "_SECONDS_AN_EVALUATION", "_RESCAN"):
        monkeypatch.setattr(shelves, name, 0.0)


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_a_run_is_read_and_left_as_it_is(tmp_path, made):
    made.evolved(tmp_path / "toy", evaluations=20)
    before = content(tmp_path / "toy")
    shelf = Shelf([tmp_path / "toy"])
    state = shelf.state()
    assert (state.label, state.status, state.health, state.problem) == ("toy", "finished", "ok", "")
    assert state.findings.winner == state.findings.line[-1]
    again = shelf.state(state.key)
    assert again.findings is state.findings and again.version == state.version, "nothing new, nothing read"
    shelf.close()
    assert content(tmp_path / "toy") == before


def test_a_living_run_is_followed_result_by_result(tmp_path, made):
    with LineageStore.create(tmp_path / "toy", made.record("toy")) as store, RunLock(tmp_path / "toy"):
        store.add_session({}, {})
        shelf = Shelf([tmp_path / "toy"])
        state = shelf.state()
        assert (state.status, state.health) == ("running", "empty")
        breeder = made.Breeder(store)
        seen = [state.version]
        for number in range(12):
            request = breeder.born(number)
            assert len(shelf.state().findings.history.pending) == 1
            breeder.done(request)
            state = shelf.state()
            seen.append(state.version)
            assert [one.order for one in state.findings.history.evaluations] == list(range(1, number + 2))
        assert seen == sorted(set(seen)) and state.health == "ok"
        how = progress(state.findings, running=True)
        assert how.done == 12 / 60 and how.left is not None and how.budget == "60 evaluations"
        shelf.close()
    assert progress(state.findings, running=False).left is None


def test_a_run_without_its_process_was_killed(tmp_path, made):
    made.evolved(tmp_path / "toy", evaluations=3, status="running")
    assert Shelf([tmp_path / "toy"]).state().status == "killed"


def test_a_deleted_run_says_so_and_comes_back(tmp_path, made):
    made.evolved(tmp_path / "toy", evaluations=10)
    shelf = Shelf([tmp_path / "toy"])
    first = shelf.state()
    shutil.rmtree(tmp_path / "toy")
    gone = shelf.state(first.key)
    assert gone.findings is None and "its directory is gone" in gone.problem and gone.status == "unreadable"
    made.evolved(tmp_path / "toy", "another", evaluations=4)
    back = shelf.state(first.key)
    assert len(back.findings.history.evaluations) == 4 and shelf.labels() == {first.key: "another"}


def test_runs_of_the_same_name_are_told_apart(tmp_path, made):
    for name in ("one", "two"):
        made.evolved(tmp_path / name, "same", evaluations=2)
    made.evolved(tmp_path / "three", "other", evaluations=2)
    shelf = Shelf(folder=tmp_path)
    assert sorted(shelf.labels().values()) == ["other", "same (one)", "same (two)"]
    assert {state.label for state in shelf.states(shelf.labels())} == set(shelf.labels().values())


def test_the_same_folder_names_elsewhere_are_told_apart_by_their_paths(tmp_path, made):
    runs = []
    for folder in ("a", "b"):
        made.evolved(tmp_path / folder / "run", "same", evaluations=1)
        runs.append(tmp_path / folder / "run")
    assert sorted(Shelf(runs).labels().values()) == [f"same ({path})" for path in runs]


def test_a_new_run_of_the_folder_appears_by_itself(tmp_path, made):
    shelf = Shelf(folder=tmp_path)
    assert shelf.state() is None and shelf.labels() == {}
    made.evolved(tmp_path / "late", evaluations=1)
    assert list(shelf.labels().values()) == ["toy"]


def test_an_older_schema_is_read_and_not_migrated(tmp_path):
    (tmp_path / "old").mkdir()
    shutil.copy(OLD, tmp_path / "old" / "lineage.sqlite")
    before = (tmp_path / "old" / "lineage.sqlite").read_bytes()
    state = Shelf([tmp_path / "old"]).state()
    assert state.health == "ok" and len(state.findings.history.evaluations) == 5
    assert (tmp_path / "old" / "lineage.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.write_bytes(b""), "the lineage is empty"),
        (lambda file: file.write_bytes(b"no database " * 200), "not a lineage database"),
        (lambda file: _schema(file, "99"), "schema"),
    ],
    ids=["empty", "not ours", "newer"],
)
def test_what_cannot_be_read_is_told_in_words(tmp_path, spoil, words, made):
    made.evolved(tmp_path / "toy", evaluations=1)
    spoil(tmp_path / "toy" / "lineage.sqlite")
    state = Shelf([tmp_path / "toy"]).state()
    assert state.findings is None and words in state.problem and state.status == "unreadable"


def _schema(file: Path, version: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE evonas_meta SET value = ? WHERE name = 'schema_version'", (version,))
    connection.close()
