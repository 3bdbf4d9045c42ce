"""Every view of runs that are odd in some way: each part is asked for as a browser asks, and none ends in an error."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from evonas.dashboard import Shelf, build_app
from evonas.dashboard.address import VIEWS, Address
from evonas.lineage import LineageStore
from evonas.records import EvaluationStatus

OLD = Path(__file__).parents[1] / "compatibility" / "samples" / "lineage-1.sqlite"


def born_alone(made, folder):
    """One individual, under way."""
    with LineageStore.create(folder, made.record("alone")) as store:
        store.add_session({}, {})
        made.Breeder(store).born(0)


def nothing_but_failures(made, folder):
    """Each evaluation failed, each in another way, one lost."""
    with LineageStore.create(folder, made.record("failures")) as store:
        store.add_session({}, {})
        breeder = made.Breeder(store)
        causes = [status for status in EvaluationStatus if status.value not in ("completed", "cancelled")]
        for number, status in enumerate(causes):
            request = breeder.born(number)
            store.add_result(request.failure(status, f"<b>{status.value}</b>", log="../../secret.log"))


def one_result(made, folder):
    """One evaluation, without a learning curve."""
    made.evolved(folder, evaluations=1, curves=False)


def memo(made, folder):
    """The second individual is the first again: the memo answered. The third is a repeat of the first."""
    with LineageStore.create(folder, made.record("memo")) as store:
        breeder = made.Breeder(store)
        first, second = breeder.born(0), breeder.born(1)
        breeder.done(first)
        store.add_result(second.result({"accuracy": 0.6}, answered_by=0, epochs=0))


def other_metric(made, folder):
    """The objective is never reported."""
    with LineageStore.create(folder, made.record("other", ("auc",))) as store:
        breeder = made.Breeder(store)
        for number in range(12):
            breeder.done(breeder.born(number))


def old(made, folder):
    """A lineage of the first schema."""
    folder.mkdir()
    shutil.copy(OLD, folder / "lineage.sqlite")


def nothing(made, folder):
    """A run that was begun, and nothing else."""
    LineageStore.create(folder, made.record("nothing")).close()


_NEWS = {("version", "data"), ("health", "data"), ("tick", "n_intervals")}


ODD = [nothing, born_alone, one_result, nothing_but_failures, memo, other_metric, old]


@pytest.fixture(scope="module", params=ODD, ids=lambda make: make.__name__)
def asked(request, tmp_path_factory, made, toys):
    """Return a function that opens a view of an odd run, beside a run that is not, and gives all its texts."""
    folder = tmp_path_factory.mktemp("odd") / "run"
    request.param(made, folder)
    shelf = Shelf([folder, toys["first"]])
    client = build_app(shelf).server.test_client()
    callbacks = client.get("/_dash-dependencies").get_json()
    key, other = shelf.labels()

    def ask(view: str) -> str:
        address = Address(view, key, (other,) if view in ("tree", "compare") else ())
        values = {("url", "pathname"): f"/{view}", ("url", "search"): address.search, ("scheme", "data"): "dark"}
        opened = client.get("/_dash-layout", headers={"Referer": f"http://127.0.0.1/{view}{address.search}"}).get_json()
        _walk(opened, values)
        texts, waiting = [json.dumps(opened, ensure_ascii=False)], list(callbacks)
        while True:
            ready = [one for one in waiting if _fits(one, values)]
            if not ready:
                return "\n".join(texts)
            for one in ready:
                waiting.remove(one)
                answer = client.post("/_dash-update-component", json=_question(one, values))
                assert answer.status_code in (200, 204), (view, one["output"])
                if answer.status_code == 200:
                    told = answer.get_json()
                    assert "alarm" not in json.dumps(told.get("sideUpdate", {})), (view, one["output"], told)
                    texts.append(json.dumps(told["response"], ensure_ascii=False))
                    _learn(told["response"], values)

    return ask


def _parts(callback):
    split = [tuple(one.rsplit(".", 1)) for one in callback["output"].strip(".").split("...")]
    return [(anchor, name.partition("@")[0]) for anchor, name in split]


def _fits(callback, values):
    """Whether the page holds what a callback fills, and it is called when it is there or when the run has news."""
    news = any((one["id"], one["property"]) in _NEWS for one in callback["inputs"])
    if callback.get("clientside_function") or (callback.get("prevent_initial_call") and not news):
        return False
    known = {anchor for anchor, _ in values}
    anchors = {anchor for anchor, _ in _parts(callback)}
    return anchors <= known and not any("{" in one["id"] for one in callback["inputs"])


def _question(callback, values):
    def given(one):
        return {**one, "value": values.get((one["id"], one["property"]))}

    outputs = [{"id": anchor, "property": name} for anchor, name in _parts(callback)]
    return {
        "output": callback["output"],
        "outputs": outputs if callback["output"].startswith("..") else outputs[0],
        "inputs": [given(one) for one in callback["inputs"]],
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in callback["inputs"]],
        "state": [given(one) for one in callback["state"]],
    }


def _learn(response, values):
    """Keep what an answer put into the page: properties, and the components within them."""
    for anchor, properties in response.items():
        for name, value in properties.items():
            values[anchor, name] = value
            _walk(value, values)


def _walk(value, values):
    if isinstance(value, list):
        for one in value:
            _walk(one, values)
    elif isinstance(value, dict):
        properties = value.get("props", {})
        if isinstance(properties.get("id"), str):
            values.setdefault((properties["id"], "id"), properties["id"])
            for name, found in properties.items():
                values.setdefault((properties["id"], name), found)
        _walk(properties.get("children"), values)


@pytest.mark.parametrize("view", VIEWS)
def test_an_odd_run_has_every_view_in_words(asked, view):
    text = asked(view)
    assert VIEWS[view] in text and "Traceback" not in text


def test_a_log_outside_the_run_is_not_shown(asked):
    text = asked("individual")
    assert "secret" not in text or "outside the run directory" in text
