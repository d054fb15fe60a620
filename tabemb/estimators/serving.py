"""Answers at once: a trained estimator as it is now, prepared for single rows and for many threads."""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.utils import Tags, TargetTags
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.ensemble import mean_of
from tabemb.estimators.inputs import take_column_order
from tabemb.exceptions import DataError
from tabemb.nn.network import Network
from tabemb.nn.plain.blocks import in_blocks
from tabemb.nn.plain.program import PlainNetwork
from tabemb.nn.tasks import Task
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.training.forward import forward_of

__all__ = ["ClassifierPredictor", "Predictor"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Predictor:
    """A regressor as it was when ``predictor()`` was called: it answers, and learns no more.

    Its numbers are a copy: what the estimator learns later does not reach it. It answers in NumPy, without Keras and
    TensorFlow, may be called from several threads at once, and can be pickled. Where the network has a layer that has
    no NumPy form (``obstacle`` says which), a copy of the network answers through TensorFlow: with the same numbers,
    but more slowly.

    Parameters
    ----------
    encoder : TableEncoder
        From tables to matrices.
    task : Task
        From logits to answers.
    networks : tuple of PlainNetwork or Network
        From matrices to logits: one, or the members of an ensemble, of which the mean is answered.
    obstacle : str or None
        Why TensorFlow answers; None where NumPy does.
    n_features_in_ : int
        Number of columns of a table.
    feature_names_in_ : ndarray of str or None
        Their names, where they have names.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50})
    >>> model = EmbeddingRegressor(max_epochs=2, random_state=0).fit(flights, [5.0, 25.0] * 50)
    >>> predictor = model.predictor()
    >>> rows = predictor.encode(pd.DataFrame({"dest": ["MIA", "never seen"]}))
    >>> predictor.predict_encoded(rows).shape
    (2,)
    """

    encoder: TableEncoder
    task: Task
    networks: tuple[PlainNetwork | Network, ...]
    obstacle: str | None
    n_features_in_: int
    feature_names_in_: np.ndarray | None
    _sizes: np.ndarray = field(init=False)

    def __post_init__(self):
        sizes = [vocabulary.size for vocabulary in self.encoder.vocabularies.values()]
        object.__setattr__(self, "_sizes", np.array(sizes, np.uint32))

    @classmethod
    def of(cls, estimator: Any) -> "Predictor":
        """Return the predictor of a fitted estimator; what ``estimator.predictor()`` does."""
        check_is_fitted(estimator, "encoder_")
        networks = estimator._networks
        return cls(
            encoder=estimator.encoder_,
            task=estimator.task_,
            networks=tuple(forward_of(each).copied() or copy.copy(each) for each in networks),
            obstacle=forward_of(networks[0]).obstacle,
            n_features_in_=estimator.n_features_in_,
            feature_names_in_=getattr(estimator, "feature_names_in_", None),
        )

    def encode(self, X: Any) -> EncodedTable:
        """Return a table as matrices of category indices and of numbers.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            As for the estimator's ``predict``.

        Raises
        ------
        DataError
            When the table is not of the columns of the fit.
        """
        return self.encoder.encode(take_column_order(self, X))

    def predict(self, X: Any) -> np.ndarray:
        """Return what the estimator's ``predict`` returned when the predictor was made."""
        return self.predict_encoded(self.encode(X))

    def predict_encoded(self, table: EncodedTable) -> np.ndarray:
        """Return the same for rows that are encoded already.

        Parameters
        ----------
        table : EncodedTable
            From :meth:`encode`.

        Raises
        ------
        DataError
            When the rows have other columns than the network, or an index that no vocabulary has.
        """
        return self.task.decide(self._activated(table))

    def __repr__(self):
        way = "NumPy" if self.obstacle is None else f"TensorFlow, since {self.obstacle}"
        return f"{type(self).__name__}({self.n_features_in_} columns, {type(self.task).__name__}, through {way})"

    def __sklearn_tags__(self):
        return Tags(estimator_type=None, target_tags=TargetTags(required=False))

    def _activated(self, table):
        self._check(table)
        return mean_of(self.task.activate(self._logits(network, table)) for network in self.networks)

    def _logits(self, network, table):
        if isinstance(network, PlainNetwork):
            return in_blocks(lambda rows: self._plain_logits(network, table.take(rows)), len(table))
        self._check_indices(table.indices)
        return forward_of(network).logits(table)

    def _plain_logits(self, network, rows):
        self._check_indices(rows.indices)
        return network({"indices": rows.indices, "numbers": rows.numbers})

    def _check(self, table):
        if not isinstance(table, EncodedTable):
            raise DataError(
                f"Encoded rows are an EncodedTable, as encode(X) returns it; got {type(table).__name__}. "
                "For a table call predict(X)."
            )
        expected = (len(self._sizes), len(self.encoder.number_names))
        given = (table.indices.shape[1], table.numbers.shape[1])
        if given != expected:
            raise DataError(
                f"The encoded rows have {given[0]} columns of indices and {given[1]} of numbers; this predictor was "
                f"made for {expected[0]} and {expected[1]}. Encode them with this predictor's encode(X)."
            )

    def _check_indices(self, indices):
        # As numbers without a sign, negative indices are beyond every vocabulary too.
        inside = indices.view(np.uint32) < self._sizes
        if inside.all():
            return
        row, column = np.argwhere(~inside)[0]
        name = list(self.encoder.vocabularies)[column]
        raise DataError(
            f"The encoded column {name!r} holds the index {indices[row, column]}; its vocabulary has indices from 0 to "
            f"{self._sizes[column] - 1}. Encode the rows with this predictor's encode(X)."
        )


class ClassifierPredictor(Predictor):
    """A classifier as it was when ``predictor()`` was called; see :class:`Predictor`.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50})
    >>> model = EmbeddingClassifier(max_epochs=20, random_state=0).fit(flights, ["on time", "late"] * 50)
    >>> predictor = model.predictor()
    >>> row = predictor.encode(pd.DataFrame({"dest": ["MIA"]}))
    >>> predictor.predict_encoded(row), predictor.predict_proba_encoded(row).shape
    (array(['late'], dtype='<U7'), (1, 2))
    """

    @property
    def classes_(self) -> np.ndarray:
        """The classes, sorted."""
        return self.task.classes

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return what the estimator's ``predict_proba`` returned when the predictor was made."""
        return self.predict_proba_encoded(self.encode(X))

    def predict_proba_encoded(self, table: EncodedTable) -> np.ndarray:
        """Return the same for rows that are encoded already; see :meth:`predict_encoded`."""
        return self._activated(table)
