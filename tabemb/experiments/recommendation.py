"""Recommendation in an experiment: the recommender, the held-out interactions, and how many of them are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import DataError
from tabemb.experiments import numbers
from tabemb.experiments.config import ExperimentConfig
from tabemb.metrics import ranking_metrics
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.methods import METHODS
from tabemb.recommend.recommender import TwoTowerRecommender
from tabemb.recommend.splits import InteractionSplit, leave_last_out, split_by_time, split_by_user
from tabemb.recommend.towers import Towers

__all__ = [
    "RankingResult",
    "evaluate",
    "make_recommender",
    "method_of",
    "most_popular",
    "rating_errors",
    "split_interactions",
]

POPULAR = "most popular"
# The verdict is about this number of items, if it is evaluated.
USUAL_K = 10
# Of a normal distribution, 95 % are within so many standard deviations.
WITHIN = 1.96
# Penalty of the biases of users and items, in ratings, and how often users and items are solved for in turn.
BIAS_PENALTY, N_SWEEPS = 5.0, 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankingResult:
    """How well a recommender finds held-out interactions, beside the most popular items.

    Parameters
    ----------
    method : str
        Name of the method.
    metrics : DataFrame
        The metrics of :func:`tabemb.metrics.ranking_metrics`; its index has ``k`` and ``model``: the method, and
        "most popular".
    k : int
        The number of items that the verdict is about.
    difference, low, high : float
        Difference in nDCG of ``k`` items to the most popular ones, and its 95 % confidence interval over the users;
        NaN with a single user.
    ratings : DataFrame or None
        Errors of predicted ratings, for methods that predict them: ``rmse`` and ``mae`` of the method, of the mean
        rating and of biases of users and items.
    split : dict
        ``how`` interactions are held out, in words, and the numbers of interactions: ``train``, ``test``, ``left_out``
        (those of users or items that are new), and of the ``users`` and ``items``.
    half_life : float, optional
        After how many later interactions of a user one counts half.
    """

    method: str
    metrics: pd.DataFrame
    k: int
    difference: float
    low: float
    high: float
    ratings: pd.DataFrame | None
    split: dict[str, Any]
    half_life: float | None = None

    def headline(self) -> tuple[str, str]:
        """Return "won", "lost" or "level", and a sentence: whether it finds more than the most popular items do."""
        ours, theirs = (self.metrics["ndcg"][self.k, model] for model in (self.method, POPULAR))
        kind, verb = "level", "finds held-out items as well as the most popular items do, within chance"
        if self.low > 0:
            kind, verb = "won", "finds more of the held-out items than the most popular items do"
        elif self.high < 0:
            kind, verb = "lost", "finds fewer of the held-out items than the most popular items do"
        scores = f"nDCG of {self.k} items {numbers.score(ours)} against {numbers.score(theirs)}"
        return kind, f"{self.method} {verb}: {scores}."

    def verdict(self) -> str:
        """Return the headline, the confidence interval and, if ratings are predicted, their error."""
        sentences = [self.headline()[1]]
        if np.isfinite(self.low):
            sentences.append(
                f"The difference is {numbers.signed(self.difference)}, 95 % interval over {self.split['users']:,} "
                f"users {numbers.interval(self.low, self.high)}."
            )
        if self.half_life is not None:
            sentences.append(f"Recent interactions count more: one counts half after {self.half_life:g} later ones.")
        if self.ratings is not None:
            rmse = self.ratings["rmse"]
            others = ", ".join(f"{name} {numbers.score(value)}" for name, value in rmse.iloc[1:].items())
            sentences.append(f"RMSE of ratings: {self.method} {numbers.score(rmse.iloc[0])}, {others}.")
        return " ".join(sentences)

    def to_json(self) -> dict[str, Any]:
        """Return all numbers as JSON, with null for those that are not finite."""
        ranking = self.metrics.reset_index().to_dict("records")
        ratings = None if self.ratings is None else self.ratings.rename_axis("model").reset_index().to_dict("records")
        difference = {"metric": "ndcg", "k": self.k, "value": self.difference, "low": self.low, "high": self.high}
        return {
            "method": self.method,
            "split": self.split,
            "half_life": self.half_life,
            "ranking": [_finite(each) for each in ranking],
            "difference": _finite(difference),
            "ratings": None if ratings is None else [_finite(each) for each in ratings],
        }


def _finite(record: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: each.item() if isinstance(each, np.generic) else each for key, each in record.items()}
    return {key: None if isinstance(each, float) and not np.isfinite(each) else each for key, each in plain.items()}


def method_of(config: ExperimentConfig) -> str:
    """Return the name of the method of an experiment with ``recommend``."""
    return METHODS.name_of(METHODS.resolve(config.recommend.method))


def make_recommender(config: ExperimentConfig) -> TwoTowerRecommender:
    """Return the unfitted recommender of an experiment with ``recommend``."""
    return TwoTowerRecommender(**config.recommend.params(), random_state=config.seed)


def split_interactions(config: ExperimentConfig, table: pd.DataFrame) -> InteractionSplit:
    """Return the interactions of an experiment, some of them held out, without those that nothing is known of.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``recommend``.
    table : DataFrame
        Its interactions.

    Raises
    ------
    DataError
        If the times are neither numbers nor dates, or a part is empty. The message gives the line.
    """
    section = config.recommend
    user, item, time, share = section.user_key, section.item_key, section.time, section.split.share
    try:
        if section.how == "users":
            split = split_by_user(table, user, share=share, time=time, seed=config.seed)
        elif section.how == "leave_last_out":
            split = leave_last_out(table, user, str(time))
        elif section.how == "random":
            split = _random_split(table, user, share, config.seed)
        else:
            split = split_by_time(table, str(time), share=share, by=user if section.how == "last" else None)
        return split.only_known(user=user, item=item)
    except DataError as error:
        raise type(error)(f"{config.where('recommend.split')}: {error}") from error


def _random_split(table: pd.DataFrame, user: str, share: float, seed: int) -> InteractionSplit:
    """Hold out random interactions of each user: the last ones at random times."""
    keys = table[[user]].assign(time=np.random.default_rng(seed).permutation(len(table))).set_axis(range(len(table)))
    keys.columns = ["user", "time"]
    split = split_by_time(keys, "time", share=share, by="user")
    train = table.iloc[split.train.index]
    return InteractionSplit(train, table.iloc[split.test.index], train)


def _in_words(config: ExperimentConfig) -> str:
    section = config.recommend
    share = numbers.percent(section.split.share)
    return {
        "last": f"the last {share} of the interactions of each user",
        "time": f"the last {share} of all interactions",
        "leave_last_out": "the last interaction of each user",
        "random": f"random {share} of the interactions of each user",
        "users": f"interactions of {share} of the users, who are new to the model",
    }[section.how]


def evaluate(config: ExperimentConfig, recommender: TwoTowerRecommender, split: InteractionSplit) -> RankingResult:
    """Evaluate a recommender on held-out interactions, over all items that a user has not seen.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``recommend``.
    recommender : TwoTowerRecommender
        Fitted to ``split.train``.
    split : InteractionSplit
        From :func:`split_interactions`.
    """
    section, method = config.recommend, method_of(config)
    user, item = section.user_key, section.item_key
    ks, columns = sorted(section.k), {"user": user, "item": item}
    users = split.test[user].drop_duplicates()
    known = split.known[split.known[user].isin(users)]
    most = min(ks[-1], recommender.n_items_)
    given = {
        method: recommender.recommend(users.to_frame(), most, interactions=known if section.how == "users" else None),
        POPULAR: most_popular(split.train, known, most, **columns),
    }
    scored = {name: ranking_metrics(each, split.test, ks, train=split.train, **columns) for name, each in given.items()}
    table = pd.concat(scored, names=["model"]).swaplevel().loc[[(k, name) for k in ks for name in given]]
    k = USUAL_K if USUAL_K in ks else ks[0]
    by_user = [ranking_metrics(each, split.test, k, per_user=True, **columns)["ndcg"] for each in given.values()]
    differences = by_user[0] - by_user[1]
    mean, spread = float(differences.mean()), WITHIN * float(differences.std()) / len(differences) ** 0.5
    sizes = {"train": len(split.train), "test": len(split.test), "left_out": split.left_out}
    return RankingResult(
        method=method,
        metrics=table,
        k=k,
        difference=mean,
        low=mean - spread,
        high=mean + spread,
        ratings=None if section.rating is None else _rating_table(config, recommender, split),
        split={"how": _in_words(config), **sizes, "users": len(users), "items": split.train[item].nunique()},
        half_life=recommender.half_life_,
    )


def most_popular(train: pd.DataFrame, known: pd.DataFrame, k: int, *, user: str, item: str) -> pd.DataFrame:
    """Return the items that most users of a table have, for each user without those that the user has.

    Parameters
    ----------
    train : DataFrame
        The interactions that are counted.
    known : DataFrame
        The interactions of the users that items are recommended to.
    k : int
        Number of items.
    user, item : str
        The columns of the keys.

    Returns
    -------
    DataFrame
        The keys of users and items, the best first.

    Examples
    --------
    >>> seen = pd.DataFrame({"user": [1, 1, 2, 2, 3], "film": list("abacd")})
    >>> most_popular(seen, seen[seen["user"] == 3], 2, user="user", item="film")["film"].tolist()
    ['a', 'b']
    """
    counted = InteractionMatrix.read(train, user=user, item=item)
    seen = counted.of(known, user=user, item=item)
    popularity = counted.users_per_item.astype(np.float32)[:, None]
    ones = np.ones((seen.users.n_categories, 1), np.float32)
    places, _ = Towers(users=ones, items=popularity).top(ones, k, seen.matrix)
    rows, columns = np.nonzero(places >= 0)
    keys = {user: (seen.users.keys, rows), item: (seen.items.keys, places[rows, columns])}
    return pd.DataFrame(
        {name: pd.Series([known_keys[each] for each in found]) for name, (known_keys, found) in keys.items()}
    )


def _rating_table(config: ExperimentConfig, recommender: TwoTowerRecommender, split: InteractionSplit) -> pd.DataFrame:
    section = config.recommend
    columns = {"user": section.user_key, "item": section.item_key, "rating": str(section.rating)}
    ours = pd.DataFrame([_errors(recommender.predict(split.test), split.test[section.rating])], [method_of(config)])
    return pd.concat([ours, rating_errors(split.train, split.test, **columns)])


def rating_errors(train: pd.DataFrame, test: pd.DataFrame, *, user: str, item: str, rating: str) -> pd.DataFrame:
    r"""Return the errors of simple predictions of ratings: their mean, and biases of users and items.

    With the mean :math:`\mu`, a rating is predicted by :math:`\mu + b_u + b_i`, where the biases are ridge regressions
    (Koren et al. 2009, "Matrix factorization techniques for recommender systems", equation 3).

    Parameters
    ----------
    train, test : DataFrame
        Rated interactions; users and items of ``test`` are in ``train``.
    user, item, rating : str
        The columns.

    Returns
    -------
    DataFrame
        ``rmse`` and ``mae`` of "mean" and "biases".

    Examples
    --------
    >>> rated = pd.DataFrame({"user": [1, 1, 2, 2] * 9, "film": list("abab") * 9, "stars": [5.0, 3.0, 4.0, 2.0] * 9})
    >>> rating_errors(rated, rated[:4], user="user", item="film", rating="stars").round(1)
            rmse  mae
    mean     1.1  1.0
    biases   0.2  0.2
    """
    ratings = train[rating].to_numpy(np.float64)
    mean = float(ratings.mean())
    users, user_keys = pd.factorize(train[user])
    items, item_keys = pd.factorize(train[item])
    n_of_users, n_of_items = np.bincount(users) + BIAS_PENALTY, np.bincount(items) + BIAS_PENALTY
    of_users = np.zeros(len(n_of_users))
    for _ in range(N_SWEEPS):
        of_items = np.bincount(items, ratings - mean - of_users[users]) / n_of_items
        of_users = np.bincount(users, ratings - mean - of_items[items]) / n_of_users
    rows = pd.Index(user_keys).get_indexer(test[user]), pd.Index(item_keys).get_indexer(test[item])
    found = {"mean": np.full(len(test), mean), "biases": mean + of_users[rows[0]] + of_items[rows[1]]}
    return pd.DataFrame({name: _errors(each, test[rating]) for name, each in found.items()}).T


def _errors(predicted: Any, ratings: pd.Series) -> dict[str, float]:
    gaps = np.asarray(predicted, np.float64) - ratings.to_numpy(np.float64)
    return {"rmse": float(np.sqrt(np.mean(gaps**2))), "mae": float(np.mean(np.abs(gaps)))}
