"""Vectors from finding the cells of a row that are those of other rows."""

from dataclasses import replace

import numpy as np

from tabemb.estimators.objectives.objective import OBJECTIVES
from tabemb.estimators.objectives.trained import NetworkObjective, SelfSupervision, single_valued
from tabemb.nn.bodies import Mlp
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.swaps import SwapTask
from tabemb.training.swapped_cells import SwappedCells

__all__ = ["CorruptedObjective"]


@OBJECTIVES.register("corrupted")
class CorruptedObjective(NetworkObjective):
    """A network finds the cells of a row that were swapped with those of other rows.

    In each epoch a ``share`` of the cells gets the value of the same column in another row, and the network says for
    each cell whether it has another value than before, by the binary cross-entropy. This is the detection of replaced
    tokens (Clark et al. 2020, "ELECTRA", arXiv:2003.10555) on tables, as in Rubachev et al. (2022, arXiv:2207.03208,
    section 3) and in the mask estimation of VIME (Yoon et al. 2020, "VIME: Extending the success of self- and
    semi-supervised learning to tabular domain"). It costs less than "masked", since there is one logit per column,
    however many categories it has.

    Parameters
    ----------
    share : float, default=0.3
        Share of the cells that are swapped, in (0, 1).
    start : str, mapping or Start, default="cooccurrence"
        Vectors before training: "cooccurrence", those of the objective of this name, or "random"; see
        :mod:`tabemb.nn.starts`.
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer.
    dropout : float, default=0.1
        Dropout rate of the hidden units, in [0, 1).
    learning_rate : float, default=0.002
        Learning rate of Adam.
    max_epochs : int, default=30
        Maximum number of epochs. Training stops earlier once the loss of held-out rows does not fall any more.

    Examples
    --------
    >>> CorruptedObjective(share=0.5)
    CorruptedObjective(share=0.5)
    """

    def __init__(
        self,
        share=0.3,
        start="cooccurrence",
        hidden_units=(256, 128),
        dropout=0.1,
        learning_rate=2e-3,
        max_epochs=30,
    ):
        self.share = share
        self.start = start
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs

    def supervision(self, estimator, table, seed):
        """Return a network that finds swapped cells."""
        spec = single_valued(estimator._network.spec)
        n_numbers = len(estimator.encoder_.schema.numeric)
        drawn = table.with_one_value(np.random.default_rng(seed))
        columns = [*drawn.indices.T, *table.numbers.T[:n_numbers]]
        task = SwapTask(tuple(float(self.share) * (1 - _chance_of_equal(each)) for each in columns))
        spec = replace(
            spec,
            features=tuple(replace(each, position=place) for place, each in enumerate(spec.features)),
            n_outputs=task.n_outputs,
            body=Mlp(hidden_units=tuple(self.hidden_units), dropout=self.dropout),
            numeric=NUMERIC_ENCODERS.resolve(estimator.numeric),
            seed=seed,
        )
        source = SwappedCells(table=table, share=float(self.share), indicated=tuple(estimator.encoder_.indicated))
        return SelfSupervision(spec=spec, task=task, source=source)


def _chance_of_equal(values: np.ndarray) -> float:
    """Return the probability that two rows have the same value."""
    shares = np.unique(values, return_counts=True)[1] / len(values)
    return float(np.square(shares).sum())
