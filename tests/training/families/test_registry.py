"""Families are found by name; a third party's may be broken, and says so."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from evonas.errors import ConfigError
from evonas.training import plugins
from evonas.training.families import ModelFamily, family_names, load_family
from evonas.training.families.dense import DenseFamily

OWN = ["cnn", "ctlearn_cnn", "ctlearn_cnn_rnn", "ctlearn_resnet", "dense"]


class OtherFamily(DenseFamily):
    """A third party's family, found through an entry point."""

    name = "other"


ready = OtherFamily()


class Incomplete:
    name = "incomplete"


class Failing:
    def __init__(self):
        raise RuntimeError("no licence file")


@pytest.fixture
def registered(monkeypatch, tmp_path):
    """Return a function that registers an entry point."""
    found = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group == "evonas.models" else [])
    monkeypatch.setitem(sys.modules, "third_party", sys.modules[__name__])
    return lambda name, value: found.append(EntryPoint(name, value, "evonas.models"))


def test_own_families_need_no_metadata(registered):
    assert family_names() == OWN
    assert all(isinstance(load_family(name), ModelFamily) and load_family(name).name == name for name in family_names())


@pytest.mark.parametrize("attribute", ["OtherFamily", "ready"])
def test_a_third_party_adds_a_family_as_class_or_instance(registered, attribute):
    registered("other", f"third_party:{attribute}")
    assert family_names() == sorted([*OWN, "other"])
    assert isinstance(load_family("other"), OtherFamily)


def test_an_unknown_family_is_told_the_nearest():
    with pytest.raises(ConfigError) as error:
        load_family("dnse")
    assert "did you mean `dense`" in str(error.value)
    assert error.value.key == "model"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("gone", "no_such_package_here:Family", "ModuleNotFoundError: No module named 'no_such_package_here'"),
        ("gone", "third_party:NoSuchClass", "AttributeError"),
        ("failing", "third_party:Failing", "RuntimeError: no licence file"),
        ("incomplete", "third_party:Incomplete", "it lacks default_space, costs, build"),
        ("another", "third_party:OtherFamily", "it calls itself 'other'"),
    ],
)
def test_a_broken_family_is_the_third_partys(registered, name, value, message):
    registered(name, value)
    with pytest.raises(ConfigError) as error:
        load_family(name)
    assert message in str(error.value)
    assert value in str(error.value)


def test_own_families_cannot_be_replaced(registered):
    registered("dense", "third_party:OtherFamily")
    assert type(load_family("dense")).__name__ == "DenseFamily"


def test_families_are_found_without_keras():
    program = "import sys, evonas.training.families as f; f.load_family('cnn'); print('keras' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
