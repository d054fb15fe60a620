"""The exceptions and their messages."""

import gzip
import pickle
import struct
import zipfile

import pyarrow as pa
import pytest

from tabemb import exceptions
from tabemb.exceptions import (
    ConfigError,
    DataError,
    FormatError,
    MissingExtraError,
    TabembError,
    UnknownNameError,
    did_you_mean,
    reading,
)

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
    classes = {name for name in exceptions.__all__ if name not in ("did_you_mean", "reading", "warn_caller")}
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


class PanicException(BaseException):
    """As the libraries written in Rust raise it."""


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (ValueError("a\n  b."), "a b"),
        (KeyError("n"), "it has no 'n'"),
        (MemoryError(), "MemoryError"),
        (RecursionError("too deep"), "too deep"),
        (AttributeError("no"), "no"),
        (OverflowError("large"), "large"),
        (struct.error("short"), "short"),
        (zipfile.BadZipFile("no zip"), "no zip"),
        (pa.ArrowInvalid("zone"), "zone"),
        (gzip.BadGzipFile("no gzip"), "no gzip"),
        (DataError("column"), "column"),
        (FormatError("other.npz: what"), "other.npz: what"),
        (UserWarning("as an error"), "as an error"),
        (FormatError("a.npzip is no file"), "a.npzip is no file"),
        (PanicException("rust"), "rust"),
        (ValueError("x" * 10_000), "x" * 497 + "..."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_of_reading_becomes_one_with_the_place(problem, reason):
    with pytest.raises(FormatError) as caught, reading("a.npz", "vectors"):
        raise problem
    assert str(caught.value) == f"a.npz: expected vectors, but the file is damaged: {reason}."
    assert caught.value.__cause__ is problem


def test_the_class_of_the_converted_error_can_be_chosen():
    with (
        pytest.raises(ConfigError, match=r"^c\.yaml: expected settings, .* damaged: no\.$"),
        reading("c.yaml", "settings", ConfigError),
    ):
        raise TypeError("no")


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path):
    path = tmp_path / "nowhere"
    with (
        pytest.raises(FormatError, match=r"nowhere: the file cannot be read \(No such file .*\)\.$"),
        reading(path, "x"),
    ):
        path.read_bytes()


@pytest.mark.parametrize(
    "problem",
    [
        FormatError("a.npz, line 5: what"),
        MissingExtraError("needs x"),
        KeyboardInterrupt(),
        SystemExit(),
        GeneratorExit(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_with_the_place_and_interrupts_pass_through(problem):
    with pytest.raises(type(problem)) as caught, reading("a.npz", "vectors"):
        raise problem
    assert caught.value is problem


def test_a_warning_names_the_line_of_the_caller():
    inner = {"__name__": "tabemb.table.infer", "warn_caller": exceptions.warn_caller}
    exec("def infer(): warn_caller('hint', UserWarning)", inner)
    middle = {"__name__": "sklearn.pipeline", "infer": inner["infer"]}
    exec("def fit(): infer()", middle)
    outer = {"__name__": "joblib.memory", "fit": middle["fit"]}
    exec("def call(): fit()", outer)
    with pytest.warns(UserWarning, match="hint") as caught:
        outer["call"]()
    assert caught[0].filename == __file__
