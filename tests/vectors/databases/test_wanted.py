"""The limits of a database, known before there is a connection to it."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import push
from tabemb.vectors.databases.base import find_database


def vectors(keys="abc", seed=0, dim=3, name="c", **options):
    return CategoryVectors(list(keys), np.random.default_rng(seed).normal(size=(len(keys), dim)), name=name, **options)


def test_texts_that_are_too_long_are_told_before_there_is_a_database(uri, tmp_path, monkeypatch):
    monkeypatch.setattr(find_database(uri)[0], "text_limit", 400)
    # 200 characters, 600 bytes.
    long = "東" * 200
    with pytest.raises(
        DataError,
        match=r"in \w+ has at most 400 bytes, and the category, '東{40}'\.\.\., has 600\. Shorten it",
    ):
        push(CategoryVectors(["a", long], np.eye(2), name="c"), uri)
    with pytest.raises(DataError, match=r"the name of the run, .* has 401\."):
        push(vectors(), uri, run="r" * 401)
    with pytest.raises(DataError, match=r"the category as JSON, .* has 40"):
        push(CategoryVectors(["a", "x" * 399], np.eye(2), name="c"), uri)
    with pytest.raises(DataError, match=r"what is kept beside the rows, .* Shorten it, or leave the column out\."):
        push(vectors(dim=50, unknown=np.ones(50) / 3), uri)
    assert list(tmp_path.iterdir()) == []
