"""Estimators on columns whose cells hold several values."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer, EmbeddingRegressor
from tabemb.exceptions import ColumnError, DataError

GENRES = ["Action", "Comedy", "Drama", "War", "Noir", "Kids", "Docu", "Thriller"]
N, CUT = 1200, 1000


@pytest.fixture(scope="module")
def films():
    rng = np.random.default_rng(0)
    effects = np.array([2, -2, 1.5, -1.5, 1, -1, 0.5, -0.5])
    chosen = [rng.choice(len(GENRES), rng.integers(1, 4), replace=False) for _ in range(N)]
    frame = pd.DataFrame(
        {
            "genres": ["|".join(GENRES[each] for each in cell) for cell in chosen],
            "studio": rng.choice(list("abcdefghijkl"), N),
            "year": rng.integers(1950, 2000, N).astype(float),
        }
    )
    stars = np.array([effects[cell].mean() for cell in chosen]) + 0.1 * rng.normal(size=N)
    frame.loc[::50, "genres"] = None
    return frame, stars


QUICK = {
    "body": {"name": "mlp", "hidden_units": (16,)},
    "embedding_dim": 4,
    "max_epochs": 15,
    "learning_rate": 0.005,
    "multi_valued": {"genres": "|"},
    "random_state": 0,
}
# Each pooling with one body, and those with and without weights of their own with the others.
POOLED = [
    *(("mlp", pooling) for pooling in ("mean", "sum", "sqrtn", "attention")),
    *((body, pooling) for body in ("ensemble", "ft_transformer") for pooling in ("mean", "attention")),
]


def r2(stars, answers):
    return 1 - np.mean((stars - answers) ** 2) / np.var(stars)


@pytest.fixture(scope="module")
def regressor(films):
    X, stars = films
    return EmbeddingRegressor(**QUICK).fit(X[:CUT], stars[:CUT])


def test_values_explain_what_whole_cells_do_not(films, regressor):
    X, stars = films
    rows = X["genres"].notna()[CUT:].to_numpy()
    whole = EmbeddingRegressor(**{**QUICK, "multi_valued": None}).fit(X[:CUT], stars[:CUT])
    scores = [r2(stars[CUT:][rows], each.predict(X[CUT:])[rows]) for each in (regressor, whole)]
    assert scores[0] > 0.9
    assert scores[0] > scores[1] + 0.03


def test_each_value_has_a_vector(regressor):
    vectors = regressor.vectors_["genres"]
    assert sorted(vectors.index_to_key) == sorted(GENRES)
    assert vectors.counts.sum() > CUT
    assert vectors.most_similar("Action", topn=1)[0][0] == "Drama"


@pytest.mark.parametrize(("body", "pooling"), POOLED)
def test_predictions_survive_saving_and_need_no_tensorflow(body, pooling, films, tmp_path):
    X, stars = films
    split = {"genres": {"split": "|", "pooling": pooling}}
    model = EmbeddingClassifier(
        **{**QUICK, "body": {"name": body, "hidden_units": (16,)}, "max_epochs": 2, "multi_valued": split}
    )
    model.fit(X[:CUT], stars[:CUT] > 0)
    expected = model.predict_proba(X[CUT:])
    model.save(tmp_path / "model")
    for again in (
        model.predictor(),
        tabemb.load(tmp_path / "model"),
        tabemb.load_predictor(tmp_path / "model"),
        pickle.loads(pickle.dumps(model)),
    ):
        assert np.array_equal(again.predict_proba(X[CUT:]), expected)
    inputs = {
        name: each for name, each in model.encoder_.encode(X[CUT:]).inputs().items() if name in model.network_.input
    }
    assert model.network_(inputs).shape == (N - CUT, 1)


def test_a_saved_model_answers_in_a_process_without_tensorflow(regressor, tmp_path):
    regressor.save(tmp_path / "model")
    code = (
        "import sys, pandas as pd, tabemb\n"
        f"predictor = tabemb.load_predictor({str(tmp_path / 'model')!r})\n"
        "print(*predictor.predict(pd.DataFrame({'genres': ['War|Kids', None], 'studio': 'a', 'year': 1980.0})))\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows = pd.DataFrame({"genres": ["War|Kids", None], "studio": "a", "year": 1980.0})
    np.testing.assert_allclose([float(each) for each in done.stdout.split()], regressor.predict(rows), rtol=1e-5)


def test_one_row_has_the_answer_that_it_has_among_others(films, regressor):
    X, _ = films
    together = regressor.predict(X[CUT:])
    for row in (0, 17):
        np.testing.assert_allclose(regressor.predict(X[CUT + row : CUT + row + 1]), together[row], rtol=1e-5)


def test_lists_and_texts_of_the_same_values_give_the_same_answers(films, regressor):
    X, stars = films
    lists = X.assign(genres=[None if each != each else each.split("|") for each in X["genres"].astype(object)])
    model = EmbeddingRegressor(**{**QUICK, "multi_valued": "auto"}).fit(lists[:CUT], stars[:CUT])
    expected = regressor.predict(X[CUT:])
    assert np.array_equal(model.predict(lists[CUT:]), expected)
    assert np.array_equal(model.predict(pl.from_pandas(lists[CUT:])), expected)


def test_fits_are_repeatable_and_clones_are_alike(films, regressor):
    X, stars = films
    again = clone(regressor).fit(X[:CUT], stars[:CUT])
    assert np.array_equal(again.predict(X[CUT:]), regressor.predict(X[CUT:]))


def test_the_separator_is_found_by_itself(films, regressor):
    X, stars = films
    with pytest.warns(UserWarning, match=r"'genres' holds several values per cell, separated by '\|'"):
        model = EmbeddingRegressor(**{**QUICK, "multi_valued": "auto"}).fit(X[:CUT], stars[:CUT])
    assert np.array_equal(model.predict(X[CUT:]), regressor.predict(X[CUT:]))


def test_unknown_values_beside_known_ones(films, regressor):
    X, _ = films
    rows = X[:1].assign(genres="Opera|Action")
    unknown, known = (
        regressor.predict(X[:1].assign(genres="Opera"))[0],
        regressor.predict(X[:1].assign(genres="Action"))[0],
    )
    assert unknown < regressor.predict(rows)[0] < known


@pytest.mark.parametrize("statistics", [False, True])
@pytest.mark.parametrize("cv", [None, 3])
def test_the_encoder_returns_pooled_vectors(cv, statistics, films):
    X, stars = films
    encoder = EmbeddingEncoder(**{**QUICK, "max_epochs": 3}, cv=cv, target_statistics=statistics)
    fitted = encoder.fit_transform(X[:CUT], stars[:CUT])
    later = encoder.transform(X[CUT:])
    names = encoder.get_feature_names_out().tolist()
    assert fitted.shape == (CUT, len(names))
    assert names[:4] == ["genres_emb0", "genres_emb1", "genres_emb2", "genres_emb3"]
    assert ("genres_target" in names) == statistics
    vectors = encoder.vectors_["genres"]
    row = X["genres"][CUT:].tolist().index("Action|Comedy") if "Action|Comedy" in X["genres"][CUT:].tolist() else 1
    keys = X["genres"].iloc[CUT + row].split("|")
    np.testing.assert_allclose(later[row, :4], np.mean([vectors[key] for key in keys], axis=0), rtol=1e-5)
    if statistics:
        effect = dict(zip(GENRES, [2, -2, 1.5, -1.5, 1, -1, 0.5, -0.5], strict=True))
        present = X["genres"][CUT:].notna().to_numpy()
        expected = [np.mean([effect[key] for key in cell.split("|")]) for cell in X["genres"][CUT:][present]]
        assert np.corrcoef(later[present, names.index("genres_target")], expected)[0, 1] > 0.95
    with pytest.raises(DataError, match="vectors of 'genres' are means over the values of a cell"):
        encoder.inverse_transform(later)


@pytest.mark.parametrize(
    "options",
    [
        {"n_ensemble": 2},
        {"early_stopping": False},
        {"validation": "last"},
        {"start": "random"},
        {"embedding_dim": "auto"},
        {"handle_unknown": "mean"},
        {"handle_unknown": "nearest"},
        {"shrinkage": 5},
    ],
)
def test_options_of_the_fit_work(options, films):
    X, stars = films
    model = EmbeddingRegressor(**{**QUICK, "max_epochs": 4, **options}).fit(X[:CUT], stars[:CUT])
    assert np.isfinite(model.predict(X[CUT:])).all()


def test_statistics_of_values_help_and_columns_have_importances(films):
    X, stars = films
    model = EmbeddingRegressor(**QUICK, target_statistics=True).fit(X[:CUT], stars[:CUT])
    assert model.statistics_share_ > 0
    assert r2(stars[CUT:], model.predict(X[CUT:])) > 0.85
    assert model.feature_importances_.argmax() == 0


def test_vectors_without_a_target_know_which_values_are_together():
    rng = np.random.default_rng(0)
    groups = [["sea", "sand", "boat", "fish"], ["snow", "ski", "hut", "goat"]]
    cells = [" ".join(rng.choice(groups[i % 2], 3)) for i in range(600)]
    frame = pd.DataFrame({"text": cells, "n": rng.normal(size=600)})
    pretrainer = EmbeddingPretrainer(multi_valued={"text": "words"}, random_state=0).fit(frame)
    vectors = pretrainer.vectors_["text"]
    for group in groups:
        for word in group:
            assert {key for key, _ in vectors.most_similar(word, topn=3)} == set(group) - {word}
    params = {**QUICK, "multi_valued": {"text": "words"}, "max_epochs": 2}
    model = EmbeddingRegressor(**params, pretrained=pretrainer).fit(frame, rng.normal(size=600))
    assert "text" in str(model.pretrained_report_)


def test_partial_fit_goes_on_with_other_cells(films):
    X, stars = films
    model = EmbeddingRegressor(**QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in range(0, CUT, 300):
            model.partial_fit(X[start : start + 300], stars[start : start + 300])
        for _ in range(8):
            model.partial_fit(X[:CUT], stars[:CUT])
    assert r2(stars[CUT:], model.predict(X[CUT:])) > 0.5


def test_a_pipeline_passes_lists_on(films):
    X, stars = films
    lists = X.assign(genres=[None if each != each else each.split("|") for each in X["genres"].astype(object)])
    quick = {**QUICK, "max_epochs": 2, "multi_valued": "auto"}
    model = make_pipeline("passthrough", EmbeddingClassifier(**quick)).fit(lists, stars > 0)
    assert model.predict(lists).shape == (N,)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"multi_valued": {"genre": "|"}},
            ColumnError,
            r"multi_valued names the column 'genre'.*Did you mean 'genres'",
        ),
        ({"multi_valued": {"year": "|"}}, DataError, "its cells are of type float"),
        ({"crosses": [["genres", "studio"]], "target_statistics": True}, ColumnError, "'genres' has several"),
        ({"handle_unknown": "error"}, None, None),
    ],
)
def test_wrong_settings_leave_the_model_unfitted(change, error, message, films):
    X, stars = films
    model = EmbeddingRegressor(**{**QUICK, "max_epochs": 1, **change})
    if error is None:
        model.fit(X[:CUT], stars[:CUT])
        with pytest.raises(DataError, match=r"unknown categories in column 'genres'.*'Opera'"):
            model.predict(X[:2].assign(genres="Opera|War"))
        return
    with pytest.raises(error, match=message):
        model.fit(X[:CUT], stars[:CUT])
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_lists_where_the_fit_had_single_values_are_refused(films, regressor):
    X, _ = films
    with pytest.raises(DataError, match="column 'studio' holds several values, but the column was fitted with one"):
        regressor.predict(X[:2].assign(studio=[["a"], ["b", "c"]]))


def test_columns_of_several_values_share_a_table_with_others(films):
    X, stars = films
    first = X["genres"].str.split("|").str[0]
    frame = X.assign(best=first)
    model = EmbeddingRegressor(**QUICK, shared={"genre": ["genres", "best"]}).fit(frame[:CUT], stars[:CUT])
    assert sorted(model.vectors_["genre"].index_to_key) == sorted(GENRES)
    assert len(model._network.tables) == 2
    both = X["genres"][:CUT].str.split("|").explode().value_counts() + first[:CUT].value_counts()
    assert model.vectors_["genre"].counts.tolist() == [both[key] for key in model.vectors_["genre"].index_to_key]
    assert r2(stars[CUT:], model.predict(frame[CUT:])) > 0.85
    assert np.array_equal(model.predictor().predict(frame[CUT:]), model.predict(frame[CUT:]))


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_a_transformer_answers_without_tensorflow(pooling, films, tmp_path):
    X, stars = films
    split = {"genres": {"split": "|", "pooling": pooling}}
    encoder = EmbeddingEncoder(**{**QUICK, "max_epochs": 2, "multi_valued": split}, cv=None)
    encoder.fit(X[:CUT], stars[:CUT])
    encoder.save(tmp_path / "encoder")
    for lookup in (encoder.predictor(), tabemb.load_predictor(tmp_path / "encoder")):
        assert np.array_equal(lookup.transform(X[CUT:]), encoder.transform(X[CUT:]))


@pytest.mark.parametrize("objective", ["masked", "corrupted", "contrastive", "skip_gram"])
def test_objectives_that_train_a_network_read_one_value_of_a_cell_at_a_time(objective):
    rng = np.random.default_rng(0)
    groups = [["sea", "sand", "boat", "fish"], ["snow", "ski", "hut", "goat"]]
    which = rng.integers(0, 2, 600)
    frame = pd.DataFrame(
        {
            "text": [" ".join(rng.choice(groups[each], 2)) for each in which],
            "place": [rng.choice(["Nice", "Bari"] if each == 0 else ["Davos", "Sils"]) for each in which],
        }
    )
    settings = {"name": objective, "max_epochs": 8}
    fits = [
        EmbeddingPretrainer(objective=settings, multi_valued={"text": "words"}, random_state=0).fit(frame)
        for _ in range(2)
    ]
    vectors = fits[0].vectors_["text"]
    same = np.mean([vectors.most_similar(word, topn=1)[0][0] in group for group in groups for word in group])
    assert same >= 0.75
    assert np.array_equal(fits[1].transform(frame), fits[0].transform(frame))


def test_growth_counts_values_of_cells(films, regressor):
    X, _ = films
    model = clone(regressor).set_params(max_epochs=1).fit(X[:CUT], np.arange(CUT) % 7.0)
    before = model.predict(X[CUT:])
    model.extend(X[:10].assign(genres="Action|Opera"))
    assert np.array_equal(model.predict(X[CUT:]), before)
    assert model.new_categories_["genres"] == ["Opera"]
    assert "genres: 1 new categories in 10 of 20 values: 'Opera'" in repr(model.growth_report_)
    with pytest.raises(ValueError, match=r"columns must be None or a list of names, got the text 'genres'"):
        model.extend(X[:10], columns="genres")


@pytest.mark.parametrize("vocabulary", [None, {"tags": {"name": "hashing", "n_buckets": 30}}], ids=["listed", "hashed"])
@pytest.mark.parametrize("kind", ["text", "list", "weights"])
def test_vectors_of_cells_are_those_of_a_table(kind, vocabulary):
    rng = np.random.default_rng(0)
    parts = [list(rng.choice(list("abcdef"), rng.integers(1, 4), replace=False)) for _ in range(200)]
    cells = {
        "text": ["|".join(each) for each in parts],
        "list": parts,
        "weights": [{key: place + 1.0 for place, key in enumerate(each)} for each in parts],
    }[kind]
    frame = pd.DataFrame({"tags": pd.Series(cells, dtype=object), "day": rng.integers(0, 7, 200).astype(str)})
    split = {"tags": "|"} if kind == "text" else "auto"
    params = {**QUICK, "multi_valued": split, "max_epochs": 1}
    model = EmbeddingEncoder(vocabulary=vocabulary, cv=None, **params)
    model.fit(frame, [len(each) for each in parts])
    dim = model.vectors_of("tags", cells[:1]).shape[1]
    expected = model.set_output(transform="default").transform(frame)[:, :dim]
    np.testing.assert_allclose(model.vectors_of("tags", cells), expected, rtol=1e-6)
    if vocabulary is None:
        assert np.array_equal(model.vectors_of("tags", ["a"])[0], model.vectors_["tags"]["a"])
    if kind == "text":
        one, other = model.vectors_of("tags", ["a|b", "a | b"])
        assert np.array_equal(one, other)
        np.testing.assert_allclose(one, model.vectors_of("tags", ["a", "b"]).mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "sum", "sqrtn", "attention"])
def test_vectors_for_all_pools_as_a_table_does(pooling, tmp_path):
    rng = np.random.default_rng(0)
    parts = [list(rng.choice(list("abcdef"), rng.integers(1, 4), replace=False)) for _ in range(200)]
    frame = pd.DataFrame({"tags": ["|".join(each) for each in parts], "day": rng.integers(0, 7, 200).astype(str)})
    params = {**QUICK, "multi_valued": {"tags": {"split": "|", "pooling": pooling}}, "max_epochs": 2}
    model = EmbeddingEncoder(cv=None, **params)
    model.fit(frame, [len(each) for each in parts])
    cells = ["a", "a|b", "f | c", "a|z", "z", "|"]
    vectors = model.vectors_["tags"]
    before = model.vectors_of("tags", cells)
    found = vectors.vectors_for_all(cells)
    assert found.index_to_key == cells
    np.testing.assert_allclose(found.vectors, before, rtol=1e-6)
    assert found.counts.tolist() == [vectors.counts[vectors.key_to_index["a"]], 0, 0, 0, 0, 0]
    assert not np.array_equal(found["a|b"], vectors.unknown)
    assert np.array_equal(found["z"], vectors.unknown)
    assert np.array_equal(found["|"], vectors.missing)
    # Vectors from a file do not know that cells were split.
    vectors.save(tmp_path / "tags.npz")
    with pytest.raises(DataError, match=r"'a\|b' has no vector, but its parts 'a' and 'b' have"):
        tabemb.CategoryVectors.load(tmp_path / "tags.npz").vectors_for_all(cells)
    # Cells of a column that is not split are whole.
    days = model.vectors_["day"]
    assert np.array_equal(days.vectors_for_all(["1|2"])["1|2"], days.unknown)
