"""Vectors from predicting hidden cells of a row by its other cells."""

from dataclasses import replace
from typing import Any

import numpy as np

from tabemb.estimators.inputs import auto_batch_size
from tabemb.estimators.objectives.objective import OBJECTIVES, Objective
from tabemb.exceptions import DataError
from tabemb.nn.cells import CellPredictor, CellTask
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.parameters import check_count, check_flag, check_positive, check_share, check_units
from tabemb.nn.starts import STARTS, started_tables
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.hidden_cells import HiddenCells
from tabemb.training.trainer import Trainer
from tabemb.vectors.cooccurrence import intervals_of

__all__ = ["MaskedObjective"]

FEWEST_ROWS_TO_SPLIT = 20
# A tenth of the rows is held out, but no more than this: each of them has several cells.
HELD_SHARE, MOST_HELD = 0.1, 4096


@OBJECTIVES.register("masked")
class MaskedObjective(Objective):
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
        check_positive("share", self.share)
        check_share("share", self.share)
        check_flag("tied", self.tied)
        STARTS.resolve(self.start).check()
        check_units("hidden_units", self.hidden_units, empty=False)
        check_share("dropout", self.dropout)
        check_positive("learning_rate", self.learning_rate)
        check_count("max_epochs", self.max_epochs)

    def learn(self, estimator, rows, seeds):
        """Train a network on hidden cells, and take over its tables."""
        mine, vocabularies = estimator._network, estimator.encoder_.vocabularies
        n_numbers = len(estimator.encoder_.schema.numeric)
        if len(vocabularies) + n_numbers < 2:
            raise DataError(
                f"There is nothing to learn from: the table has a single column, {next(iter(vocabularies))!r}, and its "
                "cells would be predicted by the other columns. Pass at least two, or a target y."
            )
        if len(rows) < 2:
            raise DataError("There is nothing to learn from: the table has n_samples=1. Pass at least two rows.")
        if several := [feature.name for feature in mine.spec.features if feature.pooling is not None]:
            hashed = several[0] in estimator.encoder_.hashed
            other = "another vocabulary for it" if hashed else f"multi_valued={{{several[0]!r}: None}}"
            raise DataError(
                f"The objective 'masked' predicts one value per cell, and the cells of {several[0]!r} hold several "
                f"{'rows of its table' if hashed else 'values'}. Use objective='cooccurrence', or {other}."
            )
        sizes = [vocabulary.size for vocabulary in vocabularies.values()]
        for each in started_tables(mine, STARTS.resolve(self.start), rows.table, sizes):
            each.put(mine)
        intervals, shares = _intervals(rows.table.numbers[:, :n_numbers])
        task = CellTask(
            tuple(feature.table.embedding_dim for feature in mine.spec.features),
            tuple(rows.counts(f.position, f.table.vocabulary_size) / len(rows) for f in mine.spec.features),
            shares,
            float(self.share),
        )
        network = Network(self._spec(mine.spec, task, estimator.numeric, seeds["masked"]))
        for table, layer in network.tables.items():
            source = next(each for each in mine.tables if each.name == table.name.removesuffix(PREDICTED))
            layer.embeddings.assign(mine.tables[source].embeddings.numpy())
        hidden = HiddenCells(table=_plain(rows.table, mine), intervals=intervals, share=float(self.share))
        train, validation = _split(hidden, seeds.generator("masked/validation"))
        trainer = Trainer(
            batch_size=auto_batch_size(len(train)),
            max_epochs=int(self.max_epochs),
            learning_rate=self.learning_rate,
            n_iter_no_change="auto",
            weight_averaging=2.0,
            verbose=estimator.verbose,
        )
        loop = trainer.loop(network, task, seeds)
        record = trainer.fit(loop, train, validation, seeds)
        trainer.release(loop)
        for feature in mine.spec.features:
            mine.tables[feature.table].embeddings.assign(network.tables[feature.table].embeddings.numpy())
        return record

    def _spec(self, spec: NetworkSpec, task: CellTask, numeric: Any, seed: int) -> NetworkSpec:
        n = len(spec.features)
        predicted = tuple(
            replace(
                feature,
                name=feature.name + PREDICTED,
                position=feature.position + n,
                table=feature.table if self.tied else replace(feature.table, name=feature.table.name + PREDICTED),
            )
            for feature in spec.features
        )
        whole = replace(
            spec,
            features=(*spec.features, *predicted),
            n_outputs=task.n_outputs,
            numeric=NUMERIC_ENCODERS.resolve(numeric),
            seed=seed,
        )
        places = {feature.name: place for place, feature in enumerate(whole.embedded)}
        body = CellPredictor(
            inputs=tuple(places[each.name] for each in spec.features),
            predicted=tuple(places[each.name] for each in predicted),
            n_bins=sum(map(len, task.intervals)),
            hidden_units=tuple(self.hidden_units),
            dropout=self.dropout,
        )
        return replace(whole, body=body)


# Ends the name of a column where it is predicted.
PREDICTED = " (predicted)"


def _plain(table: EncodedTable, network: Network) -> EncodedTable:
    """Return the columns with vectors, which are all categorical ones."""
    return EncodedTable(table.indices[:, [each.position for each in network.spec.features]], table.numbers)


def _intervals(numbers: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the interval of each number, and the share of the rows in each."""
    codes, shares = np.empty(numbers.shape, np.int32), []
    for column in range(numbers.shape[1]):
        codes[:, column], n = intervals_of(numbers[:, column])
        shares.append(np.bincount(codes[:, column], minlength=n) / len(numbers))
    return codes, tuple(shares)


def _split(hidden: HiddenCells, generator: np.random.Generator) -> tuple[HiddenCells, Rows | None]:
    """Hold out some rows, with fixed hidden cells."""
    n = len(hidden)
    if n < FEWEST_ROWS_TO_SPLIT:
        return hidden, None
    order = generator.permutation(n)
    held = min(max(1, round(HELD_SHARE * n)), MOST_HELD)

    def part(rows):
        rows = np.sort(rows)
        return replace(hidden, table=hidden.table.take(rows), intervals=hidden.intervals[rows])

    return part(order[held:]), part(order[:held]).drawn(generator)
