"""Vectors from predicting hidden cells of a row by its other cells."""

from dataclasses import replace

import numpy as np

from tabemb.estimators.objectives.objective import OBJECTIVES
from tabemb.estimators.objectives.trained import (
    COPY,
    NetworkObjective,
    SelfSupervision,
    interval_codes,
    shares_of,
    single_valued,
)
from tabemb.nn.cells import CellPredictor, CellTask
from tabemb.nn.network import NetworkSpec
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.parameters import check_flag
from tabemb.training.hidden_cells import HiddenCells

__all__ = ["MaskedObjective"]


@OBJECTIVES.register("masked")
class MaskedObjective(NetworkObjective):
    """A network predicts hidden cells of a row from the visible ones.

    In each epoch other cells are hidden (``share``). A category is predicted by a softmax over the categories of the
    batch, corrected for their frequency, so that a column may have 100,000 categories; a number by its interval, one of
    ten with equally many rows. As in TabTransformer (Huang et al. 2020, arXiv:2012.06678, section 3); that predicting
    a row's own cells is at least as good as contrasting rows was found by Rubachev et al. (2022, arXiv:2207.03208).

    Parameters
    ----------
    share : float, default=0.3
        Share of the cells that are hidden, in (0, 1).
    tied : bool, default=True
        Whether a category has the same vector where it is seen and where it is predicted.
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
    >>> MaskedObjective(share=0.5)
    MaskedObjective(share=0.5)
    """

    def __init__(
        self,
        share=0.3,
        tied=True,
        start="cooccurrence",
        hidden_units=(256, 128),
        dropout=0.1,
        learning_rate=2e-3,
        max_epochs=30,
    ):
        self.share = share
        self.tied = tied
        self.start = start
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        super().check()
        check_flag("tied", self.tied)

    def supervision(self, estimator, table, seed):
        """Return a network that predicts hidden cells."""
        spec = single_valued(estimator._network.spec)
        intervals, n_intervals = interval_codes(estimator, table)
        drawn = table.with_one_value(np.random.default_rng(seed))
        task = CellTask(
            tuple(feature.table.embedding_dim for feature in spec.features),
            shares_of(drawn.indices, [feature.table.vocabulary_size for feature in spec.features]),
            shares_of(intervals, n_intervals),
            float(self.share),
        )
        spec = replace(spec, n_outputs=task.n_outputs, numeric=NUMERIC_ENCODERS.resolve(estimator.numeric), seed=seed)
        source = HiddenCells(table=table, intervals=intervals, share=float(self.share))
        return SelfSupervision(spec=self._with_body(spec, sum(n_intervals)), task=task, source=source)

    def _with_body(self, spec: NetworkSpec, n_bins: int) -> NetworkSpec:
        n = len(spec.features)
        predicted = tuple(
            replace(
                feature,
                name=feature.name + COPY,
                position=place + n,
                table=feature.table if self.tied else replace(feature.table, name=feature.table.name + COPY),
            )
            for place, feature in enumerate(spec.features)
        )
        inputs = tuple(replace(feature, position=place) for place, feature in enumerate(spec.features))
        whole = replace(spec, features=(*inputs, *predicted))
        places = {feature.name: place for place, feature in enumerate(whole.embedded)}
        body = CellPredictor(
            inputs=tuple(places[each.name] for each in inputs),
            predicted=tuple(places[each.name] for each in predicted),
            n_bins=n_bins,
            hidden_units=tuple(self.hidden_units),
            dropout=self.dropout,
        )
        return replace(whole, body=body)
