"""The names in help and in early checks are those of the registries."""

import importlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.experiments import config_names
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.comparison.metrics import METRICS
from tabemb.experiments.config_names import (
    BASELINE_NAMES,
    CLASS_LOSSES,
    METRIC_NAMES,
    MODEL_PARTS,
    NETWORK_REGRESSOR,
    OBJECTIVE,
    RANK_LOSSES,
    WITHOUT_PRETRAINING,
    registry_of,
)
from tabemb.nn.losses import LOSSES, RankLoss
from tabemb.nn.losses.loss import ClassLoss


def test_baselines_and_metrics_are_those_registered():
    assert sorted([*BASELINE_NAMES, NETWORK_REGRESSOR, WITHOUT_PRETRAINING]) == sorted(BASELINES)
    assert sorted(name for names in METRIC_NAMES.values() for name in names) == sorted(METRICS)
    for name in METRIC_NAMES["classes"]:
        assert "binary" in METRICS[name].tasks
    for name in METRIC_NAMES["numbers"]:
        assert "regression" in METRICS[name].tasks
    for name in METRIC_NAMES["rankings"]:
        assert METRICS[name].tasks == ("ranking",)


@pytest.mark.parametrize("name", [*MODEL_PARTS, "objective"])
def test_parts_of_the_model_are_those_registered(name):
    part = (MODEL_PARTS | {"objective": OBJECTIVE})[name]
    registry = getattr(importlib.import_module(part.home), part.registry)
    assert (sorted(part.names), part.kind) == (sorted(registry), registry.kind)
    assert registry_of(part) is registry


def test_losses_for_classes_are_those_registered():
    assert sorted(CLASS_LOSSES) == sorted(name for name, loss in LOSSES.items() if issubclass(loss, ClassLoss))


def test_losses_of_rankings_are_those_registered():
    assert sorted(RANK_LOSSES) == sorted(name for name, loss in LOSSES.items() if issubclass(loss, RankLoss))


@pytest.mark.parametrize("name", MODEL_PARTS)
def test_names_stand_in_for_a_registry_that_is_not_loaded(name, monkeypatch):
    part = MODEL_PARTS[name]
    registry = getattr(importlib.import_module(part.home), part.registry)
    # Only this module's view of it: other threads of the process import while this test runs.
    monkeypatch.setattr(config_names, "sys", SimpleNamespace(modules={}))
    names = registry_of(part)
    assert names is not registry
    for spec in ("nothing", {"nam": part.names[0]}, 3):
        with pytest.raises(UnknownNameError) as told:
            registry.resolve(spec)
        with pytest.raises(UnknownNameError) as said:
            names.resolve(spec)
        assert str(said.value) == str(told.value)
    names.resolve(part.names[0])
    names.resolve({"name": part.names[0], "anything": 1})


def test_the_names_are_imported_without_anything_heavy():
    code = "import sys, tabemb.experiments.config_names as c; [c.registry_of(p) for p in c.MODEL_PARTS.values()]"
    code += "; print({'tensorflow', 'keras', 'numpy', 'pandas', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
