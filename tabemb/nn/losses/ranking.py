"""The losses of ranking, which compare the rows of a group: ListNet and LambdaRank."""

import math
from typing import Any, ClassVar

from keras import ops

from tabemb.nn.losses.loss import LOSSES, Loss
from tabemb.nn.parameters import check_count
from tabemb.nn.row_groups import RowGroups

__all__ = ["LambdaRank", "ListNet", "RankLoss"]

TARGETS = ("gains", "softmax")


class RankLoss(Loss):
    """A loss for relevances, which compares the scores of the rows of a group.

    The mean over the rows of a group is the loss of the group. Groups thus count by their number of rows.
    """

    predicts: ClassVar[str] = "relevances"

    def of_groups(self, groups: RowGroups, relevance: Any, scores: Any) -> Any:
        """Return the loss of each row, a tensor of shape (batch, n_members).

        Parameters
        ----------
        groups : RowGroups
            The group of each row.
        relevance : tensor of shape (batch,)
            Relevance of each row, at least 0.
        scores : tensor of shape (batch, n_members)
            Scores of each row by each member of the network, each of which ranks for itself.
        """
        raise TypeError("a loss for relevances must define of_groups(groups, relevance, scores)")


@LOSSES.register("listnet")
class ListNet(RankLoss):
    """The cross-entropy of the softmax of the scores of a group, with probabilities from its relevances.

    ListNet with the probability of being first (Cao et al. 2007, "Learning to rank: from pairwise approach to listwise
    approach", eq. 3 to 5). The loss of a group is the sum of ``-p_i log(softmax(scores)_i)``.

    Parameters
    ----------
    target : {"gains", "softmax"}, default="gains"
        The probabilities ``p``. "gains" divides the gains ``2 ** relevance - 1`` of NDCG by their sum, so that rows of
        relevance 0 have none, and groups without a relevant row no loss (with relevances of 0 and 1, the softmax loss
        of Bruch et al. 2019, doi:10.1145/3341981.3344221). "softmax" is that of the relevances, as in the paper.

    Examples
    --------
    >>> import numpy as np
    >>> groups, relevance = RowGroups(np.array([0, 0, 1])), np.array([1.0, 0.0, 1.0], "float32")
    >>> np.asarray(ListNet().of_groups(groups, relevance, np.zeros((3, 1), "float32")))[:, 0].round(3) + 0.0
    array([1.386, 0.   , 0.   ], dtype=float32)
    """

    def __init__(self, target="gains"):
        self.target = target

    def check(self):
        """Raise a ValueError if the target is unknown."""
        if self.target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(TARGETS)}; got {self.target!r}.")

    def of_groups(self, groups, relevance, scores):
        """Return the loss of each row, the number of rows of its group times its part of the cross-entropy."""
        by_gains = self.target == "gains"
        shares = _gains(relevance) if by_gains else ops.exp(relevance - groups.maxima(relevance))
        shares = shares / ops.maximum(groups.sums(shares), 1e-30)
        centered = scores - ops.stop_gradient(groups.maxima(scores))
        log_shares = centered - ops.log(groups.sums(ops.exp(centered)))
        return -(shares * ops.cast(groups.sizes, scores.dtype))[:, None] * log_shares


@LOSSES.register("lambdarank")
class LambdaRank(RankLoss):
    """The logistic loss of pairs of rows of a group, weighted by how much NDCG changes if the two are swapped.

    LambdaRank (Burges 2010, "From RankNet to LambdaRank to LambdaMART", section 4) as a loss (Wang et al. 2018, "The
    LambdaLoss framework for ranking metric optimization", doi:10.1145/3269206.3271784, section 5.1). The loss of a
    group is the sum of ``|change of NDCG| * log(1 + exp(s_j - s_i))`` over the pairs in which row i is more relevant
    than row j. The weights follow from the current ranks and are constants for the gradient. Of rows with equal scores,
    the less relevant ones come first.

    Parameters
    ----------
    truncation_level : int or None, default=30
        Leave out pairs of which neither row is among this many first ranks, which change NDCG little, as LightGBM does
        (``lambdarank_truncation_level``). Time and memory then grow with the size of a group, not with its square.
        Choose a number somewhat above the ``k`` of the NDCG that counts. None takes all pairs.

    Examples
    --------
    >>> import numpy as np
    >>> groups, relevance = RowGroups(np.array([0, 0, 1])), np.array([1.0, 0.0, 1.0], "float32")
    >>> np.asarray(LambdaRank().of_groups(groups, relevance, np.zeros((3, 1), "float32")))[:, 0].round(3) + 0.0
    array([0.512, 0.   , 0.   ], dtype=float32)
    """

    def __init__(self, truncation_level=30):
        self.truncation_level = truncation_level

    def check(self):
        """Raise a ValueError if ``truncation_level`` is neither None nor a positive integer."""
        if self.truncation_level is not None:
            check_count("truncation_level, unless None,", self.truncation_level)

    def of_groups(self, groups, relevance, scores):
        """Return the loss of each row, the number of rows of its group times the sum over pairs with less relevant."""
        ideal = groups.sums(_gains(relevance) * _discounts(groups.ranks(relevance[:, None], relevance))[:, 0])
        # Everything below is by place: group by group, by falling score, which differs between the members.
        order = groups.order(ops.stop_gradient(scores), -relevance)
        gains, scores = _gains(ops.take(relevance, order)), ops.take_along_axis(scores, order, axis=0)
        lower, higher = groups.pairs(self.truncation_level)
        more = ops.take(gains, lower, axis=0) - ops.take(gains, higher, axis=0)
        discounts = _discounts(ops.cast(groups.ranks_of_places, scores.dtype))
        changes = ops.abs(more) * (ops.take(discounts, higher) - ops.take(discounts, lower))[:, None]
        ahead = ops.take(scores, higher, axis=0) - ops.take(scores, lower, axis=0)
        losses = changes * ops.softplus(ops.sign(more) * ahead)
        # Each pair is part of the loss of its more relevant row.
        n_rows = ops.shape(order)[0]
        sums = ops.segment_sum(ops.where(more > 0, losses, 0.0), lower, num_segments=n_rows)
        sums = sums + ops.segment_sum(ops.where(more > 0, 0.0, losses), higher, num_segments=n_rows)
        per_row = ops.take_along_axis(sums, ops.argsort(order, axis=0), axis=0)
        scale = ops.cast(groups.sizes, ideal.dtype) / ops.maximum(ideal, 1e-30)
        return per_row * scale[:, None]


def _gains(relevance):
    return ops.exp(relevance * math.log(2.0)) - 1


def _discounts(ranks):
    return math.log(2.0) / ops.log(1 + ranks)
