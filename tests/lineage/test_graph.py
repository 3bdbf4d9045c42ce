"""Who descends from whom."""

import pytest

from evonas.errors import LineageError
from evonas.lineage import ancestors, descendants, lineage_graph, primary_line
from evonas.lineage.graph import describe
from evonas.records import EvaluationRequest, EvaluationStatus

FOREIGN = f"{'ab' * 16}:7"
FILE = 'genomes/"le net".yaml'


def test_every_individual_is_a_node_and_every_parent_an_edge(family):
    graph = lineage_graph(family)
    assert set(graph) == {0, 1, 2, 3, 4, 5, 6, FOREIGN, FILE}
    assert set(graph.edges) == {(FOREIGN, 1), (FILE, 2), (0, 3), (1, 3), (3, 4), (2, 4), (3, 5), (4, 6)}
    assert graph.edges[3, 5] == {"role": "primary", "position": 0, "changes": "layers[5].units: 8 -> [1, {'a': None}]"}
    assert graph.edges[2, 4] == {"role": "mate", "position": 1}
    assert graph.edges[4, 6]["changes"] == "z: 0.1 -> 0.2; layers[5] added"


def test_nodes_tell_all_that_is_known(family):
    graph = lineage_graph(family)
    assert graph.nodes[3] == {
        "genome": family.individual(3).genome.id,
        "family": "dense",
        "generation": 1,
        "operators": "crossover, mutate_one",
        "birth_order": 3,
        "born_at": 3,
        "founder": False,
        "foreign": False,
        "status": "completed",
        "rung": 0,
        "epochs": 3,
        "seconds": 2.0,
        "device": "gpu:0",
        "metric_accuracy": 0.53,
        "metric_loss": 1.0,
        "parameters": 103.0,
    }
    assert graph.nodes[0]["died_at"] == 4
    assert graph.nodes[5]["status"] == "pending"
    assert "metric_accuracy" not in graph.nodes[5]
    assert graph.nodes[6]["status"] == "diverged"
    assert [node for node, founder in graph.nodes(data="founder") if founder] == [0, 1, 2, FOREIGN, FILE]
    assert graph.nodes[FOREIGN] == {
        "foreign": True,
        "founder": True,
        "run": "ab" * 16,
        "number": 7,
        "source": "runs/old:best",
    }


def test_all_attributes_are_scalars(family):
    graph = lineage_graph(family)
    values = [value for _, data in [*graph.nodes(data=True)] for value in data.values()]
    values += [value for *_, data in graph.edges(data=True) for value in data.values()]
    assert {type(value) for value in values} <= {str, int, float, bool}


def test_the_highest_rung_tells(family):
    genome = family.individual(3).genome
    for number, (rung, accuracy) in enumerate([(1, 0.8), (0, 0.9)], start=10):
        request = EvaluationRequest(number, 3, genome, epochs=9, seed=1, rung=rung)
        family.add_request(request)
        family.add_result(request.result({"accuracy": accuracy}))
    assert lineage_graph(family).nodes[3]["metric_accuracy"] == 0.8


def test_ancestors_come_breadth_first(family):
    found = [(one.individual.number, one.depth) for one in ancestors(family, 6)]
    assert found == [(4, 1), (3, 2), (2, 2), (0, 3), (1, 3)]
    assert ancestors(family, 0) == []
    assert ancestors(family, 1) == []


def test_descendants_come_breadth_first(family):
    assert [(one.individual.number, one.depth) for one in descendants(family, 1)] == [(3, 1), (4, 2), (5, 2), (6, 3)]
    assert descendants(family, 6) == []


def test_the_primary_line_leads_to_the_founder(family):
    line = primary_line(family, 6)
    assert [step.individual.number for step in line] == [6, 4, 3, 0]
    assert [step.result and step.result.result.status.value for step in line] == ["diverged", *["completed"] * 3]
    assert line[0].changes == family.individual(6).birth.changes
    assert line[-1].changes == ()
    assert primary_line(family, 5)[0].result is None
    assert [step.individual.number for step in primary_line(family, 1)] == [1]


@pytest.mark.parametrize("question", [ancestors, descendants, primary_line])
def test_a_missing_individual(family, question):
    with pytest.raises(LineageError, match="no individual 99"):
        question(family, 99)


def test_no_changes_are_no_words():
    assert describe(()) == ""


def test_who_was_trained_several_times_is_told_by_its_own_training_at_the_highest_rung(family):
    genome = family.individual(3).genome
    higher = EvaluationRequest(7, 3, genome, 6, 1, rung=1, trained=3)
    again = EvaluationRequest(8, 3, genome, 9, 2, rung=1, repeat=1)
    failed = EvaluationRequest(9, 3, genome, 18, 1, rung=2, trained=9)
    for request in (higher, again, failed):
        family.add_request(request)
    family.add_result(higher.result({"accuracy": 0.75}, seconds=4.0))
    family.add_result(again.result({"accuracy": 0.25}))
    family.add_result(failed.failure(EvaluationStatus.CRASHED, "a bug"))
    node = lineage_graph(family).nodes[3]
    assert (node["metric_accuracy"], node["rung"], node["epochs"], node["seconds"]) == (0.75, 1, 9, 4.0)
    assert primary_line(family, 3)[0].result.result.number == 7
