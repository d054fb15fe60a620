"""The groups of the rows of a batch: sums over a group, ranks in it, and the pairs of its rows."""

from typing import Any

from keras import ops

__all__ = ["RowGroups"]


class RowGroups:
    """The rows of a batch by group, whatever their order.

    Parameters
    ----------
    codes : tensor of shape (batch,)
        Rows with the same number are in the same group.

    Examples
    --------
    >>> import numpy as np
    >>> groups = RowGroups(np.array([7, 3, 7]))
    >>> [float(each) for each in groups.sums(np.array([1.0, 2.0, 3.0]))]
    [4.0, 2.0, 4.0]
    >>> [list(map(int, each)) for each in groups.pairs()]
    [[2], [1]]
    >>> [int(each) for each in groups.ranks(np.array([[0.1], [0.2], [0.3]]), np.zeros(3))[:, 0]]
    [2, 1, 1]
    """

    def __init__(self, codes: Any) -> None:
        self._n = ops.shape(codes)[0]
        self._order = ops.cast(ops.argsort(codes), "int32")
        ordered = ops.take(codes, self._order)
        is_next = ops.cast(ordered[1:] != ordered[:-1], "int32")
        # The number of the group of each row in the order of groups, and of each row of the batch.
        self._ordered = ops.cumsum(ops.concatenate([ops.zeros((1,), "int32"), is_next]))
        self.numbers = ops.scatter(self._order[:, None], self._ordered, (self._n,))
        # The number of rows of each group, and of those of the groups before it.
        self._counts = ops.segment_sum(ops.ones_like(self.numbers), self.numbers, num_segments=self._n)
        self._starts = ops.cumsum(self._counts) - self._counts

    @property
    def sizes(self) -> Any:
        """The number of rows of the group of each row, an int32 tensor of shape (batch,)."""
        return ops.take(self._counts, self.numbers)

    def sums(self, values: Any) -> Any:
        """Return the sum over the group of each row, of the shape of the values, (batch, ...)."""
        return ops.take(ops.segment_sum(values, self.numbers, num_segments=self._n), self.numbers, axis=0)

    def maxima(self, values: Any) -> Any:
        """Return the maximum over the group of each row, of the shape of the values, (batch, ...)."""
        return ops.take(ops.segment_max(values, self.numbers, num_segments=self._n), self.numbers, axis=0)

    def ranks(self, scores: Any, ties: Any) -> Any:
        """Return the rank of each row in its group by falling score, 1 first, a float32 tensor of shape (batch, k).

        Parameters
        ----------
        scores : tensor of shape (batch, k)
            Several scores of each row; each of them ranks for itself.
        ties : tensor of shape (batch,)
            Of rows with equal scores, those with higher values come first.
        """
        places = ops.argsort(self.order(scores, ties), axis=0)
        return ops.cast(places - ops.take(self._starts, self.numbers)[:, None] + 1, "float32")

    def order(self, scores: Any, ties: Any) -> Any:
        """Return the rows group by group, each by falling score: an int32 tensor of shape (batch, k).

        Place ``p`` is of the same group and of the same rank in each of the ``k`` orders.

        Parameters
        ----------
        scores, ties : tensors
            As of :meth:`ranks`.
        """
        # Sorts of Keras keep the order of equal values: those of the last sort decide.
        order = ops.argsort(-ties)
        by_score = ops.take(order, ops.argsort(-ops.take(scores, order, axis=0), axis=0))
        by_group = ops.argsort(ops.take(self.numbers, by_score), axis=0)
        return ops.cast(ops.take_along_axis(by_score, by_group, axis=0), "int32")

    @property
    def ranks_of_places(self) -> Any:
        """The rank of each place of :meth:`order` in its group, 1 first, an int32 tensor of shape (batch,)."""
        return ops.arange(self._n) - ops.take(self._starts, self._ordered) + 1

    def pairs(self, n_first: int | None = None) -> tuple[Any, Any]:
        """Return the places of all pairs of rows of a group: of the lower-ranked row, and of the higher-ranked one.

        Parameters
        ----------
        n_first : int, optional
            Leave out pairs of which neither is among so many first rows of its group. The number of pairs then grows
            with the size of a group, not with its square.

        Returns
        -------
        two int32 tensors of shape (n_pairs,)
            Places of :meth:`order`.
        """
        n_above = self.ranks_of_places - 1
        partners = n_above if n_first is None else ops.minimum(n_above, n_first)
        lower = ops.repeat(ops.arange(self._n), partners)
        nth = ops.arange(ops.shape(lower)[0]) - ops.take(ops.cumsum(partners) - partners, lower)
        return lower, ops.take(self._starts, ops.take(self._ordered, lower)) + nth
