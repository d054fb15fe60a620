"""Metrics of rankings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from tabemb import metrics
from tabemb.exceptions import ColumnError, DataError
from tabemb.metrics import coverage_at_k, grouped_ndcg, novelty_at_k, ranking_metrics

# What RecTools 0.19.0 and ranx 0.3.21 say about `case`; novelty and coverage (5, 10 and 12 of 12 items) from RecTools.
THEIRS = {
    "recall": [0.0571428571, 0.1142857143, 0.2531746032],
    "precision": [0.3333333333, 0.2222222222, 0.2],
    "hit_rate": [0.3333333333, 0.3333333333, 0.6666666667],
    "ndcg": [0.3333333333, 0.2448797877, 0.2546770412],
    "mrr": [0.3333333333, 0.3333333333, 0.4166666667],
    "map": [0.0571428571, 0.1063492063, 0.1410714286],
    "novelty": [2.1666666667, 1.9811194443, 1.9666123966],
    "coverage": [5 / 12, 10 / 12, 1.0],
}


@pytest.fixture(scope="module")
def case():
    """Return recommendations, held-out and training interactions of users some of whom are in one table only."""
    rng = np.random.default_rng(7)

    def pairs(users, n_of):
        rows = [(user, int(each)) for user in users for each in rng.permutation(12)[: n_of()]]
        return pd.DataFrame(rows, columns=["user", "item"])

    best = pairs(range(6), lambda: 5)

    def drawn(users, low, high):
        rows = [(user, int(each)) for user in users for each in rng.permutation(12)[: rng.integers(low, high)]]
        return pd.DataFrame(rows, columns=["user", "item"])

    return best, drawn(range(1, 7), 1, 8), drawn(range(8), 2, 7)


def test_they_are_those_of_rectools_and_ranx(case):
    best, held_out, train = case
    found = ranking_metrics(best, held_out, (1, 3, 5), train=train)
    assert found.index.tolist() == [1, 3, 5]
    for name, values in THEIRS.items():
        np.testing.assert_allclose(found[name], values, atol=1e-9, err_msg=name)
        single = getattr(metrics, f"{name}_at_k")
        other = train if name in ("novelty", "coverage") else held_out
        np.testing.assert_allclose([single(best, other, k) for k in (1, 3, 5)], values, atol=1e-9)


def test_rectools_still_agrees(case):
    rectools = pytest.importorskip("rectools.metrics")
    best, held_out, train = (each.rename(columns={"user": "user_id", "item": "item_id"}) for each in case)
    best["rank"] = best.groupby("user_id").cumcount() + 1
    found = ranking_metrics(*case[:2], 5, train=case[2]).loc[5]
    theirs = {
        "recall": rectools.Recall(k=5),
        "ndcg": rectools.NDCG(k=5, divide_by_achievable=True),
        "map": rectools.MAP(k=5),
    }
    for name, metric in theirs.items():
        assert metric.calc(best, held_out) == pytest.approx(found[name])
    assert rectools.MeanInvUserFreq(k=5).calc(best, train) == pytest.approx(found["novelty"])


def plain(best, held_out, k):
    """Return the metrics of one user, from lists, by their definitions."""
    hits = [item in held_out for item in best[:k]]
    gains = [hit / np.log2(rank + 2) for rank, hit in enumerate(hits)]
    ideal = sum(1 / np.log2(rank + 2) for rank in range(min(k, len(held_out))))
    return {
        "recall": sum(hits) / len(held_out),
        "precision": sum(hits) / k,
        "hit_rate": float(any(hits)),
        "ndcg": sum(gains) / ideal,
        "mrr": next((1 / (rank + 1) for rank, hit in enumerate(hits) if hit), 0.0),
        "map": sum(hit * sum(hits[: rank + 1]) / (rank + 1) for rank, hit in enumerate(hits)) / len(held_out),
    }


LISTS = st.lists(st.lists(st.integers(0, 8), unique=True, max_size=6), min_size=1, max_size=4)


@settings(deadline=None)
@given(LISTS, st.data(), st.integers(1, 8))
def test_they_are_their_definitions(best, data, k):
    held_out = [data.draw(st.lists(st.integers(0, 8), unique=True, min_size=1, max_size=6)) for _ in best]

    def table(lists):
        rows = [(f"u{user}", item) for user, items in enumerate(lists) for item in items]
        return pd.DataFrame(rows, columns=["user", "item"]).astype({"item": "int64"})

    found = ranking_metrics(table(best), table(held_out), k, per_user=True)
    for user, (items, wanted) in enumerate(zip(best, held_out, strict=True)):
        assert found.loc[(k, f"u{user}")].to_dict() == pytest.approx(plain(items, set(wanted), k))


def test_users_with_nothing_held_out_are_left_out_and_those_without_recommendations_count_zero():
    best = pd.DataFrame({"user": [1, 2], "item": ["a", "a"]})
    held_out = pd.DataFrame({"user": [1, 3], "item": ["a", "a"]})
    assert metrics.recall_at_k(best, held_out) == 0.5


def test_repeated_interactions_count_once():
    best = pd.DataFrame({"user": [1], "item": ["a"]})
    held_out = pd.DataFrame({"user": [1, 1, 1], "item": ["a", "a", "b"]})
    assert metrics.recall_at_k(best, held_out) == 0.5


def test_columns_have_any_names(case):
    best, held_out, train = (each.rename(columns={"user": "who", "item": "film"}) for each in case)
    named = {"user": "who", "item": "film"}
    assert ranking_metrics(best, held_out, 3, train=train, **named).equals(ranking_metrics(*case[:2], 3, train=case[2]))
    assert metrics.ndcg_at_k(best, held_out, 3, **named) == metrics.ndcg_at_k(*case[:2], 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'usr'"):
        metrics.ndcg_at_k(best, held_out, usr="who")


def test_without_training_interactions_there_is_no_coverage(case):
    assert ranking_metrics(*case[:2])[["coverage", "novelty"]].isna().all(axis=None)
    assert coverage_at_k(case[0].head(0), case[2]) == 0
    assert np.isnan(novelty_at_k(case[0].head(0), case[2]))


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3", None, [], [3, 0]])
def test_a_number_of_recommendations_is_positive(case, k):
    with pytest.raises(ValueError, match="k must be a positive integer"):
        ranking_metrics(*case[:2], k)


SINGLE = [name for name in metrics.__all__ if name.endswith("_at_k")]


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("k", [[1, 2], (3,), [], range(1, 3), {5}, 0, True, 2.5, "3", None])
def test_metrics_of_one_number_refuse_others(case, name, k):
    best, held_out, train = case
    other = train if name in ("coverage_at_k", "novelty_at_k") else held_out
    with pytest.raises(
        ValueError, match=r"k must be one positive integer; got .*\. For several k, use ranking_metrics"
    ):
        getattr(metrics, name)(best, other, k)
    assert getattr(metrics, name)(best, other, np.int64(2)) == getattr(metrics, name)(best, other, 2)


def test_there_are_eight_of_them():
    assert len(SINGLE) == 8


ONE = pd.DataFrame({"user": ["1", "1", "2"], "item": [5, 6, 5]})


@pytest.mark.parametrize(
    ("users", "told"),
    [
        (
            [1, 1, 2],
            r"recommended and held_out have no user in common: '1' \(str\) is one of recommended, 1 \(int\) of "
            r"held_out\. Their types differ: convert the column 'user' of one of the tables",
        ),
        (
            ["7", "7", "8"],
            r"'1' \(str\) is one of recommended, '7' \(str\) of held_out\. Do both tables have the same ids",
        ),
    ],
)
def test_tables_without_common_users_are_refused(users, told):
    other = ONE.assign(user=users)
    of_users = [name for name in SINGLE if name not in ("coverage_at_k", "novelty_at_k")]
    for metric in (ranking_metrics, *(getattr(metrics, name) for name in of_users)):
        with pytest.raises(DataError, match=told):
            metric(ONE, other)
    with pytest.raises(DataError, match="have no user in common"):
        ranking_metrics(ONE.astype({"user": "category"}), other.astype({"user": "category"}), per_user=True)


def test_tables_whose_items_have_other_types_are_refused():
    texts = ONE.astype({"item": str})
    told = r"recommended and {} have no item in common: 5 \(int\) is one of recommended, '5' \(str\) of {}"
    with pytest.raises(DataError, match=told.format("held_out", "held_out")):
        ranking_metrics(ONE, texts)
    for metric in (coverage_at_k, novelty_at_k):
        with pytest.raises(DataError, match=told.format("train", "train")):
            metric(ONE, texts)
    # Of the same type, they are only bad recommendations.
    others = ONE.assign(item=[7.5, 8.5, 9.5])
    assert (ranking_metrics(ONE, others).loc[10, ["recall", "ndcg", "mrr", "map"]] == 0).all()
    assert coverage_at_k(ONE, others) == 0


@pytest.mark.parametrize("dtype", ["float64", "Int64", "category", object])
def test_the_same_keys_of_another_dtype_are_the_same(case, dtype):
    best, held_out, train = case
    expected = ranking_metrics(best, held_out, (2, 5), train=train)
    found = ranking_metrics(best.astype(dtype), held_out, (2, 5), train=train.astype(dtype))
    pd.testing.assert_frame_equal(found, expected)
    of_users = ranking_metrics(best, held_out.astype(dtype), 3, per_user=True)
    np.testing.assert_array_equal(of_users, ranking_metrics(best, held_out, 3, per_user=True))


def test_without_any_recommendation_metrics_are_zero(case):
    best, held_out, _ = case
    assert (ranking_metrics(best.head(0), held_out).drop(columns=["coverage", "novelty"]) == 0).all(axis=None)


@settings(deadline=None, max_examples=50)
@given(LISTS.filter(any), st.data())
def test_ranks_are_the_order_of_rows(best, data):
    rows = [(user, item) for user, items in enumerate(best) for item in items]
    ordered = pd.DataFrame(rows, columns=["user", "item"])
    steps = [data.draw(st.floats(0.5, 9)) for _ in rows]
    ranked = ordered.assign(place=np.cumsum(steps) - 20)
    shuffled = ranked.loc[data.draw(st.permutations(range(len(rows))))]
    held_out = pd.DataFrame(
        [(user, item) for user in range(len(best)) for item in (1, user, 8)], columns=["user", "item"]
    )
    expected = ranking_metrics(ordered, held_out, (1, 2, 7), train=held_out)
    pd.testing.assert_frame_equal(
        ranking_metrics(shuffled, held_out, (1, 2, 7), train=held_out, rank="place"), expected
    )
    assert metrics.map_at_k(shuffled, held_out, 2, rank="place") == pytest.approx(expected.loc[2, "map"])
    assert novelty_at_k(shuffled, held_out, 2, rank="place") == pytest.approx(expected.loc[2, "novelty"])
    assert coverage_at_k(shuffled, held_out, 2, rank="place") == expected.loc[2, "coverage"]


def test_columns_may_be_called_rank():
    best = pd.DataFrame({"rank": ["ann", "ann"], "item": ["a", "b"], "user": [2, 1]})
    held_out = pd.DataFrame({"rank": ["ann"], "item": ["b"]})
    assert metrics.mrr_at_k(best, held_out, user="rank") == 0.5
    assert metrics.mrr_at_k(best, held_out, user="rank", rank="user") == 1.0


@pytest.mark.parametrize(
    ("ranks", "error", "told"),
    [
        (
            [1, 1, 1],
            DataError,
            r"must be distinct within a user; recommended has the rank 1 more than once for .* '1'\.",
        ),
        ([1.0, 2.0, None], DataError, r"1 of the 3 rows of recommended have no 'rank'"),
        (["1", "2", "1"], DataError, r"Ranks must be numbers; 'rank' of recommended is .*pd\.to_numeric"),
        ([True, False, True], DataError, r"Ranks must be numbers; 'rank' of recommended is bool"),
    ],
)
def test_wrong_ranks_are_refused(ranks, error, told):
    with pytest.raises(error, match=told):
        ranking_metrics(ONE.assign(rank=ranks), ONE, rank="rank")


def test_a_missing_column_of_ranks_is_named():
    with pytest.raises(ColumnError, match=r"recommended has no column 'rnk'.*Did you mean 'rank'"):
        coverage_at_k(ONE.assign(rank=[1, 2, 1]), ONE, rank="rnk")


def test_wrong_tables_are_refused(case):
    best, held_out, _ = case
    with pytest.raises(ColumnError, match=r"held_out has no column 'item'.*Did you mean 'items'"):
        ranking_metrics(best, held_out.rename(columns={"item": "items"}))
    with pytest.raises(DataError, match="recommended must be a pandas DataFrame"):
        ranking_metrics([1, 2], held_out)
    with pytest.raises(DataError, match="held_out has no rows"):
        ranking_metrics(best, held_out.head(0))
    with pytest.raises(DataError, match=r"twice for the user"):
        ranking_metrics(pd.concat([best, best.head(1)]), held_out)
    with pytest.raises(DataError, match=r"1 of the 30 rows of recommended have no 'item'"):
        ranking_metrics(best.assign(item=best["item"].where(best.index > 0)), held_out)


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_grouped_ndcg_is_that_of_scikit_learn_for_each_group(k):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), rng.integers(2, 20, 30))
    relevance = rng.integers(0, 4, len(groups)) * (groups > 2)
    # Whole numbers have ties.
    for scores in (rng.normal(size=len(groups)), rng.integers(0, 3, len(groups)).astype(float)):
        expected = {
            group: ndcg_score([2.0 ** relevance[groups == group] - 1], [scores[groups == group]], k=k)
            for group in range(30)
            if relevance[groups == group].any()
        }
        order = rng.permutation(len(groups))
        named = np.array([f"g{each}" for each in groups])[order]
        assert grouped_ndcg(relevance[order], scores[order], named, k) == pytest.approx(
            np.mean(list(expected.values()))
        )
        weights = np.where(groups == 7, 3.0, np.where(groups == 9, 1.0, 0.0))[order]
        found = grouped_ndcg(relevance[order], scores[order], named, k, sample_weight=weights)
        assert found == pytest.approx(0.75 * expected[7] + 0.25 * expected[9])


def test_grouped_ndcg_without_a_relevant_row_is_nan():
    assert np.isnan(grouped_ndcg([0, 0], [1, 2], [1, 1]))
    assert np.isnan(grouped_ndcg([1, 0], [1, 2], [1, 1], sample_weight=[0, 0]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([1, 0], [1.0], [1, 1]), r"one value per row; got the shapes \(2,\), \(1,\) and \(2,\)"),
        (([-1, 0], [1.0, 2.0], [1, 1]), "Relevances must be numbers from 0 to 30"),
        (([31, 0], [1.0, 2.0], [1, 1]), "Relevances must be numbers from 0 to 30"),
        (([1, 0], [np.nan, 2.0], [1, 1]), "no score or group may be missing"),
        (([1, 0], [1.0, 2.0], [1, None]), "no score or group may be missing"),
    ],
)
def test_grouped_ndcg_refuses_what_cannot_be_ranked(given, message):
    with pytest.raises(DataError, match=message):
        grouped_ndcg(*given)
