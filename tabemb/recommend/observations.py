"""What a recommender learns from: interactions, and the columns of users and of items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tabemb.recommend.interactions import (
    InteractionMatrix,
    last_rows,
    numbers_of,
    places_in_time,
    weights_of,
    without_missing,
)
from tabemb.recommend.side_columns import SideColumns
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.frames import Frame
from tabemb.table.multi_valued import MultiValuedSpec
from tabemb.table.vocabulary import Vocabulary

__all__ = ["Observations", "Side"]


@dataclass(frozen=True, eq=False)
class Side:
    """The columns of users, or of items, besides their keys.

    Parameters
    ----------
    columns : SideColumns
        How they are encoded.
    table : EncodedTable
        The encoded rows, in the order of the vocabulary of the keys.
    """

    columns: SideColumns
    table: EncodedTable

    @classmethod
    def read(
        cls, columns: Sequence[str], frame: Frame, rows: npt.NDArray[np.intp], multi_valued: MultiValuedSpec = "auto"
    ) -> Self:
        """Encode the columns of users, or of items, whose rows in a table are given."""
        spec = multi_valued
        if isinstance(spec, Mapping):
            spec = {name: each for name, each in spec.items() if name in columns}
        side = SideColumns(columns, spec)
        return cls(side, side.fit_encode(frame.take(rows)))

    @cached_property
    def features(self) -> sparse.csr_array:
        """A matrix with 1 where a user, or an item, has a feature; float32 of shape (n, n_features)."""
        return self.columns.matrix(self.table)

    def value_vectors(
        self, vectors: npt.NDArray[np.float32], counts: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return the mean vector of the rows with each feature, minus that of all rows, and how often it occurs.

        Parameters
        ----------
        vectors : ndarray of float32 of shape (n, dim)
            The vectors of the users, or items.
        counts : ndarray of int of shape (n,)
            Their numbers of interactions, by which they are weighted.
        """
        weighted = sparse.csr_array(self.features.T.multiply(counts.astype(np.float64)[None, :]))
        totals = np.asarray(weighted.sum(axis=1)).ravel()
        means = weighted @ vectors / np.maximum(totals, 1e-12)[:, None]
        means[totals > 0] -= np.average(vectors, axis=0, weights=counts)
        return means.astype(np.float32), np.rint(totals).astype(np.int64)


@dataclass(frozen=True, eq=False, kw_only=True)
class Observations:
    """Interactions row by row, and the columns of both sides.

    Parameters
    ----------
    matrix : InteractionMatrix
        The interactions, one row per user and one column per item.
    user_rows, item_rows : ndarray of int of shape (n_interactions,)
        Row and column of the matrix of each interaction, in the order of the table.
    weights : ndarray of float32 of shape (n_interactions,), optional
        How much each interaction counts.
    ratings : ndarray of float32 of shape (n_interactions,), optional
        The rating that the user has given.
    places : ndarray of int of shape (n_interactions,), optional
        How many interactions came before each one, if the times are known.
    half_life : float, "auto" or None, default="auto"
        After how many later interactions of a user one counts half (:func:`tabemb.recommend.interactions.recency`).
        Methods do not apply it, but take it into account when they choose their parameters; "auto" asks to find out.
    users, items : Side, optional
        Columns besides the keys; None without any.
    """

    matrix: InteractionMatrix
    user_rows: npt.NDArray[np.intp]
    item_rows: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float32] | None = None
    ratings: npt.NDArray[np.float32] | None = None
    places: npt.NDArray[np.intp] | None = None
    half_life: float | str | None = "auto"
    users: Side | None = None
    items: Side | None = None

    @classmethod
    def read(
        cls,
        frame: Frame,
        user: Sequence[str],
        item: Sequence[str],
        *,
        rating: str | None = None,
        weight: str | None = None,
        time: str | None = None,
        half_life: float | str | None = "auto",
        multi_valued: MultiValuedSpec = "auto",
    ) -> Self:
        """Read a table of interactions.

        Parameters
        ----------
        frame : Frame
            One row per interaction.
        user, item : sequence of str
            The column of the keys, and those that describe users, or items.
        rating, weight, time : str, optional
            Columns of ratings, weights and times.
        half_life : float, "auto" or None, default="auto"
            After how many later interactions of a user one counts half.
        multi_valued : "auto", mapping or None, default="auto"
            Which columns hold several values per cell.

        Raises
        ------
        DataError
            If there are no interactions, a user, item or time is missing, or a weight or rating is not a number.
        """
        users, rows = Vocabulary.fit_encode(without_missing(frame, user[0], "user"))
        items, columns = Vocabulary.fit_encode(without_missing(frame, item[0], "item"))
        weights = None if weight is None else weights_of(frame, weight)
        ratings = None if rating is None else numbers_of(frame, rating, "ratings").astype(np.float32)
        places = None if time is None else places_in_time(frame, time)

        def side(others: Sequence[str], codes: npt.NDArray[np.int32], keys: Vocabulary) -> Side | None:
            return Side.read(others, frame, last_rows(codes, keys, places), multi_valued) if others else None

        return cls(
            matrix=InteractionMatrix.from_codes(rows, columns, weights, users, items),
            user_rows=rows.astype(np.intp) - Vocabulary.FIRST,
            item_rows=columns.astype(np.intp) - Vocabulary.FIRST,
            weights=weights,
            ratings=ratings,
            places=places,
            half_life=half_life,
            users=side(user[1:], rows, users),
            items=side(item[1:], columns, items),
        )

    def __len__(self) -> int:
        return len(self.user_rows)

    @cached_property
    def mean_rating(self) -> float:
        """Mean of the ratings, by the weights; 0 without ratings."""
        return 0.0 if self.ratings is None else float(np.average(self.ratings.astype(np.float64), weights=self.weights))

    @cached_property
    def item_shares(self) -> npt.NDArray[np.float32]:
        """Share of the interactions of each item, of shape (n_items,)."""
        counts = np.bincount(self.item_rows, minlength=self.matrix.matrix.shape[1])
        return (counts / max(1, len(self))).astype(np.float32)

    @cached_property
    def last_places(self) -> npt.NDArray[np.intp] | None:
        """For each entry of the matrix, by user and item, its last place in time; None without times."""
        if self.places is None:
            return None
        order = np.lexsort((self.places, self.item_rows, self.user_rows))
        users, items = self.user_rows[order], self.item_rows[order]
        is_last = np.append((users[1:] != users[:-1]) | (items[1:] != items[:-1]), True)
        places: npt.NDArray[np.intp] = self.places[order][is_last]
        return places
