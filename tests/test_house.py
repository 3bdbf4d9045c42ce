"""What holds for the house as a whole."""

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import evonas as package
from evonas.errors import RunError
from evonas.testing.toy import toy_evaluate, toy_space

REPOSITORY = Path(__file__).parents[1]
SOURCES = sorted((REPOSITORY / "evonas").rglob("*.py"))
HEAVY = {
    "cmaes",
    "dash",
    "dash_cytoscape",
    "deap",
    "flask",
    "h5py",
    "jax",
    "keras",
    "matplotlib",
    "mlflow",
    "networkx",
    "optuna",
    "plotly",
    "rich",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "tensorflow",
    "torch",
}


def loaded_by(code):
    """Return the top-level modules that a fresh process holds after some code."""
    tail = "\nimport json, sys; print(); print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    ended = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(ended.stdout.splitlines()[-1]))


HELP = """
import sys
from evonas.cli.main import main
sys.argv = ["evonas", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
"""


@pytest.mark.parametrize("code", ["import evonas", HELP], ids=["import", "help"])
def test_nothing_heavy_is_loaded(code):
    assert not loaded_by(code) & HEAVY


def test_configurations_are_checked_without_training_libraries():
    config = REPOSITORY / "configs" / "mnist_cnn.yaml"
    code = (
        f"from evonas import load_config; from evonas.run import build_space; build_space(load_config({str(config)!r}))"
    )
    assert not loaded_by(code) & {"keras", "tensorflow", "jax", "torch", "sklearn"}


def test_public_names_resolve():
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    assert {*package.__all__, "__version__"} == set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'Engin'"):
        _ = package.Engin


def test_the_example_of_the_readme_runs_as_printed():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "Engine(" in block]
    lines = block.rstrip().replace("{...}", "SPACE").splitlines()
    assert lines[-1] == "engine.best().genome"
    lines[-1] = f"best = {lines[-1]}"
    names = {"SPACE": toy_space().to_dict(), "f": lambda genome, epochs: toy_evaluate(genome, epochs)["accuracy"]}
    exec("\n".join(lines), names)  # noqa: S102 - it is our own page
    engine, best = names["engine"], names["best"]
    assert len(engine.results) == 200
    assert best.id == engine.best().genome.id
    founders = [one.number for one in engine.individuals if "founder" in one.birth.operators]
    first = max(result.metrics["accuracy"] for result in engine.results if result.individual in founders)
    assert engine.best().values[0] > first, "a search finds better than it began with"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_modules_are_short_documented_and_say_what_they_export(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert text.startswith(('"""', 'r"""')), "a module says what it is for"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_exported_names_exist_and_are_sorted(file):
    """Read, not imported: some modules load a training library."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    defined, exported = set(), None
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            defined |= {(name.asname or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            if "__all__" in {getattr(target, "id", "") for target in targets}:
                exported = ast.literal_eval(node.value)
    if exported is None:
        assert file.name == "__init__.py" and len(body) == 1, "only a package that is empty needs no __all__"
        return
    assert len(set(exported)) == len(exported)
    assert "__getattr__" in defined or set(exported) <= defined


def test_entry_points_resolve():
    for group, kinds in {"evonas.models": {"cnn", "dense"}, "evonas.data": {"digits", "hdf5", "idx", "npz"}}.items():
        found = {point.name: point for point in entry_points(group=group)}
        assert kinds <= set(found)
        for kind in kinds:
            assert found[kind].load().name == kind
    (script,) = [point for point in entry_points(group="console_scripts") if point.name == "evonas"]
    assert script.value == "evonas.cli.main:main"
    assert callable(script.load())


def test_the_installed_command_runs():
    command = Path(sys.executable).with_name("evonas")
    if not command.exists():
        pytest.skip(f"{command} is not there: evonas is not installed beside this Python")
    ended = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == f"evonas {package.__version__}\n"


def test_python_runs_the_package_as_the_command(evonas_process, tmp_path):
    evonas_process("--version").worked(f"evonas {package.__version__}")
    evonas_process("status", tmp_path / "nowhere").refused(RunError.exit_code, "no such run directory")
