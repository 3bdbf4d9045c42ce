"""Addresses, the report's tables as components, the drawing of a network, the command."""

from html.parser import HTMLParser

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from dash import dcc, html
from typer.testing import CliRunner

from evonas.cli.app import app
from evonas.cli.dashboard import dashboard  # noqa: F401 - it registers
from evonas.dashboard.address import Address
from evonas.dashboard.drawing import draw_network
from evonas.dashboard.markup import components
from evonas.dashboard.network import folded, network
from evonas.dashboard.shelf import Shelf
from evonas.errors import EvonasError
from evonas.genome import Genome
from evonas.report import tables
from evonas.report.fronts import pareto_content
from evonas.training.families.registry import load_family
from evonas.training.heads import classifier

from .conftest import walk


@pytest.mark.parametrize(
    "address",
    [
        Address(),
        Address("tree", "1a2b", ("3c4d", "5e6f"), 12),
        Address("individual", "1a2b", (), 0),
        Address("genes", "a"),
    ],
)
def test_an_address_is_read_as_it_was_written(address):
    path, _, search = address.href.partition("?")
    assert Address.read(path, f"?{search}") == address


def test_an_address_that_is_not_understood_leads_to_the_overview():
    assert Address.read("/nowhere", "?id=-3&id=x&run=") == Address("overview")
    assert Address.read(None, None) == Address("overview")


def test_a_table_of_the_report_keeps_its_words_and_links_its_individuals(toys):
    findings = Shelf([toys["first"]]).state().findings
    source = tables.best_table(findings.ordered[:5], findings.history.goals, findings.history.individuals)
    made = components(source, lambda number: f"/individual?id={number}")

    words: list[str] = []
    reader = HTMLParser()
    reader.handle_data = lambda data: words.append(data) if data.strip() else None
    reader.feed(source)
    shown = [part for one in made for part in walk(one) if isinstance(part, str)]
    assert shown == words
    links = [part for one in made for part in walk(one) if isinstance(part, dcc.Link)]
    assert [link.href for link in links] == [f"/individual?id={one.individual.number}" for one in findings.ordered[:5]]


def test_a_figure_of_the_report_becomes_one_that_is_alive(toys):
    findings = Shelf([toys["pareto"]]).state().findings
    made = components(pareto_content(findings.history, findings.ordered))
    graphs = [part for one in made for part in walk(one) if isinstance(part, dcc.Graph)]
    assert [graph.id for graph in graphs] == ["figure-pareto", "figure-hypervolume"]
    assert graphs[0].figure["data"] and not any(isinstance(part, html.Script) for one in made for part in walk(one))


GENES = {
    "layers": [{"units": 16}, {"units": 8}],
    "activation": "relu",
    "normalisation": "batch",
    "dropout": 0.2,
    "learning": {"optimizer": {"type": "adam", "learning_rate": 0.001}, "batch_size": 32},
}


def test_the_layers_of_a_plan_are_folded_into_blocks_without_losing_a_weight():
    family = load_family("cnn")
    genome = Genome(CNN, "cnn")
    plan = family.plan(genome, (8, 8, 1), classifier(10))
    blocks = folded(plan.layers)
    assert len(blocks) < len(plan.layers)
    names = [block.name for block in blocks]
    for at, block in enumerate(blocks):
        assert set(block.inputs) <= set(names[:at])
    weights = [
        part for block in blocks for detail in block.details for part in detail.split(" · ") if "weights" in part
    ]
    assert sum(int(text.split()[0].replace(",", "")) for text in weights) == plan.parameters
    drawing = draw_network(network_of(blocks))
    assert drawing.startswith("<svg") and drawing.count("<rect") == 2 * len(blocks)


def network_of(blocks):
    from evonas.dashboard.network import Diagram

    return Diagram(blocks, "plan")


CNN = {
    "stem": {"type": "none"},
    "stages": [
        {
            "filters": 6,
            "kernel": 3,
            "blocks": 2,
            "block": "residual",
            "activation": "silu",
            "normalisation": "batch",
            "pooling": "none",
            "attention": {"type": "none"},
            "dropout": 0.3,
            "padding": "same",
        }
    ],
    "bottleneck": {"type": "none"},
    "head": {"pooling": "flatten", "layers": []},
    "learning": {
        "optimizer": {"type": "adam", "learning_rate": 0.001},
        "schedule": {"type": "constant"},
        "batch_size": 32,
        "label_smoothing": 0.0,
        "clipping": {"type": "none"},
    },
}


def test_without_a_plan_the_genes_are_drawn(tmp_path):
    diagram = network(Genome(GENES, "unheard of"), tmp_path)
    assert diagram.source == "genes" and [block.title for block in diagram.blocks] == ["Layer 1", "Layer 2"]
    assert network(Genome({"x": 0.5}), tmp_path) is None


def test_texts_of_a_run_cannot_become_markup(tmp_path):
    hostile = "<script>alert(1)</script>"
    diagram = network(Genome({"layers": [{"kind": hostile}]}), tmp_path)
    assert "<script" not in draw_network(diagram)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "there is no such run directory"),
        (["--token", "short"], "too short"),
        (["."], "not a run directory"),
    ],
)
def test_what_is_wrong_is_told_in_words(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(app, ["dashboard", *arguments])
    assert isinstance(ended.exception, EvonasError) and words in str(ended.exception)
