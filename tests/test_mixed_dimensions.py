"""Rare categories with fewer dimensions, from the fit to the saved file."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tabemb
from tabemb.nn.sizes import Mixed

ROWS = 1500
SMALL = {"name": "mlp", "hidden_units": (16,)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    shop = rng.zipf(1.3, ROWS).clip(max=300)
    frame = pd.DataFrame({"shop": shop.astype(str), "day": rng.integers(0, 7, ROWS).astype(str)})
    return frame, (shop + rng.normal(0, 2, ROWS) > 4).astype(int)


def fitted(table, kind=tabemb.EmbeddingClassifier, **params):
    params = {"embedding_dim": "mixed", "random_state": 0, **params}
    if kind is not tabemb.EmbeddingPretrainer:
        params = {"body": SMALL, "max_epochs": 2, **params}
    if kind is tabemb.EmbeddingClassifier:
        params = {"one_hot_max_categories": 0, **params}
    return kind(**params).fit(*table)


def spec_and_rows(model, column="shop"):
    spec = next(each for each in model._network.tables if each.name == column)
    return spec, np.asarray(model._network.tables[spec].embeddings)


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ("mlp", {}),
        ("mlp", {"weight_decay": 0.1, "category_dropout": 0.2}),
        ("mlp", {"start": "random", "n_ensemble": 2}),
        ("mlp", {"pretrained": None, "handle_unknown": "mean"}),
        # Members of an ensemble have equal parts of the dimensions.
        ("ensemble", {}),
        ("ensemble", {"weight_decay": 0.1, "category_dropout": 0.2}),
        ("ft_transformer", {}),
    ],
    ids=str,
)
def test_dimensions_that_rows_do_not_use_stay_zero(table, body, params):
    model = fitted(table, body={**SMALL, "name": body}, **params)
    spec, rows = spec_and_rows(model)
    assert len(spec.blocks) > 1
    assert not rows[~spec.used()].any()
    assert 0.95 * spec.n_numbers < np.count_nonzero(rows) <= spec.n_numbers
    assert not model.vectors_["shop"].vectors[~spec.used()[2:]].any()


@pytest.mark.parametrize("kind", [tabemb.EmbeddingEncoder, tabemb.EmbeddingPretrainer, tabemb.EmbeddingClassifier])
def test_a_saved_model_is_smaller_and_answers_the_same(table, kind, tmp_path):
    params = {"cv": 2} if kind is tabemb.EmbeddingEncoder else {}
    model = fitted(table, kind, **params)
    spec, rows = spec_and_rows(model)
    assert not rows[~spec.used()].any()
    model.save(tmp_path / "mixed")
    answer = "predict_proba" if kind is tabemb.EmbeddingClassifier else "transform"
    expected = getattr(model, answer)(table[0])
    assert np.array_equal(getattr(tabemb.load(tmp_path / "mixed"), answer)(table[0]), expected)
    predicted = getattr(tabemb.load_predictor(tmp_path / "mixed"), answer)(table[0])
    np.testing.assert_allclose(np.asarray(predicted), expected, rtol=1e-5, atol=1e-7)
    wide = fitted(table, kind, embedding_dim={"shop": spec.embedding_dim}, **params)
    wide.save(tmp_path / "wide")
    sizes = [(tmp_path / name / "weights.safetensors").stat().st_size for name in ("mixed", "wide")]
    assert sizes[1] - sizes[0] >= 4 * (rows.size - spec.n_numbers) - 1000


def test_the_same_seed_gives_the_same_vectors(table):
    one, two = (spec_and_rows(fitted(table))[1] for _ in range(2))
    assert np.array_equal(one, two)


def test_frequent_categories_are_wider(table):
    model = fitted(table)
    spec, _ = spec_and_rows(model)
    counts, widths = model.encoder_.tables["shop"].counts[2:], spec.widths()[2:]
    assert widths[0] == spec.embedding_dim
    assert (np.diff(widths[np.argsort(-counts, kind="stable")]) <= 0).all()
    for count in np.unique(counts):
        assert len(set(widths[counts == count])) == 1


def test_members_have_equal_parts(table):
    frame, late = table
    many = frame.assign(shop=frame["shop"] + "/" + np.arange(ROWS).astype(str))
    rows = pd.concat([frame, many.head(200)]), np.r_[late, late[:200]]
    spec, _ = spec_and_rows(fitted(rows, body={**SMALL, "name": "ensemble"}))
    assert spec.n_slices > 1
    slices = spec.used().reshape(spec.vocabulary_size, spec.n_slices, -1)
    assert (slices == slices[:, :1]).all()
    assert slices[:, :, 0].all()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 1.0])
def test_the_share_is_that_of_the_numbers(share):
    counts = np.r_[5, 5, np.sort(np.random.default_rng(0).zipf(1.2, 4000).clip(max=10**6))[::-1]]
    blocks = Mixed(share=share).blocks(counts, 64)
    found = sum(size * width for size, width in blocks) / (64 * len(counts))
    assert found <= share + 1e-3
    assert found > share / 2
    assert sum(size for size, _ in blocks) == len(counts)
    assert all(width & (width - 1) == 0 for _, width in blocks)


def test_new_categories_use_all_dimensions(table):
    model = fitted(table)
    before = model.predict_proba(table[0])
    model.extend(pd.DataFrame({"shop": ["new", "newer"], "day": ["1", "2"]}))
    spec, _ = spec_and_rows(model)
    assert spec.blocks[-1] == (2, spec.embedding_dim)
    assert np.array_equal(model.predict_proba(table[0]), before)


def test_hashed_columns_have_rows_of_equal_width(table):
    model = fitted(table, vocabulary={"shop": {"name": "hashing", "n_buckets": 50}})
    assert spec_and_rows(model)[0].blocks == ()


def test_a_column_chooses_for_itself(table):
    model = fitted(table, embedding_dim={"shop": {"name": "mixed", "cap": 8, "share": 0.5}})
    assert spec_and_rows(model)[0].blocks
    assert spec_and_rows(model, "day")[0].blocks == ()


@pytest.mark.parametrize("share", [0, 1.5, -1, "much", True, None])
def test_a_share_out_of_range_is_refused(table, share):
    with pytest.raises(ValueError, match=r"share must be a number in \(0, 1\], got"):
        fitted(table, embedding_dim={"name": "mixed", "share": share})


def test_it_is_cloned_with_its_parameters():
    model = clone(tabemb.EmbeddingClassifier(embedding_dim={"name": "mixed", "share": 0.5}))
    assert model.embedding_dim == {"name": "mixed", "share": 0.5}
    assert clone(Mixed(share=0.5)).get_params() == {"cap": 64, "share": 0.5}


def test_one_row_of_each_category_makes_all_rows_equal():
    assert Mixed().blocks(np.ones(6, int), 8) in (((6, 8),), ((2, 8), (4, 8)))
