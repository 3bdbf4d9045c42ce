"""`evonas metrics` on predictions as CTLearn writes them."""

import csv
import json
from pathlib import Path

import pytest

from evonas.testing.dl2 import write_dl2

pytest.importorskip("tables")


def table(path):
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def predictions(here):
    write_dl2(here / "gammas.h5", 600, invalid=5)
    write_dl2(here / "protons.h5", 600, particle=101, obs_id=2, seed=1)
    return "gammas.h5", "protons.h5"


def test_figures_with_errors(evonas, predictions):
    ran = evonas("metrics", *predictions).worked("595 signal and 600 background images", "auc", "angular_resolution")
    assert "taken for a hadronness" in ran.err and "5 of 600 events" in ran.err


def test_figures_as_json(evonas, predictions):
    found = json.loads(evonas("metrics", *predictions, "--format", "json", "--score", "hadronness").worked().out)
    assert found["files"] == list(predictions)
    assert (found["signal_events"], found["background_events"], found["score"]) == (595, 600, "hadronness")
    figures = found["metrics"]
    assert figures["auc"]["value"] > 0.9 and 0 < figures["auc"]["error"] < 0.02
    assert figures["energy_resolution"]["value"] == pytest.approx(0.2, abs=0.03)
    assert figures["energy_bias"]["value"] == pytest.approx(0.05, abs=0.03)
    assert figures["angular_resolution"] == {
        "value": pytest.approx(0.15, abs=0.02),
        "error": pytest.approx(0.004, abs=0.003),
        "unit": "deg",
    }
    assert "loss" not in figures


def test_the_efficiencies_can_be_chosen(evonas, predictions):
    def figures(*options):
        return json.loads(evonas("metrics", *predictions, "--format", "json", *options).worked().out)["metrics"]

    loose, tight = figures(), figures("--signal-efficiency", "0.9", "--background-efficiency", "0.001")
    assert tight["background_rejection"]["value"] < loose["background_rejection"]["value"]
    assert tight["signal_efficiency"]["value"] < loose["signal_efficiency"]["value"]


def test_curves_as_page_and_points(evonas, predictions):
    pytest.importorskip("pyirf")
    evonas("metrics", *predictions, "--to", "new/page.html", "--csv", "points", "--resamples", 20).worked()
    page = Path("new/page.html").read_text(encoding="utf-8")
    for name in ("roc", "auc", "energy_bias", "energy_resolution", "angular_resolution"):
        anchor = f"figure-{name}"
        assert f'id="{anchor}"' in page
    assert "showSendToCloud: false" in page and 'src="http' not in page
    rows = table("points/energy_resolution.csv")
    assert len(rows) == 10 and sum(int(row["events"]) for row in rows) == 595
    assert all(0.1 < float(row["energy_resolution"]) < 0.35 for row in rows)
    assert all(0 < float(row["energy_resolution_error"]) < 0.1 for row in rows)
    roc = table("points/roc.csv")
    assert (roc[0]["signal_efficiency"], roc[-1]["signal_efficiency"]) == ("0.0", "1.0")
    evonas("metrics", *predictions, "--csv", "gammas.h5").refused(20, "gammas.h5", "--csv")
    evonas("metrics", *predictions, "--to", "gammas.h5/page.html").refused(20, "gammas.h5", "--to")
    written = {path.stem for path in Path("points").iterdir()}
    assert written == {"metrics", "roc", "auc", "energy_bias", "energy_resolution", "angular_resolution"}


def test_gammas_alone_have_no_type(evonas, predictions):
    ran = evonas("metrics", predictions[0]).worked("energy_resolution")
    assert "auc" not in ran.out and "type is left out" in ran.err


def test_few_events_have_no_auc_by_energy(evonas, here):
    write_dl2(here / "gammas.h5", 8)
    write_dl2(here / "protons.h5", 8, particle=101, seed=1)
    ran = evonas("metrics", "gammas.h5", "protons.h5").worked("auc")
    assert "auc_mean_energy" not in ran.out and "auc_mean_energy is left out" in ran.err


def test_bad_files_are_refused(evonas, predictions, here):
    Path("text.h5").write_text("no")
    write_dl2(here / "observed.h5", truth=False)
    evonas("metrics", "text.h5").refused(14, "text.h5", "not an HDF5 file")
    evonas("metrics", "nothing.h5").refused(14, "nothing.h5", "no such file")
    evonas("metrics", "observed.h5").refused(14, "observed.h5", "no simulated truth")
    evonas("metrics", predictions[0], "--prefix", "Mine").refused(14, "--prefix", "one of CTLearn")
    evonas("metrics").refused(2)
