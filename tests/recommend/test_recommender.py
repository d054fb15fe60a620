"""The recommender."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from tabemb import TwoTowerRecommender
from tabemb.exceptions import ColumnError, DataError, UnknownKeyError, UnknownNameError
from tabemb.metrics import ndcg_at_k
from tabemb.recommend import ColdStartWarning
from tabemb.recommend.methods import LinearAutoencoder
from tabemb.recommend.towers import FeatureMap
from tabemb.table.schema import SchemaHint

LINEAR = {"name": "linear_autoencoder", "dim": 6, "penalty": 2.0, "item_weight": 1.0}
FACTORS = {"name": "mf", "dim": 3, "penalty": 2.0}
TOWERS = {"name": "two_towers", "dim": 8, "max_epochs": 1, "batch_size": 512}
SIDES = {"user": ["user", "group"], "item": ["item", "genres"]}


def make(**params):
    given = {"user": "user", "item": "item", "method": LINEAR, "random_state": 0}
    return TwoTowerRecommender(**given | params)


@pytest.fixture(scope="module")
def plain(tastes):
    return make().fit(tastes)


@pytest.fixture(scope="module")
def described(tastes):
    return make(**SIDES).fit(tastes)


@pytest.fixture(scope="module")
def rating(tastes):
    return make(method=FACTORS, rating="stars", **SIDES).fit(tastes)


@pytest.fixture(scope="module", params=["linear_autoencoder", "mf", "two_towers"])
def any_method(request, described, rating, tastes, uncompiled):
    if request.param == "two_towers":
        with uncompiled():
            return make(method=TOWERS, **SIDES).fit(tastes)
    return rating if request.param == "mf" else described


def seen_by(table, user):
    return set(table.loc[table["user"] == user, "item"])


# Recommendations


@pytest.mark.parametrize(
    "read", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "arrow"]
)
def test_tables_of_any_library_and_what_is_learned(tastes, plain, read):
    found = make().fit(read(tastes))
    assert np.array_equal(found.towers_.items, plain.towers_.items)
    assert (found.n_users_, found.n_items_, found.n_features_in_) == (60, 40, 2)
    assert found.feature_names_in_.tolist() == ["user", "item"]
    assert (found.user_vectors_.name, found.item_vectors_.name) == ("user", "item")
    counts = tastes["item"].value_counts()
    assert found.item_vectors_.counts.tolist() == counts[list(found.item_vectors_.index_to_key)].tolist()
    assert np.array_equal(found.item_vectors_["i3"], found.towers_.items[found.item_vectors_.index_to_key.index("i3")])
    assert found.recommend(read(tastes[["user"]].head(3)), 3).equals(plain.recommend(tastes["user"].head(3), 3))


def test_the_best_items_of_a_user_by_score(tastes, plain):
    found = plain.recommend("u7", 4)
    assert found.columns.tolist() == ["user", "item", "rank", "score", "source"]
    assert (found["user"] == "u7").all()
    assert found["rank"].tolist() == [1, 2, 3, 4]
    assert (found["source"] == "history").all()
    every = pd.DataFrame(
        {"user": "u7", "item": [item for item in plain.item_vectors_.index_to_key if item not in seen_by(tastes, "u7")]}
    )
    scores = pd.Series(plain.predict(every), every["item"]).sort_values(ascending=False)
    assert found["item"].tolist() == scores.index[:4].tolist()
    np.testing.assert_allclose(found["score"], scores.iloc[:4], rtol=1e-4)
    assert {int(item[1:]) % 2 for item in found["item"]} == {1}


def test_the_order_of_users_is_kept_and_repeated(plain):
    found = plain.recommend(["u9", "u2", "u9"], 2)
    assert found["user"].tolist() == ["u9", "u9", "u2", "u2", "u9", "u9"]
    assert found["rank"].tolist() == [1, 2] * 3
    assert found["item"].tolist()[:2] == found["item"].tolist()[4:]


def test_all_users_by_default(tastes, plain):
    found = plain.recommend(k=3)
    assert found["user"].drop_duplicates().tolist() == list(plain.user_vectors_.index_to_key)
    assert len(found) == 180
    for user, its in found.groupby("user"):
        assert not set(its["item"]) & seen_by(tastes, user)
        pd.testing.assert_frame_equal(its.reset_index(drop=True), plain.recommend(user, 3), rtol=1e-4)


def test_seen_items_may_be_included(tastes, plain):
    found = plain.recommend("u7", 8, exclude_seen=False)
    assert len(set(found["item"]) & seen_by(tastes, "u7")) >= 4


def test_users_who_have_seen_nearly_all_get_fewer(plain):
    everything = pd.DataFrame({"user": "new", "item": list(plain.item_vectors_.index_to_key)[2:]})
    found = plain.recommend(k=10, interactions=everything)
    assert set(found["item"]) == set(list(plain.item_vectors_.index_to_key)[:2])
    assert found["rank"].tolist() == [1, 2]
    found = plain.recommend(
        k=10, interactions=pd.DataFrame({"user": "new", "item": list(plain.item_vectors_.index_to_key)})
    )
    assert (len(found), found.columns.tolist()) == (0, ["user", "item", "rank", "score", "source"])


def test_a_filter_by_list_and_by_function(tastes, plain):
    allowed = [f"i{n}" for n in range(0, 40, 5)]
    found = plain.recommend(k=3, filter=allowed)
    assert set(found["item"]) <= set(allowed)
    for user, its in found.groupby("user"):
        assert not set(its["item"]) & seen_by(tastes, user)
    assert found.equals(plain.recommend(k=3, filter=lambda item: int(item[1:]) % 5 == 0))
    # The best of them, not those of the best that are among them.
    whole = plain.recommend("u7", 40, exclude_seen=False)
    its = whole[whole["item"].isin(allowed)].head(3)
    assert plain.recommend("u7", 3, exclude_seen=False, filter=allowed)["item"].tolist() == its["item"].tolist()


def test_keys_keep_their_types(tastes):
    table = tastes.assign(user=tastes["user"].str[1:].astype(int), item=tastes["item"].str[1:].astype(float) + 0.5)
    found = make().fit(table).recommend([7, 3], 2)
    assert (found["user"].dtype.kind, found["item"].dtype.kind, found["rank"].dtype.kind) == ("i", "f", "i")
    assert found["score"].dtype == np.float32


def test_every_method_recommends_the_scores_that_it_predicts(any_method, tastes):
    for users in (["u7", "u8"], pd.DataFrame({"user": ["new", "u7"], "group": ["odd", "odd"]})):
        found = any_method.recommend(users, 5)
        asked = found.assign(group="odd", genres="even|film") if isinstance(users, pd.DataFrame) else found
        np.testing.assert_allclose(any_method.predict(asked), found["score"], rtol=1e-4, atol=1e-5)
        assert (np.diff(found["score"])[found["rank"].to_numpy()[1:] > 1] <= 1e-6).all()


# New users


def test_users_of_whom_nothing_is_known_get_the_most_popular_items(tastes, plain):
    with pytest.warns(ColdStartWarning, match="2 of 3 users are not in the training table.*such as 'x'"):
        found = plain.recommend(["x", "u7", "y"], 3)
    shares = tastes["item"].value_counts() / 60
    assert found["source"].tolist() == ["popularity"] * 3 + ["history"] * 3 + ["popularity"] * 3
    for user in ("x", "y"):
        its = found[found["user"] == user]
        np.testing.assert_allclose(its["score"], shares.sort_values(ascending=False).iloc[:3], rtol=1e-6)
        np.testing.assert_allclose(its["score"], shares[its["item"]], rtol=1e-6)
    with pytest.warns(ColdStartWarning):
        filtered = plain.recommend("x", 3, filter=["i30", "i31"])
    assert set(filtered["item"]) == {"i30", "i31"}


def test_texts_are_no_numbers(tastes):
    numbers = make().fit(tastes.assign(user=tastes["user"].str[1:].astype(int)))
    with pytest.warns(ColdStartWarning, match=r"keys are of type text, but those of the training table of type number"):
        assert (numbers.recommend("7", 2)["source"] == "popularity").all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (numbers.recommend(np.int8(7), 2)["source"] == "history").all()
    with pytest.warns(ColdStartWarning) as caught:
        numbers.recommend(99, 2)
    assert "type" not in str(caught[0].message)


def test_users_by_their_columns(described, tastes):
    new = pd.DataFrame({"group": ["odd", "even"], "user": ["x", "y"], "more": [1, 2]})
    found = described.recommend(new, 5)
    assert (found["source"] == "columns").all()
    taste = found["item"].str[1:].astype(int) % 2
    assert (taste == (found["user"] == "x")).mean() >= 0.9
    side = described._columns["user"]
    vectors = described.towers_.user_map.vectors(side.matrix(side.encode(_frame(new))))
    scores = vectors @ described.towers_.items.T
    best = np.array(described.item_vectors_.index_to_key)[np.argsort(-scores, axis=1, kind="stable")[:, :5]]
    assert found["item"].tolist() == best.ravel().tolist()
    # A known user has a history, whatever the columns say.
    known = described.recommend(pd.DataFrame({"user": ["u7"], "group": ["even"]}), 5)
    assert known.equals(described.recommend("u7", 5))
    with pytest.warns(ColdStartWarning):
        assert (described.recommend(new[["user"]], 2)["source"] == "popularity").all()


def _frame(table):
    from tabemb.table.frames import read_frame

    return read_frame(table)


@pytest.mark.usefixtures("without_compiling")
@pytest.mark.parametrize("method", [LINEAR, TOWERS], ids=lambda each: each["name"])
def test_interactions_of_new_users_need_no_fit(tastes, method):
    recommender = make(method=method, weight="weight").fit(tastes)
    now = pd.DataFrame(
        {"user": ["x", "x", "u7", "x"], "item": ["i3", "i7", "i4", "unknown"], "weight": [1.0, 2.5, 1.0, 1.0]}
    )
    found = recommender.recommend(k=40, interactions=now)
    # In the order of the vocabulary of the new table.
    assert found["user"].drop_duplicates().tolist() == ["x", "u7"]
    assert (found["source"] == "history").all()
    items, towers = recommender.item_vectors_, recommender.towers_
    vector = items["i3"] + 2.5 * items["i7"]
    if towers.lengths is not None:
        vector = vector * towers.lengths[0] / np.linalg.norm(vector)
    scores = towers.items @ vector + (0 if towers.item_biases is None else towers.item_biases)
    its = found[found["user"] == "x"]
    assert set(its["item"]) == set(items.index_to_key) - {"i3", "i7"}
    expected = pd.Series(scores, items.index_to_key)[its["item"]]
    np.testing.assert_allclose(its["score"], expected, rtol=1e-4, atol=1e-5)
    # For a known user they are in place of those of the training table.
    assert set(found.loc[found["user"] == "u7", "item"]) == set(items.index_to_key) - {"i4"}


@pytest.mark.usefixtures("without_compiling")
def test_a_history_explains_scores_and_needs_no_fit_for_new_users(tastes):
    method = TOWERS | {"user_tower": "history"}
    recommender = make(method=method).fit(tastes)
    known = recommender.recommend("u7", 5)
    now = tastes[tastes["user"] == "u7"].assign(user="x")
    again = recommender.recommend(interactions=now, k=5)
    assert again["item"].tolist() == known["item"].tolist()
    np.testing.assert_allclose(again["score"], known["score"], rtol=1e-3)
    item = known["item"][0]
    reasons = recommender.explain("u7", item, k=100)
    assert set(reasons["item"]) == seen_by(tastes, "u7")
    bias = recommender.towers_.item_biases[recommender.item_vectors_.index_to_key.index(item)]
    assert reasons["contribution"].sum() + bias == pytest.approx(known["score"][0], rel=1e-3)


@pytest.mark.usefixtures("without_compiling")
def test_the_columns_of_new_users_count_beside_their_history(tastes):
    recommender = make(method=TOWERS | {"user_tower": "history", "start": "random"}, **SIDES).fit(tastes)
    now = pd.DataFrame({"user": ["x", "y"], "item": ["i3", "i3"]})
    users = pd.DataFrame({"user": ["x", "y"], "group": ["odd", "even"]})
    without = recommender.recommend(interactions=now, k=40)
    assert (
        without.loc[without["user"] == "x", "score"].tolist() == without.loc[without["user"] == "y", "score"].tolist()
    )
    found = recommender.recommend(users, 40, interactions=now)
    assert (found["source"] == "history").all()
    scores = [found[found["user"] == user].set_index("item")["score"] for user in ("x", "y")]
    assert not np.allclose(scores[0], scores[1][scores[0].index], atol=1e-3)


@pytest.mark.parametrize(
    "method", [LINEAR, TOWERS | {"user_tower": "history"}], ids=["linear_autoencoder", "two_towers"]
)
def test_recent_interactions_count_more(tastes, method):
    recommender = make(method=method, time="day", half_life=2, weight="weight").fit(tastes)
    equal = make(method=method, time="day", half_life=None, weight="weight").fit(tastes)
    towers, its = recommender.towers_, tastes[tastes["user"] == "u7"].sort_values("day")
    # What the vectors of items are does not depend on it.
    assert np.array_equal(towers.items, equal.towers_.items)
    weights = 0.5 ** (np.arange(8)[::-1] / 2) * its["weight"].to_numpy()
    places = [recommender.item_vectors_.index_to_key.index(item) for item in its["item"]]
    vector = weights @ (towers.items if towers.history is None else towers.history)[places]
    if towers.lengths is not None:
        vector = vector * towers.lengths[0] / np.linalg.norm(vector)
    np.testing.assert_allclose(recommender.user_vectors_["u7"], vector, rtol=1e-3, atol=1e-5)
    # New users get the same vector from the same interactions, in any order of the rows.
    known = recommender.recommend("u7", 5)
    now = its.assign(user="x").sample(frac=1, random_state=1)
    again = recommender.recommend(interactions=now, k=5)
    assert again["item"].tolist() == known["item"].tolist()
    np.testing.assert_allclose(again["score"], known["score"], rtol=1e-3)
    assert set(known["item"]).isdisjoint(seen_by(tastes, "u7"))
    reasons = recommender.explain("u7", known["item"][0], k=100)
    place = recommender.item_vectors_.index_to_key.index(known["item"][0])
    bias = 0 if towers.item_biases is None else towers.item_biases[place]
    assert reasons["contribution"].sum() + bias == pytest.approx(known["score"][0], rel=1e-3)


def test_wrong_half_lives(tastes):
    with pytest.raises(ValueError, match="half_life must be a positive number, 'auto' or None, got 0"):
        make(time="day", half_life=0).fit(tastes)
    with pytest.raises(ValueError, match="half_life needs to know what came later: name the column of times"):
        make(half_life=3).fit(tastes)
    with pytest.raises(ValueError, match="half_life is for methods whose users are sums or means"):
        make(method=FACTORS, rating="stars", time="day", half_life=3).fit(tastes)
    fitted = make(time="day", half_life=3).fit(tastes)
    with pytest.raises(
        ColumnError, match=r"need the column of times 'day', since recent ones count more \(half_life=3\)"
    ):
        fitted.recommend(interactions=tastes[["user", "item"]])
    make(time="day", half_life=None).fit(tastes).recommend(interactions=tastes[["user", "item"]])


def test_the_half_life_is_chosen_if_times_are_known(tastes, tmp_path):
    # Users turn to the other taste.
    even = tastes.assign(item=[f"i{int(item[1:]) ^ 1}" for item in tastes["item"]], day=tastes["day"] + 100)
    table = pd.concat([tastes, even[even["day"] < 106]])
    found = make(time="day").fit(table)
    assert found.half_life_ in (2.0, 5.0)
    given = make(time="day", half_life=found.half_life_).fit(table)
    assert np.array_equal(found.towers_.users, given.towers_.users)
    found.save(tmp_path / "films")
    loaded = TwoTowerRecommender.load(tmp_path / "films")
    assert (loaded.half_life, loaded.half_life_) == ("auto", found.half_life_)
    now = table[table["user"] == "u7"].assign(user="x")
    pd.testing.assert_frame_equal(loaded.recommend(interactions=now), found.recommend(interactions=now))
    for params in ({}, {"time": "day", "half_life": None}, {"time": "day", "method": FACTORS, "rating": "stars"}):
        assert make(**params).fit(table).half_life_ is None


def test_the_same_interactions_are_the_same_vector(plain, tastes):
    again = plain.recommend("u7", 5, interactions=tastes[tastes["user"] == "u7"])
    np.testing.assert_allclose(again["score"], plain.recommend("u7", 5)["score"], rtol=1e-4)
    assert again["item"].tolist() == plain.recommend("u7", 5)["item"].tolist()


def test_users_without_usable_interactions(plain, described):
    now = pd.DataFrame({"user": ["x", "y"], "item": ["i3", "unknown"]})
    with pytest.warns(ColdStartWarning, match="1 of 3 users .*such as 'y'"):
        found = plain.recommend(["x", "y", "u7"], 2, interactions=now)
    assert found["source"].tolist() == ["history"] * 2 + ["popularity"] * 2 + ["history"] * 2
    # A known user without new interactions keeps those of the training table.
    its = found[found["user"] == "u7"].reset_index(drop=True)
    pd.testing.assert_frame_equal(its, plain.recommend("u7", 2), rtol=1e-4)
    users = pd.DataFrame({"user": ["x", "y"], "group": ["odd", "odd"]})
    found = described.recommend(users, 1, interactions=now)
    assert found["source"].tolist() == ["history", "columns"]


# Predictions, explanations, neighbors


def test_ratings_are_predicted_by_the_mean_the_biases_and_the_vectors(rating, tastes):
    found = rating.predict(tastes)
    assert found.dtype == np.float32
    assert np.mean((found - tastes["stars"]) ** 2) / np.var(tastes["stars"]) < 0.3
    towers = rating.towers_
    pair = pd.DataFrame({"user": ["u7"], "item": ["i3"]})
    expected = (
        rating.user_vectors_["u7"] @ rating.item_vectors_["i3"]
        + towers.user_biases[rating.user_vectors_.index_to_key.index("u7")]
        + towers.item_biases[rating.item_vectors_.index_to_key.index("i3")]
        + towers.offset
    )
    assert rating.predict(pair)[0] == pytest.approx(expected, rel=1e-5)
    # Nothing is known of either.
    nobody = make(method=FACTORS, rating="stars").fit(tastes)
    assert nobody.predict(pd.DataFrame({"user": ["x"], "item": ["y"]}))[0] == pytest.approx(
        tastes["stars"].mean(), rel=1e-5
    )


def test_pairs_with_new_keys_are_predicted_by_columns(described):
    pairs = pd.DataFrame({"user": ["x", "x"], "group": "odd", "item": ["y", "z"], "genres": ["odd|film", "even|film"]})
    scores = described.predict(pairs)
    assert scores[0] > scores[1] + 0.05
    assert described.predict(pairs[["user", "item"]]).tolist() == [0, 0]


@pytest.mark.parametrize("weight", [None, "weight"])
def test_explanations_of_the_linear_autoencoder_add_up_to_the_score(tastes, weight):
    recommender = make(weight=weight).fit(tastes)
    for item, score in recommender.recommend("u7", 3)[["item", "score"]].itertuples(index=False):
        found = recommender.explain("u7", item, k=40)
        assert found.columns.tolist() == ["item", "contribution"]
        assert set(found["item"]) == seen_by(tastes, "u7")
        assert found["contribution"].sum() == pytest.approx(score, rel=1e-4)
        assert (np.diff(found["contribution"]) <= 0).all()
        assert recommender.explain("u7", item, k=2).equals(found.head(2))


def test_an_item_does_not_explain_itself(plain, tastes):
    item = sorted(seen_by(tastes, "u7"))[0]
    assert set(plain.explain("u7", item, k=40)["item"]) == seen_by(tastes, "u7") - {item}


def test_explanations_of_other_methods_are_cosines(rating, tastes):
    found = rating.explain("u7", "i4", k=40)
    vectors = rating.item_vectors_
    expected = [
        vectors[item] @ vectors["i4"] / np.linalg.norm(vectors[item]) / np.linalg.norm(vectors["i4"])
        for item in found["item"]
    ]
    np.testing.assert_allclose(found["contribution"], expected, rtol=1e-4, atol=1e-6)


def test_similar_items_and_users(plain):
    found = plain.similar_items("i3", 5)
    assert found.columns.tolist() == ["item", "similarity"]
    assert list(found.itertuples(index=False, name=None)) == plain.item_vectors_.most_similar("i3", topn=5)
    assert {int(item[1:]) % 2 for item in found["item"]} == {1}
    found = plain.similar_users("u4", 5)
    assert found.columns.tolist() == ["user", "similarity"]
    assert {int(user[1:]) % 2 for user in found["user"]} == {0}


def test_vectors_of_the_values_of_columns(tastes):
    recommender = make(user=["user", "group", "age"], item=["item", "genres"], multi_valued={"genres": "|"}).fit(tastes)
    found = recommender.column_vectors_
    assert list(found) == ["group", "age", "genres"]
    assert sorted(found["genres"].index_to_key) == ["even", "film", "odd"]
    assert found["age"].index_to_key[0].startswith("below ")
    vectors, keys = recommender.item_vectors_, recommender.item_vectors_.index_to_key
    odd = [int(key[1:]) % 2 == 1 for key in keys]
    means = [np.average(vectors.vectors[its], axis=0, weights=vectors.counts[its]) for its in (odd, slice(None))]
    np.testing.assert_allclose(found["genres"]["odd"], means[0] - means[1], atol=1e-5)
    np.testing.assert_allclose(found["genres"]["film"], 0, atol=1e-5)
    assert found["genres"].counts[found["genres"].key_to_index["odd"]] == vectors.counts[odd].sum()
    assert found["group"].similarity("odd", "even") < -0.9
    assert make().fit(tastes).column_vectors_ == {}


def test_a_column_without_values_has_no_vectors(tastes):
    recommender = make(item=["item", "genres"]).fit(tastes.assign(genres=pd.Series([None] * 480, dtype=object)))
    assert len(recommender.column_vectors_["genres"]) == 0
    assert recommender.recommend("u7", 2).shape == (2, 5)


# New items


def test_added_items_are_recommended(tastes):
    recommender = make(**SIDES).fit(tastes)
    before = recommender.predict(tastes)
    new = pd.DataFrame(
        {"item": ["new", "i3", "new", "other"], "genres": ["even|film", "even|film", "odd|film", "even|film"]}
    )
    assert recommender.add_items(new) is recommender
    assert (recommender.n_items_, recommender.interactions_.matrix.shape) == (42, (60, 42))
    assert np.array_equal(recommender.predict(tastes), before)
    # The last row of a key describes it.
    odd = recommender.item_vectors_["i3"]
    vectors = recommender.item_vectors_
    assert odd @ vectors["new"] > odd @ vectors["other"]
    assert vectors.counts[-2:].tolist() == [0, 0]
    side, towers = recommender._columns["item"], recommender.towers_
    expected = towers.item_map.vectors(side.matrix(side.encode(_frame(new.iloc[2:]))))
    np.testing.assert_allclose(towers.items[-2:], expected, rtol=1e-6)
    found = recommender.recommend("u7", 1, filter=["new", "other"])
    assert found["item"].tolist() == ["new"]
    assert recommender.recommend("u7", 42, exclude_seen=False)["item"].nunique() == 42
    again = recommender.towers_
    recommender.add_items(new)
    assert recommender.towers_ is again
    now = recommender.recommend("x", 1, interactions=pd.DataFrame({"user": ["x"], "item": ["new"]}))
    assert now["source"].tolist() == ["history"]


def test_added_items_of_other_methods_have_biases(any_method):
    recommender = pickle.loads(pickle.dumps(any_method))
    recommender.add_items(pd.DataFrame({"item": ["new"], "genres": ["odd|film"]}))
    towers = recommender.towers_
    for array in (towers.items, towers.item_biases, towers.history):
        assert array is None or len(array) == 41
    assert np.isfinite(recommender.recommend("u7", 41, exclude_seen=False)["score"]).all()


def test_items_are_added_by_columns_only(plain, described):
    with pytest.raises(DataError, match=r"Fit with columns of items: item=\['item', 'genres'\]"):
        plain.add_items(pd.DataFrame({"item": ["new"]}))
    with pytest.raises(ColumnError, match="no column 'genres'"):
        described.add_items(pd.DataFrame({"item": ["new"]}))
    with pytest.raises(DataError, match="New categories are number, such as 1, but the known ones are text"):
        described.add_items(pd.DataFrame({"item": [1], "genres": ["odd"]}))
    with pytest.raises(DataError, match="1 of 1 rows have no item"):
        described.add_items(pd.DataFrame({"item": [None], "genres": ["odd"]}))


# Search


@pytest.mark.parametrize("method", [LINEAR, FACTORS], ids=lambda each: each["name"])
def test_a_graph_finds_nearly_the_same_items(tastes, method):
    pytest.importorskip("usearch")
    params = {"method": method, "rating": "stars" if method is FACTORS else None}
    exact = make(**params).fit(tastes)
    for search in ("hnsw", {"name": "hnsw", "connectivity": 8}, "auto"):
        graph = make(search=search, **params).fit(tastes)
        for exclude_seen in (True, False):
            one, two = (each.recommend(k=5, exclude_seen=exclude_seen) for each in (exact, graph))
            same = one.merge(two, on=["user", "item"])
            assert len(same) >= 0.98 * len(one)
            np.testing.assert_allclose(same["score_x"], same["score_y"], rtol=1e-3, atol=1e-3)
            assert len(two) == len(one)
        allowed = ["i1", "i2", "i3"]
        assert graph.recommend("u8", 2, filter=allowed).equals(exact.recommend("u8", 2, filter=allowed))


def test_a_graph_knows_added_items(tastes):
    pytest.importorskip("usearch")
    recommender = make(search="hnsw", **SIDES).fit(tastes)
    recommender.recommend("u7", 3)
    recommender.add_items(pd.DataFrame({"item": ["new"], "genres": ["odd|film"]}))
    assert "new" in set(recommender.recommend("u7", 41, exclude_seen=False)["item"])


# Columns, weights, times


def test_of_repeated_interactions_the_largest_weight_counts(tastes):
    less = tastes.assign(weight=tastes["weight"] / 10)
    twice = make(weight="weight").fit(pd.concat([less, tastes, less], ignore_index=True))
    once = make(weight="weight").fit(tastes)
    one, two = (each.interactions_.matrix for each in (once, twice))
    rows = [list(each.user_vectors_.index_to_key) for each in (once, twice)]
    assert rows[0] == rows[1]
    assert (one != two).nnz == 0
    assert not np.array_equal(once.towers_.items, make().fit(tastes).towers_.items)


def test_the_last_row_describes_a_key(tastes):
    table = tastes.assign(group=np.where(tastes["day"] == 7, tastes["group"], "?"))

    def groups(recommender):
        side = recommender._columns["user"]
        return {value for _, value in side.features}

    # The rows are in random order, so without times some users are described by another row.
    with_times = make(user=["user", "group"], time="day").fit(table)
    assert groups(with_times) == {None, "odd", "even"}
    assert "?" in groups(make(user=["user", "group"]).fit(table))
    dated = table.assign(day=pd.Timestamp("2020-01-01") + pd.to_timedelta(table["day"], unit="D"))
    assert groups(make(user=["user", "group"], time="day").fit(dated)) == {None, "odd", "even"}
    assert groups(make(user=["user", "group"], time="day").fit(pl.from_pandas(dated))) == {None, "odd", "even"}
    assert groups(make(user=["user", "group"]).fit(table.sort_values("day"))) == {None, "odd", "even"}


@pytest.mark.parametrize(
    ("multi_valued", "features"),
    [
        ({"genres": "|"}, ["odd", "even", "film"]),
        (None, ["odd|film", "even|film"]),
        ({"genres": None}, ["odd|film", "even|film"]),
    ],
    ids=str,
)
def test_cells_with_several_values(tastes, multi_valued, features):
    recommender = make(item=["item", "genres"], multi_valued=multi_valued).fit(tastes)
    assert {value for _, value in recommender._columns["item"].features} == {None, *features}
    assert isinstance(recommender.towers_.item_map, FeatureMap)


def test_separators_are_found(tastes):
    genres = ["Drama|War", "War", "Drama|Comedy", "Comedy|War|Drama", "Comedy"]
    table = tastes.assign(genres=[genres[int(item[1:]) % 5] for item in tastes["item"]])
    with pytest.warns(SchemaHint, match="Column 'genres' holds several values per cell, separated by '|'"):
        recommender = make(item=["item", "genres"]).fit(table)
    assert {value for _, value in recommender._columns["item"].features} == {None, "Drama", "War", "Comedy"}


def test_columns_of_one_side_only(tastes):
    recommender = make(item=["item", "genres"]).fit(tastes)
    assert (recommender._columns["user"], recommender.towers_.user_map) == (None, None)
    assert recommender.feature_names_in_.tolist() == ["user", "item", "genres"]


# scikit-learn


def test_fits_are_reproducible_and_seeds_matter(tastes):
    auto = {"method": {"name": "linear_autoencoder", "dim": 6}}
    one, two = (make(**auto, random_state=seed).fit(tastes) for seed in (3, 3))
    assert np.array_equal(one.towers_.items, two.towers_.items)
    mf = {"method": FACTORS, "rating": "stars"}
    fits = [make(**mf, random_state=seed).fit(tastes).towers_.items for seed in (3, 4, np.random.RandomState(3), None)]
    assert len({each.tobytes() for each in fits}) == 4
    again = make(**mf, random_state=np.random.RandomState(3)).fit(tastes)
    assert np.array_equal(again.towers_.items, fits[2])


def test_params_clones_and_pickles(tastes):
    recommender = make(method=LinearAutoencoder(dim=6, penalty=2.0, item_weight=1.0), search="exact", **SIDES)
    assert recommender.get_params()["method__dim"] == 6
    assert clone(recommender).get_params(deep=False).keys() == recommender.get_params(deep=False).keys()
    copy = clone(recommender).set_params(method__dim=3).fit(tastes)
    assert (copy.towers_.dim, recommender.method.dim) == (3, 6)
    again = pickle.loads(pickle.dumps(copy))
    assert again.recommend(k=3).equals(copy.recommend(k=3))
    pytest.importorskip("usearch")
    graph = make(search="hnsw").fit(tastes)
    expected = graph.recommend(k=3)
    assert pickle.loads(pickle.dumps(graph)).recommend(k=3)["item"].tolist() == expected["item"].tolist()


def test_the_score_is_the_ndcg_of_held_out_interactions(tastes):
    held = tastes.sample(frac=0.2, random_state=1)
    recommender = make().fit(tastes.drop(held.index))
    found = recommender.recommend(held["user"].unique(), 10)
    assert recommender.score(held) == pytest.approx(ndcg_at_k(found, held, 10, user="user", item="item"))
    assert recommender.score(pl.from_pandas(held)) == recommender.score(held)
    assert recommender.score(held) > 0.2


def test_the_score_of_ratings_is_r2(rating, tastes):
    from sklearn.metrics import r2_score

    assert rating.score(tastes) == pytest.approx(r2_score(tastes["stars"], rating.predict(tastes)), rel=1e-5)


def test_a_grid_search_over_the_parameters_of_a_method(tastes):
    search = GridSearchCV(
        make(method=LinearAutoencoder(dim=6, item_weight=1.0)),
        {"method__penalty": [2.0, 1e6]},
        cv=3,
        error_score="raise",
    ).fit(tastes)
    assert search.best_params_["method__penalty"] in (2.0, 1e6)
    assert len(search.cv_results_["mean_test_score"]) == 2
    assert search.recommend("u7", 2).shape == (2, 5) if hasattr(search, "recommend") else True
    assert search.best_estimator_.recommend("u7", 2)["rank"].tolist() == [1, 2]


# Bad input


@pytest.mark.parametrize(
    ("params", "error", "told"),
    [
        ({"user": 5}, ValueError, "user must be a column, or a list of columns, got 5"),
        ({"item": None}, ValueError, "item must be a column, or a list of columns, got None"),
        ({"item": []}, ValueError, r"item must be a column, or a list of columns, got \[\]"),
        ({"item": ["item", 3]}, ValueError, "item must be a column, or a list of columns"),
        ({"item": "itm"}, ColumnError, "no column 'itm'.*Did you mean 'item'"),
        ({"item": ["item", "genre"]}, ColumnError, "no column 'genre'.*Did you mean 'genres'"),
        ({"item": ["item", "user"]}, ColumnError, "'user' is named twice"),
        ({"item": ["item", "genres", "genres"]}, ColumnError, "'genres' is named twice"),
        ({"weight": "user"}, ColumnError, "'user' is named twice"),
        ({"weight": "wight"}, ColumnError, "no column 'wight'.*Did you mean 'weight'"),
        ({"weight": "group"}, DataError, "weights of interactions must be numbers; the column 'group' has others"),
        ({"weight": "day"}, DataError, "weights of interactions must be positive numbers; 'day' has 0.0 in row"),
        (
            {"time": "genres", "user": ["user", "group"]},
            DataError,
            "Times are numbers or dates; those of 'genres' are of type text",
        ),
        ({"rating": "stars"}, ValueError, "'linear_autoencoder' does not use ratings.*use method='mf'"),
        ({"method": "mf"}, ValueError, "'mf' predicts ratings: name their column"),
        ({"method": "two_towers", "rating": "stars"}, ValueError, "'two_towers' does not use ratings"),
        ({"method": {"name": "two_towers", "loss": "rating"}}, ValueError, "'two_towers' predicts ratings"),
        ({"method": "mf", "rating": "group"}, DataError, "ratings of interactions must be numbers"),
        ({"method": "linear_autoencodr"}, UnknownNameError, "No method named.*Did you mean 'linear_autoencoder'"),
        ({"method": {"name": "mf", "dims": 3}}, UnknownNameError, "does not take these parameters: 'dims'"),
        ({"method": {"name": "linear_autoencoder", "dim": -1}}, ValueError, "dim must be a positive integer"),
        ({"method": 5}, UnknownNameError, "A method is given as a name"),
        ({"search": "hsnw"}, UnknownNameError, "No index named 'hsnw'"),
        ({"random_state": -1}, ValueError, "Seed must be between"),
        ({"random_state": "x"}, ValueError, "cannot be used to seed"),
        ({"multi_valued": {"genre": "|"}, **SIDES}, ColumnError, "'genre', which is no column.*Did you mean 'genres'"),
        ({"multi_valued": {"item": "|"}, **SIDES}, ColumnError, "'item', which is no column that describes"),
        ({"multi_valued": "yes", **SIDES}, ValueError, "multi_valued must be 'auto', None, or a mapping"),
        ({"multi_valued": {"age": "|"}, "user": ["user", "age"]}, DataError, "cells are of type integer"),
    ],
)
def test_wrong_parameters(tastes, params, error, told):
    with pytest.raises(error, match=told):
        make(**params).fit(tastes)


@pytest.mark.parametrize(
    ("change", "params", "error", "told"),
    [
        (lambda table: table.head(0), {}, DataError, "minimum of 1 is required"),
        (lambda table: table["user"], {}, DataError, "Expected a 2-dimensional container"),
        (lambda table: None, {}, DataError, "Expected a table, got NoneType"),
        (
            lambda table: table.assign(user=[None, *table["user"][1:]]),
            {},
            DataError,
            "1 of 480 interactions have no user",
        ),
        (
            lambda table: table.assign(item=[None, *table["item"][1:]]),
            {},
            DataError,
            "1 of 480 interactions have no item",
        ),
        (lambda table: table.assign(item=[["a"]] * 480), {}, DataError, "must be one value"),
        (
            lambda table: table.assign(weight=np.nan),
            {"weight": "weight"},
            DataError,
            "'weight' has nan in row 0, and 479",
        ),
        (lambda table: table.assign(weight=np.inf), {"weight": "weight"}, DataError, "infinity in column 'weight'"),
        (lambda table: table.assign(weight=-1.0), {"weight": "weight"}, DataError, "must be positive numbers"),
        (
            lambda table: table.assign(stars=[np.nan, *table["stars"][1:]]),
            {"rating": "stars", "method": "mf"},
            DataError,
            "ratings of interactions must be finite numbers; 'stars' has nan in row 0, and 0 more",
        ),
        (
            lambda table: table.assign(day=[None, *table["day"][1:]]),
            {"time": "day", **SIDES},
            DataError,
            "1 of 480 interactions have no time",
        ),
        (
            lambda table: table.assign(day=pd.Series([1, "a"] * 240, dtype=object)),
            {"time": "day", **SIDES},
            DataError,
            "Times are numbers or dates; those of 'day' are of type number and text",
        ),
        (
            lambda table: table.assign(day=pd.to_datetime(table["day"], unit="D").dt.to_period("D")),
            {"time": "day", **SIDES},
            DataError,
            "Times are numbers or dates",
        ),
    ],
)
def test_wrong_tables(tastes, change, params, error, told):
    with pytest.raises(error, match=told):
        make(**params).fit(change(tastes))


def test_auto_on_users_with_one_item_each():
    with pytest.raises(DataError, match="some user needs two or more"):
        TwoTowerRecommender("user", "item").fit(pd.DataFrame({"user": [1, 2], "item": [1, 2]}))


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3"])
def test_wrong_numbers_of_items(plain, k):
    for call in (plain.recommend, plain.similar_items, plain.similar_users, lambda key, k: plain.explain("u1", key, k)):
        with pytest.raises(ValueError, match="k must be a positive integer, got"):
            call("i1", k)


def test_more_items_than_there_are(plain):
    with pytest.raises(ValueError, match="k=41 is more than the 40 items that there are"):
        plain.recommend("u1", 41)


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"users": []}, DataError, "no user to recommend to"),
        ({"users": pd.DataFrame({"user": []})}, DataError, "minimum of 1 is required"),
        ({"users": pd.DataFrame({"usr": ["u1"]})}, ColumnError, "table of users has no column 'user'"),
        ({"users": [None, "u1"]}, DataError, "1 of 2 rows have no user"),
        ({"users": [["u1"]]}, DataError, "must be one value"),
        ({"filter": []}, DataError, "leaves no item"),
        ({"filter": ["i1", "i99"]}, DataError, r"unknown items \(1\), such as 'i99'"),
        ({"filter": lambda item: False}, DataError, "leaves no item"),
        ({"interactions": pd.DataFrame({"user": ["x"]})}, ColumnError, "no column 'item'"),
        ({"interactions": pd.DataFrame({"user": [], "item": []})}, DataError, "minimum of 1 is required"),
        (
            {"interactions": pd.DataFrame({"user": [None], "item": ["i1"]})},
            DataError,
            "1 of 1 interactions have no user",
        ),
    ],
)
def test_wrong_questions(plain, arguments, error, told):
    with pytest.raises(error, match=told):
        plain.recommend(k=2, **arguments)


def test_ratings_take_no_interactions(rating, tastes):
    with pytest.raises(ValueError, match="interactions= is for methods that learn from interactions"):
        rating.recommend(k=2, interactions=tastes)


def test_unknown_keys(plain, tastes):
    with pytest.raises(UnknownKeyError, match=r"The user 'u99' is not in the training table. Did you mean"):
        plain.explain("u99", "i1")
    with pytest.raises(UnknownKeyError, match="The item None is not in the training table"):
        plain.explain("u1", None)
    with pytest.raises(UnknownKeyError, match="No category 'i99' in column 'item'"):
        plain.similar_items("i99")
    with pytest.raises(ColumnError, match="no column 'item'"):
        plain.predict(tastes[["user"]])
    with pytest.raises(DataError, match="480 of 480 interactions have no item"):
        plain.predict(tastes.assign(item=None))


def test_an_unfitted_recommender_says_so(tastes, tmp_path):
    recommender = make()
    for call in (
        lambda: recommender.recommend("u1"),
        lambda: recommender.predict(tastes),
        lambda: recommender.score(tastes),
        lambda: recommender.explain("u1", "i1"),
        lambda: recommender.similar_items("i1"),
        lambda: recommender.similar_users("u1"),
        lambda: recommender.add_items(tastes),
        lambda: recommender.save(tmp_path / "x"),
        lambda: recommender.n_items_,
        lambda: recommender.n_users_,
        lambda: recommender.column_vectors_,
    ):
        with pytest.raises(NotFittedError):
            call()
    assert not hasattr(recommender, "user_vectors_")


def test_the_types_of_keys_and_columns_are_those_of_the_fit(tastes):
    assert make(**SIDES).fit(tastes).types_ == types_of(tastes, ["user", "item", "group", "genres"])
    assert make().fit(tastes).types_ == types_of(tastes, ["user", "item"])
    mixed = tastes.assign(
        user=[str(each) if place % 2 else 10_000 + place for place, each in enumerate(tastes["user"])]
    )
    assert list(make().fit(mixed).types_) == ["item"]
    with pytest.raises(NotFittedError):
        _ = make().types_


def types_of(table, columns):
    return {name: "number" if pd.api.types.is_numeric_dtype(table[name]) else "text" for name in columns}


def test_a_small_catalog_is_recommended_whole():
    seen = pd.DataFrame({"user": [1, 1, 2, 2, 3], "item": list("ababc")})
    found = TwoTowerRecommender("user", "item", random_state=0).fit(seen).recommend(exclude_seen=False)
    assert found.groupby("user")["item"].agg(set).to_dict() == {user: set("abc") for user in (1, 2, 3)}
