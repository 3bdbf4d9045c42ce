"""Tables of ctlearn_optimizer, read and plotted by the code that plots our own searches."""

from pathlib import Path

import pytest

from evonas.errors import DataError
from evonas.report import comparison_html
from evonas.report.analysis import best_so_far
from evonas.report.history import Goal, standings
from evonas.report.imports import is_table, read_table

SHARED = Path(__file__).parents[4] / "shared" / "data" / "ctlearn_optimizer"
LAYERS = "number_of_layers,layer1_filters,layer1_kernel,layer2_filters,layer2_kernel"
HEAD = f"loss,iteration,{LAYERS},rate,auc_val,acc_val,run_time"
ROWS = (
    "0.2,2,2,16,3,32,5,0.001,0.8,0.7,100.5",
    "0.1,1,1,64,7,0,0,1e-4,0.9,0.8,50",
    "0.15,3,1,32,7,9,9,1e-3,0.85,0.75,80",
)
WHOLE = "\n".join((HEAD, *ROWS))


@pytest.fixture
def table(tmp_path):
    def write(text=WHOLE, name="optimization_results.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def shared(name):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"shared/data/ctlearn_optimizer/{name} is not there")
    return path


def test_rows_are_individuals_in_the_order_of_the_trainings(table):
    history = read_table(table())
    assert history.goals == (Goal("auc", maximise=True),)
    assert [found.result.metrics["auc"] for found in history.evaluations] == [0.9, 0.8, 0.85]
    assert history.evaluations[1].result.seconds == 100.5
    first, second, third = (found.individual.genome.genes for found in history.evaluations)
    assert first == {"layers": [{"filters": 64, "kernel": 7}], "rate": 1e-4}
    assert second == {"layers": [{"filters": 16, "kernel": 3}, {"filters": 32, "kernel": 5}], "rate": 0.001}
    assert third["layers"] == [{"filters": 32, "kernel": 7}]  # the table logs layers that this network did not have
    assert standings(history)[0].individual.number == 1


def test_the_metric_is_the_one_that_the_tool_minimised(table):
    rows = ["loss,iteration,layer1_filters,auc_val,acc_val", "0.3,1,16,0.8,0.7", "0.2,2,16,0.7,0.8"]
    assert read_table(table("\n".join(rows))).goals[0].metric == "accuracy"
    rows = ["iteration,layer1_filters,loss_val", "1,16,0.8", "2,16,0.7"]
    assert read_table(table("\n".join(rows))).goals == (Goal("loss", maximise=False),)


def test_a_training_without_figures_failed(table):
    history = read_table(table("\n".join((WHOLE, "nan,4,1,16,3,0,0,1,nan,,9"))))
    assert [found.result.completed for found in history.evaluations] == [True, True, True, False]
    assert best_so_far(history.evaluations, history.goals[0]) == [0.9, 0.9, 0.9, 0.9]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "no rows"),
        (HEAD, None, "no rows"),
        ("a,b\n1,2", None, "not a table of ctlearn_optimizer"),
        (f"{HEAD}\n{ROWS[0]}\n1,2,3", 3, "too few or too many"),
        (f"{HEAD}\n{ROWS[0]}\n{ROWS[1].replace('0.9', 'high')}", 3, "not a number"),
    ],
)
def test_bad_tables_are_refused(table, text, line, words):
    path = table(text)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert words in str(caught.value)
    assert caught.value.file == str(path)
    assert caught.value.line == line


def test_the_command_writes_a_page(evonas, here, table, toy_run):
    path = table()
    evonas("report", path).worked("optimization_results.html")
    page = (here / "optimization_results.html").read_text()
    for words in ("The best over time", "spread over each gene", "layers 1: filters", "filters 64, kernel 7"):
        assert words in page
    evonas("report", path, toy_run, "--to", "both.html").worked("both.html")
    evonas("report", here / "absent.csv").refused(14, "absent.csv: there is no such file")
    assert is_table("x.CSV")
    assert not is_table("runs/x")


def test_texts_of_a_table_are_escaped(table):
    text = "iteration,optimizer,auc_val\n1,<script>alert(1)</script>,0.5\n2,adam,0.6"
    page = comparison_html([read_table(table(text, "<b>.csv"))])
    assert "<script>alert" not in page
    assert "<b>" not in page.replace("<b>evaluation", "").split("<main>")[1].split("</header>")[0]


@pytest.mark.parametrize(
    ("name", "evaluations", "auc", "accuracy", "layers"),
    [  # the best networks as the study's authors published them
        ("Basic_optimization_run_lst.csv", 100, 0.8150, 0.7245, 4),
        ("Basic_optimization_run_sstc.csv", 56, 0.8830, 0.7987, 3),
        ("Basic_optimization_run_mstn.csv", 100, 0.8929, 0.8011, 4),
        ("Basic_optimization_run_mstf.csv", 100, 0.8816, 0.7901, 4),
        ("MSTN_optimized_number_of_layers_mstn_layers.csv", 150, 0.8958, 0.8053, None),
        ("MSTN_tpe_gp_rf_gbrt_random_mstn_gp.csv", 100, 0.8926, 0.8009, 4),
        ("MSTN_tpe_gp_rf_gbrt_random_mstn_random.csv", 100, None, None, 4),
    ],
)
def test_the_study_of_2019(name, evaluations, auc, accuracy, layers):
    history = read_table(shared(name))
    assert len(history.evaluations) == evaluations
    best = standings(history)[0]
    if auc is not None:
        assert best.value == pytest.approx(auc, abs=6e-5)
        assert best.result.result.metrics["accuracy"] == pytest.approx(accuracy, abs=6e-5)
    depths = {len(found.individual.genome["layers"]) for found in history.evaluations}
    assert depths == ({layers} if layers else {4, 5, 6})
    assert history.goals == (Goal("auc", maximise=True),)


def test_the_study_of_2019_on_one_page():
    names = ("lst", "mstf", "mstn", "sstc")
    histories = [read_table(shared(f"Basic_optimization_run_{name}.csv")) for name in names]
    page = comparison_html(histories)
    assert page == comparison_html(histories)
    assert all(f">{name}</h2>" in page for name in names)
    assert page.count('class="plot"') == 1 + 3 * len(names)
    for value in ("0.81504", "0.88159", "0.89289", "0.88304"):
        assert value in page
