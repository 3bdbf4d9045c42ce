from __future__ import annotations

from evonas.genome import Genome
from evonas.lineage import Scored, StoredResult
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual
from evonas.report.analysis import best_so_far
from evonas.report.figures import (
    Pair,
    before_after,
    convergence,
    fitness_over_evaluations,
    gene_spread,
    learning_curves,
    metric_evolution,
    parallel_coordinates,
)
from evonas.report.figures.curves import curve_metrics
from evonas.report.figures.style import robust_range, thinned
from evonas.report.genes import gene_columns
from evonas.report.history import Evaluation, Goal


def scored(values: list[tuple[float, dict[str, object]]]) -> list[Scored]:
    found = []
    for number, (value, genes) in enumerate(values):
        genome = Genome(genes, "toy")
        individual = Individual(number, genome, Birth(("founder",)))
        result = EvaluationRequest(number, number, genome, 1, 0).result({"accuracy": value})
        found.append(Scored(individual, StoredResult(result, number, 0.0, 1), (value,)))
    return sorted(found, key=lambda one: -one.value)


def test_best_so_far_is_the_running_best() -> None:
    evaluations = []
    for number, value in enumerate([0.5, 0.4, 0.7, 0.6]):
        genome = Genome({"n": number})
        result = EvaluationRequest(number, number, genome, 1, 0).result({"loss": value})
        evaluations.append(Evaluation(number + 1, Individual(number, genome, Birth(("founder",))), result))
    for goal, expected in ((Goal("loss", True), [0.5, 0.7, 0.7]), (Goal("loss", False), [0.5, 0.4, 0.4])):
        figure, notes = fitness_over_evaluations(evaluations, [goal])
        line = next(trace for trace in figure.data if trace.name == "best so far")
        assert list(line.y) == expected
        assert notes.left_out == notes.beyond == 0


def test_parallel_axes_are_the_genes_that_vary() -> None:
    ordered = scored(
        [
            (
                0.9,
                {
                    "rate": 0.1,
                    "act": "relu",
                    "fixed": 3,
                    "layers": [{"units": 8}],
                    "opt": {"type": "sgd", "momentum": 0.9},
                },
            ),
            (
                0.8,
                {
                    "rate": 1e-4,
                    "act": "elu",
                    "fixed": 3,
                    "layers": [{"units": 8}, {"units": 64}],
                    "opt": {"type": "adam"},
                },
            ),
        ]
    )
    figure, notes = parallel_coordinates(ordered, Goal("accuracy"))
    axes = {axis.label: axis for axis in figure.data[0].dimensions}
    assert list(axes) == [
        "accuracy", "act", "layers: length", "layers 2: units", "opt.momentum", "opt.type", "rate",
    ]  # fmt: skip
    assert notes.genes == 6 and notes.genes_left_out == notes.lines_left_out == 0
    assert list(axes["act"].ticktext) == ["elu", "relu"]
    assert axes["opt.momentum"].ticktext[0] == "absent"
    assert list(axes["rate"].values) == [-4.0, -1.0]  # a logarithmic axis; the best is drawn last
    assert list(axes["rate"].ticktext) == ["0.0001", "0.1"]


def test_long_lists_are_summarised() -> None:
    genomes = [
        Genome({"stages": [{f"gene{at}": place + at + run for at in range(9)} for place in range(4)]})
        for run in range(3)
    ]
    columns, left_out = gene_columns(genomes)
    assert "stages: mean gene0" in [column.name for column in columns]
    assert len(columns) == 9 and left_out == 0


def test_curves_show_loss_and_the_objective() -> None:
    rows = [
        {
            "epoch": 1,
            "loss": 2.0,
            "val_loss": 2.1,
            "auc": 0.5,
            "val_auc": 0.4,
            "val_accuracy": 0.3,
            "learning_rate": 1.0,
        }
    ]
    assert curve_metrics([rows], ["accuracy"]) == ["loss", "accuracy"]
    assert curve_metrics([rows], []) == ["loss", "auc"]
    assert curve_metrics([[{"score": 1.0}]], []) == ["score"]
    assert curve_metrics([[]], ["accuracy"]) == []
    figure = learning_curves({"individual 1": rows}, ["loss", "accuracy"])
    assert [list(trace.y) for trace in figure.data] == [[2.1], [2.0], [0.3]]


def test_far_outliers_do_not_squeeze_the_picture() -> None:
    values = [0.9 + 0.001 * at for at in range(20)] + [0.01]
    shown = robust_range(values, maximise=True)
    assert shown is not None and 0.01 < shown[0] < 0.9 and shown[1] > max(values)
    assert robust_range([0.9 + 0.001 * at for at in range(20)], maximise=True) is None
    shown = robust_range([1.0 + 0.01 * at for at in range(20)] + [1e9], maximise=False)
    assert shown is not None and shown[1] < 100


def test_thinning_keeps_what_it_must() -> None:
    assert thinned(5, 10, set()) == [0, 1, 2, 3, 4]
    kept = thinned(10_000, 100, {7, 9_999})
    assert {7, 9_999} <= set(kept) and len(kept) <= 102


def ended(values: list[tuple[float | None, dict[str, object]]]) -> list[Evaluation]:
    found = []
    for number, (value, genes) in enumerate(values):
        genome = Genome(genes)
        request = EvaluationRequest(number, number, genome, 1, 0)
        failed = request.failure(EvaluationStatus.CRASHED, "it fell over")
        result = failed if value is None else request.result({"auc": value})
        found.append(Evaluation(number + 1, Individual(number, genome, Birth(("founder",))), result))
    return found


def test_convergence_is_the_median_of_the_best_so_far() -> None:
    goal = Goal("auc")
    one = best_so_far(ended([(None, {}), (0.5, {}), (0.4, {}), (0.7, {})]), goal)
    assert one == [None, 0.5, 0.5, 0.7]
    assert best_so_far(ended([(0.5, {}), (0.4, {}), (0.7, {})]), Goal("auc", False)) == [0.5, 0.4, 0.4]
    traces = {"lst": [one, [0.6, 0.6], [0.1, 0.2, 0.9, 0.9]], "mst": [[0.3, 0.4]]}
    figure = convergence(traces, goal, {"mst": 0.35})
    lines = {trace.name: trace for trace in figure.data if trace.showlegend is not False}
    assert list(lines["lst"].y) == [0.35, 0.5, 0.6, 0.7]  # a search that ended early stays at its last value
    assert list(lines["mst"].y) == [0.3, 0.4]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.35]
    band = next(trace for trace in figure.data if trace.fill == "toself")
    assert max(band.y) <= 0.9
    assert min(value for value in band.y if value is not None) >= 0.1


def test_spread_has_a_panel_for_each_gene_that_varies() -> None:
    evaluations = ended(
        [
            (0.7, {"layers": [{"filters": 8}], "kind": "adam", "fixed": 1}),
            (0.9, {"layers": [{"filters": 16}, {"filters": 32}], "kind": "sgd", "fixed": 1}),
            (None, {"layers": [{"filters": 999}], "kind": "lost", "fixed": 1}),
            (0.8, {"layers": [{"filters": 64}], "kind": "sgd", "fixed": 1}),
        ]
    )
    figure, notes = gene_spread(evaluations, Goal("auc"))
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert titles == ["kind", "layers: length", "layers 1: filters"], "the second layer is absent or has 32 filters"
    assert (notes.genes, notes.genes_left_out, notes.points_left_out) == (3, 0, 0)
    filters = figure.data[2]
    assert sorted(zip(filters.x, filters.y, strict=True)) == [(1, 8), (2, 16), (4, 64)]
    assert (filters.x[-1], filters.marker.symbol[-1]) == (2, "star")  # the best is drawn last
    worst_is_star, _ = gene_spread(evaluations, Goal("auc", maximise=False))
    assert worst_is_star.data[2].x[-1] == 1
    same, none = gene_spread(evaluations[:1], Goal("auc"))
    assert (none.genes, len(same.data)) == (0, 0)


def test_evolution_has_points_and_the_best_so_far_of_each_search() -> None:
    searches = {"seed 0": ended([(0.5, {}), (None, {}), (0.4, {})]), "seed 1": ended([(0.6, {})])}
    figure, outside = metric_evolution(searches, Goal("auc"))
    points = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    lines = [list(trace.y) for trace in figure.data if trace.mode == "lines"]
    assert list(points["seed 0"].x) == [1, 3]
    assert list(points["seed 0"].y) == [0.5, 0.4]
    assert lines == [[0.5, 0.5, 0.5], [0.6]]
    assert outside == 0


def test_pairs_have_error_bars() -> None:
    panels = {"AUC": {"lst": Pair((0.7, 0.01), (0.8, None)), "mst": Pair(None, (0.9, 0.02))}}
    figure = before_after(panels)
    base, optimised = figure.data
    assert (base.name, list(base.y), list(base.error_y.array)) == ("baseline", [0.7], [0.01])
    assert (list(optimised.y), list(optimised.error_y.array)) == ([0.8, 0.9], [0.0, 0.02])
    assert list(figure.layout.xaxis.ticktext) == ["lst", "mst"]
