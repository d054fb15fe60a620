"""Let recent interactions count more in the vectors of users."""

import numpy as np

from tabemb.recommend.interactions import InteractionMatrix, recency
from tabemb.recommend.methods.method import check_number
from tabemb.recommend.observations import Observations
from tabemb.recommend.towers import Towers
from tabemb.table.vocabulary import Vocabulary

__all__ = ["check_half_life", "favor_recent"]


def check_half_life(half_life: float | str | None, time: str | None) -> None:
    """Raise a ValueError unless it is None, "auto", or a positive number with a column of times."""
    if half_life is None or (isinstance(half_life, str) and half_life == "auto"):
        return
    check_number("half_life", half_life, "a positive number, 'auto' or None", least=0.0, included=False)
    if time is None:
        raise ValueError("half_life needs to know what came later: name the column of times, such as time='day'.")


def favor_recent(towers: Towers, observations: Observations, half_life: float) -> tuple[Towers, InteractionMatrix]:
    """Return towers and interactions in which recent interactions count more; see ``half_life`` of the recommender.

    Parameters
    ----------
    towers : Towers
        Whose users are sums or means of items.
    observations : Observations
        What they have learned from; without times, later rows are more recent.
    half_life : float
        Number of later interactions of a user after which an interaction counts half.

    Raises
    ------
    ValueError
        If the users are neither sums nor means of items.
    """
    if not towers.is_sum and towers.user_scales is None:
        raise ValueError(
            "half_life is for methods whose users are sums or means of items: 'linear_autoencoder', or 'two_towers' "
            "with user_tower='history'. Set half_life=None, or use one of them."
        )
    places = np.arange(len(observations)) if observations.places is None else observations.places
    weights = recency(observations.user_rows, places, half_life)
    if observations.weights is not None:
        weights = weights * observations.weights
    known = observations.matrix
    rows, columns = (
        (each + Vocabulary.FIRST).astype(np.int32) for each in (observations.user_rows, observations.item_rows)
    )
    weighted = InteractionMatrix.from_codes(rows, columns, weights, known.users, known.items)
    features = None if observations.users is None else observations.users.features
    return towers.with_users_of(weighted.matrix, features), weighted
