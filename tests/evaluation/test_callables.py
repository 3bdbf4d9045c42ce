import sys
from pathlib import Path

import pytest

from evonas.errors import EvaluationError
from evonas.evaluation import EvaluationContext, EvaluatorSpec
from evonas.evaluation.callables import resolve
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationStatus

FOLDER = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("evaluators", None)


def callable_spec(name: str) -> EvaluatorSpec:
    return EvaluatorSpec(f"evaluators:{name}", kind="callable", path=(FOLDER,))


def evaluate(tmp_path: Path, **genes):
    context = EvaluationContext({}, tmp_path, "cpu:0", 1, lambda row: None)
    return resolve(callable_spec("answer"))(EvaluationRequest(0, 0, Genome(genes), 1, 0), context)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("evaluators:anwser", ["did you mean evaluators:answer?", "evaluators has no anwser"]),
        ("evaluators:zzz", ["a function of evaluators: misbehave", "check the spelling"]),
        ("evaluators:NOT_A_FUNCTION", ["is not a function"]),
        ("evaluators:of_one_argument", ["two arguments", "def evaluate(genome, budget)"]),
        ("evaluators", ["package.module:function"]),
        (":answer", ["package.module:function"]),
        (".evaluators:answer", ["package.module:function"]),
        ("no_such_module_here:answer", ["ModuleNotFoundError", "no_such_module_here"]),
    ],
)
def test_a_name_that_leads_nowhere_is_an_error_that_helps(target, words):
    with pytest.raises(EvaluationError) as error:
        resolve(EvaluatorSpec(target, kind="callable", path=(FOLDER,)))
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("line", ["1 / 0", "raise SystemExit(2)", "import no_such_dependency", "def"])
def test_a_module_that_cannot_be_imported_is_an_error_with_its_traceback(tmp_path, line):
    (tmp_path / "evonas_test_broken.py").write_text(f"\n\n{line}\n")
    with pytest.raises(EvaluationError) as error:
        resolve(EvaluatorSpec("evonas_test_broken:f", path=(str(tmp_path),)))
    assert "evonas_test_broken.py" in str(error.value)
    assert "line 3" in str(error.value)


def test_a_module_to_preload_that_is_missing_is_named():
    with pytest.raises(EvaluationError, match="no_such_framework, which evaluations need"):
        resolve(EvaluatorSpec("evaluators:answer", path=(FOLDER,), preload=("no_such_framework",)))


def test_folders_come_first_in_their_order(tmp_path):
    resolve(EvaluatorSpec("json:dump", path=(str(tmp_path), FOLDER)))
    assert sys.path[:2] == [str(tmp_path), FOLDER]


@pytest.mark.parametrize("what", ["empty", "number", "text"])
def test_what_is_no_mapping_to_numbers_is_refused(tmp_path, what):
    with pytest.raises(TypeError, match="expected a mapping of metric names to numbers"):
        evaluate(tmp_path, **{"as": what})


def test_a_metric_that_is_not_finite_is_a_divergence(tmp_path):
    result = evaluate(tmp_path, **{"as": "nan"})
    assert result.status is EvaluationStatus.DIVERGED
    assert result.metrics == {"loss": 1.0}


def test_a_folder_that_was_not_used_is_not_left(tmp_path):
    evaluate(tmp_path, **{"as": "nan"})
    assert not list((tmp_path / "work").iterdir())


def climb(tmp_path: Path, keeps: bool, **more):
    context = EvaluationContext({}, tmp_path, "cpu:0", 1, lambda row: None)
    request = EvaluationRequest(9, 4, Genome({"keeps": keeps}), seed=0, **{"epochs": 6, **more})
    return resolve(callable_spec("steps"))(request, context)


def test_a_callable_that_keeps_files_is_charged_for_what_comes_on_top(tmp_path):
    assert climb(tmp_path, True, epochs=3).epochs == 3
    higher = climb(tmp_path, True, trained=3, rung=1, fraction=0.5)
    assert higher.metrics == {"found": 3, "epochs": 9, "trained": 3, "fraction": 0.5}
    assert higher.epochs == 6


def test_a_callable_that_keeps_none_is_charged_for_all(tmp_path):
    assert climb(tmp_path, False, epochs=3).epochs == 3
    higher = climb(tmp_path, False, trained=3, rung=1)
    assert higher.metrics == {"found": 0, "epochs": 9, "trained": 3, "fraction": 1}
    assert higher.epochs == 9


def test_a_repeat_has_a_folder_of_its_own(tmp_path):
    climb(tmp_path, True, epochs=9)
    again = climb(tmp_path, True, epochs=9, repeat=1)
    assert (again.metrics["found"], again.epochs) == (0, 9)
    assert {folder.name for folder in (tmp_path / "work").iterdir()} == {"000004", "000004-repeat1"}


def test_a_spec_is_json():
    spec = EvaluatorSpec("a:b", {"x": [1]}, ("keras",), "callable", ("folder",))
    assert EvaluatorSpec.from_dict(spec.to_dict()) == spec
