"""PROV-JSON, read back by the package prov."""

import io
import json
from datetime import datetime, timezone

import pytest

from evonas.lineage import LineageStore, export_lineage
from evonas.testing.stores import new_run


def written(store, **settings):
    stream = io.StringIO()
    export_lineage(store, "prov", stream, **settings)
    return stream.getvalue()


@pytest.fixture
def document(store):
    model = pytest.importorskip("prov.model")
    return model.ProvDocument.deserialize(content=written(store), format="json")


def relations(document, kind):
    return [[str(value) for _, value in record.formal_attributes] for record in document.get_records(kind)]


def test_individuals_derive_from_their_parents(document):
    from prov.model import ProvDerivation, ProvEntity

    entities = {str(record.identifier) for record in document.get_records(ProvEntity)}
    assert {f"run:individual-{number}" for number in range(7)} <= entities
    derived = {(row[0], row[1]) for row in relations(document, ProvDerivation) if row[0].startswith("run:individual")}
    assert derived == {
        ("run:individual-1", "run1:individual-7"),
        ("run:individual-2", "run:seed-1"),
        ("run:individual-3", "run:individual-0"),
        ("run:individual-3", "run:individual-1"),
        ("run:individual-4", "run:individual-3"),
        ("run:individual-4", "run:individual-2"),
        ("run:individual-5", "run:individual-3"),
        ("run:individual-6", "run:individual-4"),
    }


def test_every_relation_is_between_known_things(document):
    from prov.model import ProvActivity, ProvAgent, ProvElement, ProvEntity

    known = {str(record.identifier) for record in document.get_records((ProvEntity, ProvActivity, ProvAgent))}
    for record in document.get_records():
        if isinstance(record, ProvElement):
            continue
        named = [
            str(value) for _, value in record.formal_attributes if value is not None and not hasattr(value, "year")
        ]
        assert set(named) <= known, record


def test_evaluations_use_individuals_and_generate_results(document):
    from prov.model import ProvActivity, ProvGeneration, ProvUsage

    used = {(row[0], row[1]) for row in relations(document, ProvUsage)}
    assert {("run:evaluation-4", "run:individual-4"), ("run:evaluation-4", "run:data")} <= used
    made = {(row[0], row[1]) for row in relations(document, ProvGeneration)}
    assert {("run:result-4", "run:evaluation-4"), ("run:file-0", "run:evaluation-4")} <= made
    assert ("run:result-6", "run:evaluation-6") not in made, "what diverged has no result"
    activities = {str(record.identifier): record for record in document.get_records(ProvActivity)}
    evaluation = activities["run:evaluation-4"]
    assert (evaluation.get_endTime() - evaluation.get_startTime()).total_seconds() == pytest.approx(2.0)
    assert "pending" in str(activities["run:evaluation-5"].attributes)


def test_what_the_data_files_say_of_themselves(document):
    from prov.model import ProvActivity, ProvAssociation, ProvAttribution, ProvGeneration, ProvUsage

    files = {"run:input-0", "run:input-1"}
    made = {(row[0], row[1]) for row in relations(document, ProvGeneration)}
    assert {(file, "cta:activity-a-77") for file in files} <= made
    assert {("run:run", file) for file in files} <= {(row[0], row[1]) for row in relations(document, ProvUsage)}
    (activity,) = (one for one in document.get_records(ProvActivity) if str(one.identifier) == "cta:activity-a-77")
    assert activity.get_startTime().replace(tzinfo=timezone.utc) == datetime(2024, 5, 1, 10, tzinfo=timezone.utc)
    said = {str(name): str(value) for name, value in activity.attributes}
    assert said["cta:activity.name"] == "ctapipe-process"
    agents = {(row[0], row[1]) for row in relations(document, ProvAssociation)}
    assert ("cta:activity-a-77", "cta:software-ctapipe-0.23.2") in agents
    responsible = {(row[0], row[1]) for row in relations(document, ProvAttribution)}
    assert responsible == {(file, "cta:contact-CTAO") for file in files}


def test_people_are_named_only_if_that_is_asked_for(store):
    model = pytest.importorskip("prov.model")
    content = written(store)
    assert "Curie" not in content and "prov:Organization" in content
    document = model.ProvDocument.deserialize(content=written(store, contacts=True), format="json")
    people = {(row[0], row[1]) for row in relations(document, model.ProvAttribution)}
    assert people == {(file, "cta:contact-Marie_Curie") for file in ("run:input-0", "run:input-1")}
    (person,) = (one for one in document.get_records(model.ProvAgent) if "Curie" in str(one.identifier))
    said = {str(name): str(value) for name, value in person.attributes}
    assert said["cta:contact.email"] == "marie@example.org" and said["cta:contact.organization"] == "CTAO"


def test_it_is_json_with_the_keys_of_prov_json(store):
    content = json.loads(written(store))
    assert list(content)[:3] == ["prefix", "entity", "activity"]
    individual = content["entity"]["run:individual-4"]
    assert json.loads(individual["evonas:genes"]) == store.individual(4).genome.genes
    assert content["entity"]["run:result-4"]["evonas:metric.accuracy"] == 0.54
    assert content["prefix"]["run1"] == f"urn:evonas:run:{'ab' * 16}:"


def test_a_run_without_individuals(tmp_path):
    model = pytest.importorskip("prov.model")
    with LineageStore.create(tmp_path, new_run(), synchronous="off") as store:
        document = model.ProvDocument.deserialize(content=written(store), format="json")
    assert len(list(document.get_records(model.ProvEntity))) == 1
