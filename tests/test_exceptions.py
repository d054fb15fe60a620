"""The exceptions and their messages."""

import pickle

import pytest

from tabemb import exceptions
from tabemb.exceptions import MissingExtraError, TabembError, UnknownNameError, did_you_mean

BUILT_IN = {
    "ColumnError": (KeyError, ValueError, exceptions.DataError),
    "ConfigError": (ValueError,),
    "DataError": (ValueError,),
    "DatabaseError": (OSError,),
    "ForkedProcessError": (RuntimeError,),
    "FormatError": (ValueError,),
    "MissingExtraError": (ImportError,),
    "OutputError": (OSError,),
    "TrainingError": (ArithmeticError,),
    "UnknownKeyError": (KeyError,),
    "UnknownNameError": (ValueError,),
}


def test_the_tree_is_complete():
    classes = {name for name in exceptions.__all__ if name != "did_you_mean"}
    assert classes == {*BUILT_IN, "TabembError"}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_each_is_a_tabemb_error_and_the_built_in_one(name):
    error = getattr(exceptions, name)
    assert issubclass(error, (TabembError,))
    assert all(issubclass(error, base) for base in BUILT_IN[name])
    assert f"{name} " in exceptions.__doc__


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_each_prints_its_message_plainly_and_can_be_pickled(name):
    error = getattr(exceptions, name)("No column 'orgin'.")
    assert str(error) == "No column 'orgin'."
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert str(type(error)()) == ""


def test_among_lists_known_names_and_a_suggestion():
    error = UnknownNameError.among("body", "mpl", ["resnet", "mlp"])
    assert str(error) == "No body named 'mpl'. Known: mlp, resnet. Did you mean 'mlp'?"


def test_a_missing_extra_names_the_install_command():
    error = MissingExtraError.of("matplotlib", "plot", "plot_map")
    assert str(error) == "plot_map needs matplotlib. Install it with: pip install 'tabemb[plot]'"


@pytest.mark.parametrize(
    ("name", "known", "sentence"),
    [
        ("orgin", ["origin", "dest"], " Did you mean 'origin'?"),
        ("ORIGIN", ["origin", "dest"], " Did you mean 'origin'?"),
        ("Origin", ["Origins", "origin_id"], " Did you mean 'Origins' or 'origin_id'?"),
        ("embeding_dim", ["embedding_rate", "embedding_dim"], " Did you mean 'embedding_dim'?"),
        ("zzz", ["origin"], ""),
        (7, [77, "x"], " Did you mean 77?"),
        ("x", [], ""),
    ],
)
def test_did_you_mean(name, known, sentence):
    assert did_you_mean(name, known) == sentence
