"""The task of ranking the rows of a group by their relevance."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from keras import ops

from tabemb.exceptions import DataError
from tabemb.inference.answers import RankingAnswer
from tabemb.metrics import MOST_RELEVANT, grouped_ndcg
from tabemb.nn.losses import ListNet, RankLoss, loss_from_state
from tabemb.nn.row_groups import RowGroups
from tabemb.nn.tasks.task import TASKS, Task

__all__ = ["Ranking"]

# Groups are numbered in float32.
MOST_GROUPS = 2**24
# Rows of a group that a validation loss compares with each other, and pairs of rows that it compares at once.
MOST_COMPARED, MOST_PAIRS = 1024, 2**20


@TASKS.register("ranking")
@dataclass(frozen=True)
class Ranking(Task):
    """The order of the rows of each group, by one score per row.

    Targets have two columns: the relevance, and the number of the group of each row.

    Parameters
    ----------
    group : str
        Name of the column of groups.
    loss_spec : RankLoss
        The loss.

    Examples
    --------
    >>> task = Ranking.from_targets(np.array([[2.0, 0], [0.0, 0], [1.0, 1]]))
    >>> targets = task.encode(np.array([[2.0, 0], [0.0, 0]]))
    >>> task.score(targets, task.activate(np.array([[0.3], [0.1]])))
    1.0
    """

    group: str = "group"
    loss_spec: RankLoss = field(default_factory=ListNet)

    metric: ClassVar[str] = "ndcg"
    grouped: ClassVar[bool] = True

    @classmethod
    def from_targets(cls, y, loss=None, *, group="group"):
        """Return the task; raise DataError if no group has rows to compare."""
        task = cls(group, loss or ListNet())
        relevance, groups = task.encode(y).T
        order = np.lexsort((relevance, groups))
        same = np.diff(groups[order]) == 0
        if not same.any():
            raise DataError(
                f"There is nothing to compare: each of the {len(y):,} groups in {group!r} has a single row. Name the "
                "column whose groups are ranked, such as that of queries or users."
            )
        if not (same & (np.diff(relevance[order]) > 0)).any():
            raise DataError(
                f"There is nothing to compare: in each group of {group!r}, all rows have the same relevance. Ranking "
                "needs groups with more and less relevant rows."
            )
        return task

    def encode(self, y):
        """Return relevances and groups as float32, shape (n, 2); raise DataError for a relevance out of range."""
        y = np.asarray(y)
        if y.ndim != 2 or y.shape[1] != 2:
            raise DataError(f"Ranking needs a relevance and a group for each row; got targets of shape {y.shape}.")
        relevance = y[:, 0]
        if len(y) and (relevance.min() < 0 or relevance.max() > MOST_RELEVANT):
            strange = relevance.min() if relevance.min() < 0 else relevance.max()
            raise DataError(
                f"Relevances must be numbers from 0, not relevant, to {MOST_RELEVANT}; got {strange:g}. The gain of a "
                "relevance r is 2 ** r - 1: use grades such as 0, 1, 2, 3."
            )
        if len(y) and y[:, 1].max() >= MOST_GROUPS:
            raise DataError(f"There are more than {MOST_GROUPS:,} groups. Fit on a sample of them.")
        return y.astype("float32")

    def loss(self, targets, logits):
        """Return the loss of each row. At most 1,024 rows of a group are compared with each other."""
        targets, logits = np.asarray(targets), np.asarray(logits)
        losses = np.zeros(len(targets), np.float32)
        for rows, pieces in _portions(targets[:, 1]):
            portion = ops.convert_to_tensor(np.column_stack([targets[rows, 0], pieces]).astype("float32"))
            losses[rows] = ops.convert_to_numpy(self.training_loss(portion, ops.convert_to_tensor(logits[rows])))
        return losses

    def training_loss(self, targets, logits):
        """Return the loss of each row; only rows of its batch are compared with it."""
        return self.member_losses(targets, logits[:, None])[:, 0]

    def member_losses(self, targets, logits):
        """Return the loss of each row and member; each member ranks by its own scores."""
        return self.loss_spec.of_groups(RowGroups(targets[:, 1]), targets[:, 0], logits[:, :, 0])

    def loss_key(self):
        """Return the loss; the name of the column does not affect it."""
        return type(self), self.loss_spec.key()

    @property
    def answer(self):
        """Scores, one per row."""
        return RankingAnswer(self.group)

    def score(self, targets, activated, sample_weight=None):
        """Return the mean NDCG of the first ten rows of each group; NaN if no group has a relevant row."""
        return grouped_ndcg(targets[:, 0], activated, targets[:, 1], sample_weight=sample_weight)

    def sample(self, targets, most):
        """Return the rows of random groups, at least one of them, with about this many rows at most."""
        numbers, sizes = np.unique(targets[:, 1], return_inverse=True, return_counts=True)[1:]
        order = np.random.default_rng(0).permutation(len(sizes))
        kept = np.zeros(len(sizes), bool)
        kept[order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))]] = True
        return np.flatnonzero(kept[numbers])

    def to_state(self):
        """Return the name of the column of groups and the loss."""
        return {"group": self.group, "loss": self.loss_spec.to_state()}

    @classmethod
    def from_state(cls, state):
        """Return the task from the output of :meth:`to_state`."""
        return cls(state["group"], loss_from_state(state["loss"]))


def _portions(groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows with a limited number of pairs, and the number of the piece of each row.

    A group is a piece, or several ones if it is large.
    """
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    sizes = np.diff(np.append(first, len(order)))
    n_pieces = -(-sizes // MOST_COMPARED)
    piece = np.arange(n_pieces.sum()) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    starts = np.repeat(first, n_pieces) + np.repeat(sizes, n_pieces) * piece // np.repeat(n_pieces, n_pieces)
    bounds = np.append(starts, len(order))
    n_pairs = np.cumsum(np.diff(bounds).astype(np.float64) ** 2)
    begin = 0
    while begin < len(starts):
        before = n_pairs[begin - 1] if begin else 0.0
        end = max(begin + 1, int(np.searchsorted(n_pairs, before + MOST_PAIRS, side="right")))
        sizes = np.diff(bounds[begin : end + 1])
        yield order[bounds[begin] : bounds[end]], np.repeat(np.arange(len(sizes)), sizes)
        begin = end
