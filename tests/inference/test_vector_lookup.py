"""The frozen transformer: the output of the estimator, bit for bit, without TensorFlow."""

import contextlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb import EmbeddingEncoder, EmbeddingPretrainer
from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.files import sealed
from tabemb.inference.predictor import ClassifierPredictor, Predictor, load_predictor
from tabemb.inference.vector_lookup import LookupRows, VectorLookup, side_by_side
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.schema import SchemaHint


@pytest.fixture(scope="module")
def quick(quick):
    return {**quick, "max_epochs": 1, "cv": 2, "embedding_dim": 2}


@pytest.fixture(scope="module")
def rows(flights):
    """Known, missing and unknown cells."""
    odd = pd.DataFrame({"dest": ["MIAX", None], "carrier": [None, "??"], "hour": [3, 9], "distance": [np.nan, 0.1]})
    return pd.concat([flights.head(20), odd], ignore_index=True)


ESTIMATORS = {
    "encoder": lambda quick: EmbeddingEncoder(**quick),
    "statistics": lambda quick: EmbeddingEncoder(**quick, target_statistics=True, crosses=[["dest", "carrier"]]),
    "one network": lambda quick: EmbeddingEncoder(**{**quick, "cv": None}, handle_unknown="zero"),
    "dropped": lambda quick: EmbeddingEncoder(**quick, remainder="drop", handle_unknown="nearest"),
    "pretrainer": lambda quick: EmbeddingPretrainer(embedding_dim=2, random_state=0),
    "nearest": lambda quick: EmbeddingPretrainer(
        embedding_dim=2, handle_unknown="nearest", min_frequency=5, random_state=0
    ),
    "masked": lambda quick: EmbeddingPretrainer(
        embedding_dim=2, objective={"name": "masked", "max_epochs": 1}, numeric="quantile", random_state=0
    ),
}


@pytest.fixture(scope="module", params=sorted(ESTIMATORS))
def transformer(request, flights, late, quick, uncompiled):
    # So that columns depend on each other.
    table = flights.assign(carrier=np.where(late == "late", "UA", flights["carrier"]))
    # The others have the same network.
    with uncompiled() if request.param == "masked" else contextlib.nullcontext():
        return ESTIMATORS[request.param](quick).fit(table, late)


def test_it_returns_what_the_estimator_does_bit_for_bit(transformer, rows, tmp_path):
    transformer.save(tmp_path / "model")
    expected = transformer.transform(rows)
    kinds = [transformer.predictor(), load_predictor(tmp_path / "model", VectorLookup)]
    for lookup in [*kinds, pickle.loads(pickle.dumps(kinds[0]))]:
        assert type(lookup) is VectorLookup
        out = lookup.transform(rows[rows.columns[::-1]])
        assert out.dtype == np.float32
        assert out.tobytes() == expected.tobytes()
        encoded = lookup.encode(rows)
        assert len(encoded) == len(rows)
        assert lookup.transform_encoded(encoded.take(np.array([21, 3]))).tobytes() == expected[[21, 3]].tobytes()
        assert lookup.transform_encoded(encoded.take(slice(0, 0))).shape == (0, expected.shape[1])
        assert lookup.get_feature_names_out().tolist() == transformer.get_feature_names_out().tolist()


def test_an_array_without_names_is_read_by_position(late, quick):
    X = np.column_stack([np.arange(120) % 5, np.arange(120) % 7]).astype("float64")
    encoder = EmbeddingEncoder(**{**quick, "categorical": [0]}).fit(X, late)
    lookup = encoder.predictor()
    assert lookup.transform(X).tobytes() == encoder.transform(X).tobytes()
    assert repr(lookup) == f"VectorLookup(2 columns, {encoder.transform(X).shape[1]} output columns)"


def test_a_table_of_numbers_alone_passes_through(late, quick, tmp_path):
    X = pd.DataFrame({"distance": np.arange(120) + 0.5})
    with pytest.warns(SchemaHint, match="no categorical column"):
        encoder = EmbeddingEncoder(**{**quick, "categorical": None}).fit(X, late)
    encoder.save(tmp_path / "model")
    assert load_predictor(tmp_path / "model").transform(X).tobytes() == encoder.transform(X).tobytes()


def test_unknown_categories_are_refused_as_by_the_estimator(flights, late, quick, rows, tmp_path):
    encoder = EmbeddingEncoder(**quick, handle_unknown="error").fit(flights, late)
    encoder.save(tmp_path / "model")
    for each in (encoder, encoder.predictor(), load_predictor(tmp_path / "model")):
        with pytest.raises(DataError, match="'MIAX'"):
            each.transform(rows)


def test_its_vectors_stay_when_the_estimator_is_fitted_again(flights, late, quick):
    encoder = EmbeddingEncoder(**quick).fit(flights, late)
    lookup, before = encoder.predictor(), encoder.transform(flights)
    encoder.fit(flights.iloc[::-1], late)
    assert not np.array_equal(encoder.transform(flights), before, equal_nan=True)
    assert lookup.transform(flights).tobytes() == before.tobytes()


def test_only_rows_that_it_has_encoded_are_accepted(encoder, flights):
    lookup = encoder.predictor()
    with pytest.raises(DataError, match=r"got DataFrame\. For a table use transform\(X\)"):
        lookup.transform_encoded(flights)
    with pytest.raises(ColumnError, match="carrier"):
        lookup.transform(flights.drop(columns="carrier"))
    rows = lookup.encode(flights)
    with pytest.raises(DataError, match=r"'dest' holds the index 1\d\d; its vocabulary"):
        lookup.transform_encoded(LookupRows(EncodedTable(rows.table.indices + 99, rows.table.numbers), rows.beside))
    with pytest.raises(DataError, match=r"numbers of shape \(120, 0\); this predictor was made for \(120, 1\)"):
        lookup.transform_encoded(LookupRows(rows.table, rows.beside[:, :0]))


def test_the_kind_of_predictor_that_is_expected(encoder, classifier, tmp_path):
    encoder.save(tmp_path / "encoder")
    classifier.save(tmp_path / "classifier")
    assert type(load_predictor(tmp_path / "classifier", Predictor)) is ClassifierPredictor
    with pytest.raises(FormatError, match="holds an EmbeddingEncoder, whose predictor is a VectorLookup; expected a C"):
        load_predictor(tmp_path / "encoder", ClassifierPredictor)
    with pytest.raises(FormatError, match="whose predictor is a ClassifierPredictor; expected a VectorLookup"):
        load_predictor(tmp_path / "classifier", VectorLookup)


def test_the_vectors_are_saved_once(encoder, tmp_path):
    encoder.save(tmp_path / "model")
    state = json.loads((tmp_path / "model" / "tabemb.json").read_text())
    assert [each["position"] for each in state["inference"]["tables"]] == [0, 1, 2]
    weights = {f"{place:04d}" for place in range(len(encoder.network_.get_weights()))}
    assert {each["weight"] for each in state["inference"]["tables"]} <= weights


DAMAGES = [
    lambda state: state["inference"].pop("tables"),
    lambda state: state["inference"]["tables"][0].update(weight="9999"),
    lambda state: state["inference"]["tables"][0].update(position=7),
    lambda state: state["inference"]["tables"].pop(),
    lambda state: state["inference"]["names_out"].pop(),
    lambda state: state["inference"].update(remainder=False),
    lambda state: state.update(inference=[]),
    lambda state: state.update(table={}),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: str(each.__code__.co_firstlineno))
def test_a_damaged_state_is_a_format_error(damage, encoder, tmp_path):
    encoder.save(tmp_path / "model")
    state = json.loads((tmp_path / "model" / "tabemb.json").read_text())
    damage(state)
    (tmp_path / "model" / "tabemb.json").write_text(json.dumps(sealed(state)))
    with pytest.raises(FormatError, match=str(tmp_path)):
        load_predictor(tmp_path / "model")


def test_an_older_save_says_what_to_do_and_still_loads(encoder, flights, tmp_path):
    encoder.save(tmp_path / "model")
    state = json.loads((tmp_path / "model" / "tabemb.json").read_text())
    del state["inference"]
    (tmp_path / "model" / "tabemb.json").write_text(json.dumps(sealed(state)))
    with pytest.raises(FormatError, match=r"saved by an older version of tabemb.*tabemb\.load\(path\), and save it"):
        load_predictor(tmp_path / "model")
    assert tabemb.load(tmp_path / "model").transform(flights).shape == encoder.transform(flights).shape


def test_vectors_and_numbers_stand_side_by_side():
    tables = [(np.array([[1.0], [2.0]]), np.array([1, 0, 1])), (np.array([[3.0, 4.0]]), np.zeros(3, int))]
    out = side_by_side(tables, [np.array([[5.0], [6.0], [7.0]])], 3)
    assert out.tolist() == [[2, 3, 4, 5], [1, 3, 4, 6], [2, 3, 4, 7]]


# In a process of its own: nothing of what this one has imported is there. Unpickling is first, as it imports less.
FRESH = """
import json, pickle, sys
from pathlib import Path
import pandas as pd

def transformed(lookup):
    out = lookup.transform(pd.read_parquet(sys.argv[3]))
    heavy = [name for name in ("tensorflow", "keras", "sklearn") if name in sys.modules]
    return {"bits": out.tobytes().hex(), "heavy": heavy}

unpickled = transformed(pickle.loads(Path(sys.argv[1]).read_bytes()))
import tabemb
print(json.dumps([unpickled, transformed(tabemb.load_predictor(sys.argv[2]))]))
"""


def test_a_fresh_process_answers_without_keras_and_tensorflow(encoder, rows, tmp_path):
    (tmp_path / "pickle").write_bytes(pickle.dumps(encoder.predictor()))
    encoder.save(tmp_path / "model")
    rows.to_parquet(tmp_path / "rows.parquet")
    command = [sys.executable, "-c", FRESH, tmp_path / "pickle", tmp_path / "model", tmp_path / "rows.parquet"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told == [{"bits": encoder.transform(rows).tobytes().hex(), "heavy": []}] * 2
