"""Rows of files, transformed by saved encoders."""

import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingPretrainer
from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.experiments.runs.saved_vectors import is_saved_estimator, transform_by_saved

# Codes that are text, though they look like numbers.
TRIPS = pd.DataFrame({"code": ["01", "02", "03", "04"] * 20, "carrier": ["AS", "AS", "B6", "B6"] * 20})


@pytest.fixture
def saved(tmp_path):
    pretrainer = EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(TRIPS)
    pretrainer.save(tmp_path / "vectors")
    return pretrainer


def test_a_file_is_read_by_the_types_of_the_fit(saved, tmp_path):
    assert is_saved_estimator(tmp_path / "vectors")
    assert not is_saved_estimator(tmp_path)
    rows = pd.DataFrame({"more": [1, 2], "carrier": ["B6", "none"], "code": ["02", "09"]})
    rows.to_csv(tmp_path / "rows.csv", sep=";", index=False)
    rows.to_parquet(tmp_path / "rows.parquet")
    expected = saved.transform(rows[["code", "carrier"]].replace({"none": None}))
    out = transform_by_saved(tmp_path / "vectors", tmp_path / "rows.csv", na=["none"], sep=";")
    assert out.columns.tolist() == ["code_emb0", "code_emb1", "carrier_emb0", "carrier_emb1"]
    assert out.to_numpy().tolist() == expected.tolist()
    out = transform_by_saved(tmp_path / "vectors", tmp_path / "rows.parquet")
    assert out.to_numpy().tolist() == saved.transform(rows[["code", "carrier"]]).tolist()


def test_what_cannot_be_transformed_is_refused(saved, tmp_path):
    rows = tmp_path / "rows.csv"
    TRIPS[["code"]].head(2).to_csv(rows, index=False)
    with pytest.raises(ColumnError, match="carrier"):
        transform_by_saved(tmp_path / "vectors", rows)
    with pytest.raises(DataError, match="There is no file"):
        transform_by_saved(tmp_path / "vectors", tmp_path / "none.csv")
    quick = {"body": "mlp", "max_epochs": 1, "target_statistics": False}
    EmbeddingClassifier(**quick).fit(TRIPS, TRIPS["carrier"] == "AS").save(tmp_path / "model")
    with pytest.raises(FormatError, match="holds an EmbeddingClassifier, whose predictor is a ClassifierPredictor"):
        transform_by_saved(tmp_path / "model", rows)
