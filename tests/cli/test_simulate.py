import json

import pytest

pytest.importorskip("ctapipe")


def test_help_costs_no_heavy_imports():
    import subprocess
    import sys

    code = (
        "import sys\nfrom evonas.cli.main import main\nsys.argv = ['evonas', 'simulate', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('numpy', 'ctapipe', 'astropy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert shown.stdout.strip().endswith("[]")


def test_files_of_both_particles_and_a_page(tmp_path, evonas):
    folder, page = tmp_path / "events", tmp_path / "showers.html"
    shown = evonas("simulate", folder, "--gammas", 161, "--protons", 160, "--runs", 2, "--plot", page)
    shown.worked("gamma_run2.dl1.h5", "proton_run1002.dl1.h5", "AUC of width and length alone")
    names = sorted(file.name for file in folder.iterdir())
    assert names == [f"{name}.dl1.h5" for name in ("gamma_run1", "gamma_run2", "proton_run1001", "proton_run1002")]
    text = page.read_text()
    assert "not a physics simulation" in text
    assert "Width and length alone tell gammas from protons with an AUC of 0." in text
    evonas("simulate", folder, "--gammas", 10).refused(20, "exists already", "--overwrite")


def test_machines_get_json(tmp_path, evonas):
    shown = evonas(
        "simulate", tmp_path, "--gammas", 10, "--point-gammas", "--telescopes", 2, "--first-run", 7, "--format", "json"
    ).worked()
    (row,) = json.loads(shown.out)
    assert row["file"].endswith("gamma_run7.dl1.h5")
    assert row["events"] == 10
    assert row["images"] == 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["nothing to simulate", "--gammas N"]),
        (["--gammas", 1, "--runs", 2], ["2 runs need at least 2 gamma events"]),
        (["--gammas", 5, "--first-run", 1000], ["below 1000"]),
        (["--gammas", 5, "--set", "nightsky=2"], ["nightsky", "night_sky"]),
        (["--gammas", 5, "--set", "seed=2"], ["own option"]),
        (["--gammas", 5, "--tel-type", "MST"], ["telescope_type"]),
        (["--gammas", 5, "--camera", "lst", "--subarray", "x.h5"], ["exclude each other"]),
    ],
)
def test_a_wrong_option_writes_nothing(tmp_path, evonas, arguments, words):
    evonas("simulate", tmp_path / "events", *arguments).refused(11, *words)
    assert not (tmp_path / "events").exists()
