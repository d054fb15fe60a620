"""Click logs with a known truth."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tabemb.datasets import ClickLog, make_clicks

# Of random_state=42: the first ids of both columns, and the first rows with a click.
USERS = [18570676, 14819372, 5960878, 13884302]
ITEMS = [78, 53, 64, 85, 51, 64, 25, 67]
CLICKS = [5, 6, 23, 52, 61]


@pytest.fixture(scope="module")
def log():
    return make_clicks(200_000, 4, cardinality=[20_000, 2_000, 200, 20], n_numbers=2, random_state=0)


def one_column(n_rows=100_000, **parameters):
    """Return a log with one categorical column, ``user``."""
    return make_clicks(n_rows, 1, **{"random_state": 0, **parameters})


def logit(log):
    return np.log(log.probability / (1 - log.probability))


def unseen(earlier, later, column="user"):
    """Return the share of the later rows whose category no earlier row has."""
    return float((~later.X[column].isin(earlier.X[column])).mean())


def plain_auc(p):
    """Return the Bayes AUC by its definition, pair by pair."""
    pairs = [(a * (1 - b), (a > b) + (a == b) / 2) for i, a in enumerate(p) for j, b in enumerate(p) if i != j]
    total = sum(weight for weight, _ in pairs)
    return sum(weight * order for weight, order in pairs) / total if total else math.nan


class TestTable:
    def test_has_a_row_per_ad_and_the_columns_of_an_ad_log(self, log):
        assert log.X.columns.tolist() == ["time", "user", "item", "site", "app", "x0", "x1"]
        assert log.categorical == ("user", "item", "site", "app")
        assert [str(dtype) for dtype in log.X.dtypes] == ["int64"] * 5 + ["float64"] * 2
        assert len(log.X) == len(log.y) == len(log.probability) == 200_000
        assert log.X["time"].tolist() == list(range(200_000))
        assert set(log.y) == {0, 1}
        assert ((log.probability > 0) & (log.probability < 1)).all()
        assert repr(log) == f"<ClickLog: 200,000 rows, 4 categorical columns, {log.y.sum():,} clicks>"

    def test_further_columns_have_numbers(self):
        names = make_clicks(10, 10, random_state=0).categorical
        assert names[:2] == ("user", "item")
        assert names[7:] == ("query", "c8", "c9")

    def test_one_row_is_enough(self):
        log = make_clicks(1, 1, click_rate=0.25, random_state=0)
        assert log.probability == pytest.approx([0.25])
        assert math.isnan(log.auc)

    def test_ids_are_integers_or_texts(self):
        numbers, texts = (make_clicks(500, 3, ids=ids, random_state=0) for ids in ("integer", "text"))
        for name in texts.categorical:
            assert texts.X[name].tolist() == [f"{name}_{each}" for each in numbers.X[name]]
        assert (texts.probability == numbers.probability).all()


class TestRepeatability:
    def test_the_same_seed_gives_the_same_log(self):
        one, same, other = (
            make_clicks(5_000, n_numbers=1, drift=0.3, ids="text", random_state=seed) for seed in (7, np.int64(7), 8)
        )
        pd.testing.assert_frame_equal(one.X, same.X, check_exact=True)
        assert (one.y == same.y).all()
        assert (one.probability == same.probability).all()
        assert not one.X["user"].equals(other.X["user"])
        assert (one.y != other.y).any()

    def test_without_a_seed_each_log_is_another(self):
        assert not make_clicks(100, 1).X.equals(make_clicks(100, 1).X)

    def test_ids_and_clicks_are_those_of_every_platform(self):
        log = make_clicks(1_000, 2, cardinality=[10_000_000, 50], drift=0.5, random_state=42)
        assert log.X["user"].head(4).tolist() == USERS
        assert log.X["item"].head(8).tolist() == ITEMS
        assert np.flatnonzero(log.y)[:5].tolist() == CLICKS

    def test_the_global_random_state_is_neither_read_nor_changed(self):
        state = np.random.get_state()[1].tolist()  # noqa: NPY002
        first = make_clicks(100, random_state=1)
        assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
        np.random.random()  # noqa: NPY002
        assert first.X.equals(make_clicks(100, random_state=1).X)


class TestTruth:
    @pytest.mark.parametrize("click_rate", [1e-4, 0.05, 0.5, 0.99])
    def test_the_mean_probability_is_the_click_rate(self, click_rate):
        log = make_clicks(50_000, 3, click_rate=click_rate, random_state=0)
        assert log.probability.mean() == pytest.approx(click_rate, rel=1e-8)
        error = math.sqrt(np.sum(log.probability * (1 - log.probability))) / len(log.y)
        assert log.y.mean() == pytest.approx(click_rate, abs=4 * error)

    def test_clicks_are_drawn_with_the_probabilities(self, log):
        for rows in np.array_split(np.argsort(log.probability), 20):
            p = log.probability[rows]
            error = math.sqrt(np.sum(p * (1 - p))) / len(p)
            assert log.y[rows].mean() == pytest.approx(p.mean(), abs=4 * error)

    @pytest.mark.parametrize("effect_std", [0.2, 1.0])
    def test_effects_are_normal_with_the_standard_deviation(self, effect_std):
        log = one_column(cardinality=1_000_000, zipf=0, effect_std=effect_std)
        effects = logit(log)[~log.X["user"].duplicated()]
        assert effects.std() == pytest.approx(effect_std, rel=0.02)
        assert kstest((effects - effects.mean()) / effects.std(), "norm").pvalue > 1e-3

    def test_a_category_has_one_effect_which_its_frequency_does_not_tell(self):
        log = one_column(cardinality=2_000, effect_std=1)
        found = pd.DataFrame({"user": log.X["user"], "logit": logit(log)}).groupby("user")["logit"]
        assert (found.max() - found.min()).max() < 1e-9
        assert abs(spearmanr(found.size(), found.mean()).statistic) < 4 / math.sqrt(len(found))

    def test_effects_do_not_depend_on_the_other_parameters(self):
        short, long = (one_column(n, zipf=zipf, cardinality=20) for n, zipf in ((1_000, 0), (5_000, 1.5)))
        effects = [dict(zip(each.X["user"], logit(each), strict=True)) for each in (short, long)]
        differences = [effects[0][user] - effects[1][user] for user in range(20)]
        assert np.ptp(differences) < 1e-9

    @pytest.mark.parametrize(("interactions", "latent_dim", "rank"), [(0, 4, 0), (1, 1, 1), (1, 3, 3)])
    def test_interactions_are_products_of_latent_vectors(self, interactions, latent_dim, rank):
        log = make_clicks(
            20_000,
            2,
            cardinality=12,
            zipf=0,
            interactions=interactions,
            latent_dim=latent_dim,
            effect_std=0,
            interaction_std=1,
            click_rate=0.5,
            random_state=0,
        )
        cells = log.X.assign(logit=logit(log))
        matrix = cells.pivot_table(index="user", columns="item", values="logit").to_numpy()
        assert matrix.shape == (12, 12)
        # Without the means of rows and columns, and so without the intercept.
        centered = matrix - matrix.mean(axis=0) - matrix.mean(axis=1, keepdims=True) + matrix.mean()
        assert np.linalg.matrix_rank(centered, tol=1e-6) == rank

    @pytest.mark.parametrize("latent_dim", [1, 8])
    def test_each_interaction_has_the_standard_deviation(self, latent_dim):
        for n_pairs in (1, 3):
            log = make_clicks(
                20_000,
                3,
                cardinality=10_000_000,
                zipf=0,
                effect_std=0,
                interactions=n_pairs,
                interaction_std=0.7,
                latent_dim=latent_dim,
                random_state=0,
            )
            assert logit(log).std() == pytest.approx(0.7 * math.sqrt(n_pairs), rel=0.06)

    def test_pairs_are_counted_or_named(self):
        def probabilities(interactions, n_columns=4):
            return make_clicks(200, n_columns, interactions=interactions, random_state=0).probability.tolist()

        assert probabilities(2) == probabilities([("user", "item"), ("user", "site")])
        assert probabilities(4) == probabilities(
            [("user", "item"), ("user", "site"), ("item", "site"), ("user", "app")]
        )
        assert probabilities(2) != probabilities([("site", "app"), ("user", "app")])
        assert probabilities(2, n_columns=2) == probabilities(1, n_columns=2)

    def test_numbers_are_standard_normal_and_linear(self):
        log = make_clicks(20_000, 1, cardinality=1, n_numbers=3, effect_std=0.3, random_state=0)
        numbers = log.X[["x0", "x1", "x2"]].to_numpy()
        for k in range(3):
            assert kstest(numbers[:, k], "norm").pvalue > 1e-3
        assert np.abs(np.corrcoef(numbers.T) - np.eye(3)).max() < 0.03
        coefficients = np.linalg.lstsq(np.c_[numbers, np.ones(len(numbers))], logit(log))[0]
        np.testing.assert_allclose(np.abs(coefficients[:3]), 0.3, atol=1e-9)
        rest = np.c_[numbers, np.ones(len(numbers))] @ coefficients - logit(log)
        assert np.abs(rest).max() < 1e-9

    def test_columns_are_independent_of_each_other(self):
        log = make_clicks(100_000, 2, cardinality=10, random_state=0)
        table = pd.crosstab(log.X["user"], log.X["item"]).to_numpy()
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        assert chisquare(table.ravel(), expected.ravel(), ddof=18).pvalue > 1e-3


class TestBayesScores:
    def test_they_are_those_of_the_true_probabilities_within_the_sampling_error(self, log):
        p = log.probability
        losses = -np.log(np.where(log.y == 1, p, 1 - p))
        assert log.log_loss == pytest.approx(log_loss(log.y, p), abs=4 * losses.std() / math.sqrt(len(p)))
        clicks = log.y.sum()
        error = math.sqrt(log.auc * (1 - log.auc) / clicks)
        assert log.auc == pytest.approx(roc_auc_score(log.y, p), abs=4 * error)
        assert 0.6 < log.auc < 0.9

    def test_they_are_the_means_over_all_possible_clicks(self):
        p = make_clicks(2_000, 3, cardinality=50, click_rate=0.2, random_state=0).probability
        rng = np.random.default_rng(0)
        draws = (rng.random((500, len(p))) < p).astype(int)
        aucs = np.array([roc_auc_score(y, p) for y in draws])
        losses = np.array([log_loss(y, p) for y in draws])
        found = ClickLog(X=pd.DataFrame(index=range(2_000)), y=draws[0], probability=p, categorical=())
        assert found.auc == pytest.approx(aucs.mean(), abs=4 * aucs.std() / math.sqrt(500))
        assert found.log_loss == pytest.approx(losses.mean(), abs=4 * losses.std() / math.sqrt(500))

    @settings(deadline=None)
    @given(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=1, max_size=12))
    def test_they_are_their_definitions(self, p):
        p = np.array(p)
        log = ClickLog(X=pd.DataFrame(index=range(len(p))), y=np.zeros(len(p), int), probability=p, categorical=())
        assert log.auc == pytest.approx(plain_auc(p), nan_ok=True)
        entropy = [-sum(q * math.log(q) for q in (each, 1 - each) if q > 0) for each in p]
        assert log.log_loss == pytest.approx(np.mean(entropy), abs=1e-12)

    def test_equal_probabilities_order_nothing(self):
        log = make_clicks(1_000, 2, effect_std=0, interaction_std=0, click_rate=0.2, random_state=0)
        assert log.auc == pytest.approx(0.5)
        assert log.log_loss == pytest.approx(-0.2 * math.log(0.2) - 0.8 * math.log(0.8))

    def test_stronger_effects_raise_the_auc_and_lower_the_log_loss(self):
        logs = [make_clicks(20_000, effect_std=std, random_state=0) for std in (0.1, 0.4, 2, 100)]
        assert [each.auc for each in logs] == sorted(each.auc for each in logs)
        assert [each.log_loss for each in logs] == sorted((each.log_loss for each in logs), reverse=True)
        assert np.isfinite([each.log_loss for each in logs]).all()

    def test_logistic_regression_comes_near_but_not_above(self, log):
        earlier, later = log.split(0.8)
        columns = ["item", "site", "app"]
        model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(C=0.3, max_iter=500))
        p = model.fit(earlier.X[columns], earlier.y).predict_proba(later.X[columns])[:, 1]
        assert 0.6 < roc_auc_score(later.y, p) < roc_auc_score(later.y, later.probability)
        assert later.log_loss < log_loss(later.y, p) < log_loss(later.y, np.full(len(p), earlier.y.mean()))


class TestFrequencies:
    @pytest.mark.parametrize("zipf", [0, 0.5, 0.999999, 1, 1.1, 2.5, 10])
    def test_they_follow_a_zipf_law(self, zipf):
        log = one_column(cardinality=40, zipf=zipf)
        expected = np.arange(1, 41) ** -float(zipf)
        expected *= len(log.X) / expected.sum()
        counts = log.X["user"].value_counts().reindex(range(40), fill_value=0)
        if zipf == 0:
            assert chisquare(counts, expected).pvalue > 1e-3
            return
        # Ranks come from a longer log, so that counts that are alike by chance are not sorted.
        order = one_column(1_000_000, cardinality=40, zipf=0.5)
        ranked = order.X["user"].value_counts().index
        observed = counts.loc[ranked].to_numpy()
        enough = expected >= 5
        groups = (
            np.append(observed[enough], observed[~enough].sum()),
            np.append(expected[enough], expected[~enough].sum()),
        )
        kept = groups[1] > 0.5
        statistic = ((groups[0] - groups[1])[kept] ** 2 / groups[1][kept]).sum()
        assert statistic < kept.sum() + 4 * math.sqrt(2 * kept.sum())

    def test_the_most_frequent_of_ten_million_has_its_share(self):
        log = one_column(cardinality=10_000_000, zipf=1.1)
        share = 1 / np.sum(np.arange(1, 10_000_001) ** -1.1)
        found = log.X["user"].value_counts(normalize=True).iloc[0]
        assert found == pytest.approx(share, abs=4 * math.sqrt(share / len(log.X)))

    @pytest.mark.parametrize("cardinality", [1, 2, 3, 16, 17, 1_000])
    def test_each_category_has_an_id_of_its_own_below_the_cardinality(self, cardinality):
        log = one_column(cardinality=cardinality, zipf=0)
        assert set(log.X["user"]) == set(range(cardinality))

    def test_ids_do_not_tell_the_frequency(self):
        log = one_column(cardinality=2_000, zipf=1.1)
        counts = log.X["user"].value_counts()
        assert len(counts) > 1_900
        assert abs(spearmanr(counts.index, counts).statistic) < 4 / math.sqrt(len(counts))

    def test_columns_of_the_same_cardinality_have_other_ids_for_their_frequent_categories(self):
        log = make_clicks(10_000, 8, cardinality=100_000, random_state=0)
        assert len({log.X[name].mode()[0] for name in log.categorical}) == 8

    def test_ten_million_categories_need_no_memory_of_their_own(self):
        tracemalloc.start()
        try:
            log = make_clicks(50_000, 2, cardinality=10_000_000, zipf=0.3, drift=0.1, random_state=0)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 20e6
        assert log.X["user"].nunique() > 40_000
        assert log.X["user"].max() > 15_000_000


class TestDrift:
    def test_without_it_the_rows_are_exchangeable(self):
        log = one_column(200_000, cardinality=50_000)
        first, second = log.split(0.5)
        quarters = second.split(0.5)
        shares = [unseen(first, each) for each in quarters]
        error = math.sqrt(2 * shares[0] / 50_000)
        assert shares[0] > 0.02
        assert shares[0] == pytest.approx(shares[1], abs=4 * error)
        halves = pd.crosstab(log.X["user"] % 50, log.X["time"] < 100_000)
        expected = np.outer(halves.sum(axis=1), halves.sum(axis=0)) / len(log.X)
        assert chisquare(halves.to_numpy().ravel(), expected.ravel(), ddof=50).pvalue > 1e-3

    def test_with_it_later_rows_have_more_unseen_categories(self):
        shares = []
        for drift in (0.0, 0.2, 0.8):
            first, second = one_column(200_000, cardinality=2_000, zipf=0.5, drift=drift).split(0.5)
            shares.append([unseen(first, each) for each in second.split(0.5)])
        # After the first half, a category has been replaced since by the middle of the third and fourth quarter with
        # a probability of an eighth and three eighths of the drift.
        np.testing.assert_allclose(shares, np.outer([0, 0.2, 0.8], [0.125, 0.375]), atol=0.02)

    def test_it_is_the_share_of_the_categories_that_are_replaced_for_good(self):
        log = one_column(400_000, cardinality=2_000, zipf=0, drift=0.4)
        times = log.X.groupby("user")["time"].agg(["min", "max"])
        assert len(times) == pytest.approx(2_800, abs=4 * math.sqrt(2_000 * 0.4 * 0.6))
        assert log.X["user"].max() < 4_000
        # A category that stays has 200 rows, so that the gaps at both ends are short.
        came, went = times["min"] > 10_000, times["max"] < 390_000
        assert came.sum() == pytest.approx(800, abs=100)
        assert went.sum() == pytest.approx(800, abs=100)
        assert kstest(times.loc[came, "min"] / 400_000, "uniform").pvalue > 1e-3
        # At each moment, as many categories are there as at first.
        alive = (times["min"] < 200_000) & (times["max"] >= 200_000)
        assert alive.sum() == pytest.approx(2_000, abs=15)

    def test_new_categories_have_effects_of_their_own(self):
        log = one_column(100_000, cardinality=1, drift=0.99, effect_std=1)
        effects = pd.Series(logit(log)).round(9)
        changed = effects.ne(effects.shift()).sum()
        assert log.X["user"].nunique() == changed == 2
        assert effects.nunique() == 2

    def test_neither_id_nor_number_tells_what_is_new(self):
        log = one_column(400_000, cardinality=2_000, zipf=0, drift=0.5)
        first = log.X.groupby("user")["time"].min()
        assert abs(spearmanr(first.index, first).statistic) < 4 / math.sqrt(len(first))


class TestSplit:
    def test_gives_earlier_and_later_rows(self, log):
        earlier, later = log.split(0.7)
        assert earlier.X["time"].max() + 1 == later.X["time"].min() == 140_000
        pd.testing.assert_frame_equal(pd.concat([earlier.X, later.X]), log.X)
        assert np.concatenate([earlier.y, later.y]).tolist() == log.y.tolist()
        assert np.concatenate([earlier.probability, later.probability]).tolist() == log.probability.tolist()
        assert earlier.categorical == later.categorical == log.categorical
        assert later.log_loss == pytest.approx(log_loss(later.y, later.probability), rel=0.05)

    @pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, math.nan, "0.5", None, True])
    def test_share_is_between_0_and_1(self, log, share):
        with pytest.raises(ValueError, match=r"share must be a number in \(0, 1\), got"):
            log.split(share)

    def test_no_part_is_empty(self):
        with pytest.raises(ValueError, match=r"share=0\.01 leaves one part of the 10 rows empty"):
            make_clicks(10, 1, random_state=0).split(0.01)


class TestWrongInput:
    @pytest.mark.parametrize("value", [0, -1, 2.0, "3", None, True])
    @pytest.mark.parametrize("name", ["n_rows", "n_columns", "latent_dim", "cardinality"])
    def test_counts_are_positive_integers(self, name, value):
        with pytest.raises(ValueError, match=rf"{name} must be an integer .*got {value!r}"):
            make_clicks(**{"n_rows": 10, name: value})

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"n_numbers": -1}, "n_numbers must be an integer of at least 0, got -1"),
            ({"n_numbers": 1.5}, "n_numbers must be an integer of at least 0, got 1.5"),
            ({"cardinality": 10_000_001}, "cardinality must be an integer from 1 to 10,000,000, got 10000001"),
            ({"cardinality": [5, 6]}, "cardinality must be one integer, or one for each of the 3 .* got 2"),
            ({"cardinality": [5, 6, 0]}, "cardinality must be an integer from 1 to 10,000,000, got 0"),
            ({"zipf": -0.1}, "zipf must be a number of at least 0 and at most 10, got -0.1"),
            ({"zipf": 11}, "zipf must be a number of at least 0 and at most 10, got 11"),
            ({"zipf": math.nan}, "zipf must be a number .* got nan"),
            ({"click_rate": 0}, r"click_rate must be a number in \(0, 1\), got 0"),
            ({"click_rate": 1}, r"click_rate must be a number in \(0, 1\), got 1"),
            ({"click_rate": "0.1"}, r"click_rate must be a number in \(0, 1\), got '0.1'"),
            ({"effect_std": -1}, "effect_std must be a number of at least 0 and at most 100, got -1"),
            ({"effect_std": math.inf}, "effect_std must be .* got inf"),
            ({"interaction_std": None}, "interaction_std must be .* got None"),
            ({"drift": 1}, r"drift must be a number in \[0, 1\), got 1"),
            ({"drift": -0.1}, r"drift must be a number in \[0, 1\), got -0.1"),
            ({"drift": True}, r"drift must be a number in \[0, 1\), got True"),
            ({"ids": "str"}, "ids must be 'integer' or 'text', got 'str'"),
            ({"interactions": -1}, "interactions, unless pairs of columns, must be an integer of at least 0, got -1"),
            ({"interactions": "user"}, "interactions, unless pairs of columns, must be an integer .* got 'user'"),
            ({"interactions": [("user", "user")]}, "interactions must be pairs of different columns"),
            ({"interactions": ["ab"]}, "interactions must be pairs of different columns, .* got 'ab'"),
            ({"interactions": [("user", "item", "site")]}, "interactions must be pairs of different columns"),
            ({"interactions": [("user", "app")]}, "no categorical column 'app'. Known: user, item, site"),
            ({"interactions": [("user", "item"), ("item", "user")]}, "must have each pair of columns once"),
            ({"random_state": -1}, "random_state, unless None, must be an integer of at least 0, got -1"),
            ({"random_state": 0.5}, "random_state, unless None, must be an integer of at least 0, got 0.5"),
        ],
    )
    def test_each_parameter_is_checked(self, parameters, message):
        with pytest.raises(ValueError, match=message):
            make_clicks(10, 3, **parameters)

    def test_parts_of_a_log_have_the_same_length(self):
        X, three = pd.DataFrame({"item": [1, 2]}), np.zeros(3)
        with pytest.raises(ValueError, match="the same number of rows, at least one; got X 2, y 2, probability 3"):
            ClickLog(X=X, y=np.zeros(2, int), probability=three, categorical=())
        with pytest.raises(ValueError, match="at least one; got X 0, y 0, probability 0"):
            ClickLog(X=X.head(0), y=np.zeros(0, int), probability=np.zeros(0), categorical=())
        with pytest.raises(ValueError, match="categorical must be columns of X; it has no column 'user'"):
            ClickLog(X=X, y=np.zeros(2, int), probability=np.zeros(2), categorical=("item", "user"))
