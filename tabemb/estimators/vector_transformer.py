"""The base class of transformers from categories to vectors."""

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.cross_fitting import FoldVectors
from tabemb.estimators.scikit import TransformerMixin
from tabemb.estimators.serving import make_lookup
from tabemb.estimators.target_statistics import target_suffixes
from tabemb.exceptions import DataError
from tabemb.inference.vector_lookup import VectorLookup, numbers_beside, side_by_side
from tabemb.table.frames import Frame
from tabemb.table.types import ColumnLike, TableLike
from tabemb.table.vocabulary import Vocabulary

__all__ = ["VectorTransformer"]


class VectorTransformer(TransformerMixin, EmbeddingEstimator):
    """An estimator whose output are the vectors of each row's categories, side by side, then numbers.

    ``remainder`` says whether the numbers of the table are among them.
    """

    _integers = "categorical"
    n_folds_: int = 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # The output is always float32.
        tags.transformer_tags.preserves_dtype = []
        tags.target_tags.required = False
        return tags

    def _check_output(self, statistics=None):
        if not self._network.spec.features and self.remainder == "drop":
            raise DataError(
                "The table has no categorical column, and remainder='drop' leaves nothing to return. "
                "Name the columns that hold categories in categorical=[...]."
            )
        double = [name for name, count in Counter(self._names_out(None, statistics)).items() if count > 1]
        if double:
            raise DataError(f"Two columns of the output would have the same name: {', '.join(double)}. Rename one.")

    def transform(self, X: TableLike) -> Any:
        """Return the vectors of each row's categories side by side, followed by the numbers.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit, in any order if they have names. Categories that the fit has not seen
            get the vector for unknown categories.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
            Columns as in :meth:`get_feature_names_out`; a data frame after ``set_output``.
        """
        return self._side_by_side(self._read(X))

    def _side_by_side(self, frame: Frame, fold_vectors: FoldVectors | None = None) -> np.ndarray:
        encoded, features = self.encoder_.encode(frame), self._network.spec.features
        indices, statistics = encoded.indices, encoded.numbers[:, self.encoder_.n_plain_numbers :]
        if fold_vectors is None:
            columns = [(self._network.cell_vectors(f, encoded), indices[:, f.position]) for f in features]
        else:
            stacks = [
                (np.stack([self._network.cell_vectors(f, encoded, each) for each in fold_vectors.vectors[f.table]]), f)
                if f.pooling is not None
                else (fold_vectors.vectors[f.table], f)
                for f in features
            ]
            columns = [fold_vectors.look_up(stack, indices[:, f.position]) for stack, f in stacks]
            held = (fold_vectors.fold_of < self.n_folds_)[:, None]
            statistics = np.where(held, fold_vectors.statistics, statistics)
        beside = numbers_beside(frame, self.encoder_, remainder=self.remainder != "drop")
        return side_by_side(columns, [statistics, beside], frame.n_rows)

    def predictor(self) -> VectorLookup:
        """Return a frozen, thread-safe transformer for low latency, without Keras and TensorFlow.

        It has the same ``transform`` as the estimator now. :func:`tabemb.load_predictor` loads it from a saved
        estimator.

        Returns
        -------
        VectorLookup
        """
        return make_lookup(self)

    def inverse_transform(self, X: TableLike) -> npt.NDArray[Any]:
        """Return the nearest category of each vector, by Euclidean distance, and the unchanged numbers.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features_out)
            Output of :meth:`transform`. The output of :meth:`fit_transform` holds vectors of single folds, which may be
            nearest to another category.

        Returns
        -------
        ndarray of object of shape (n_rows, n_encoded + n_numbers)
            The categorical columns in the order of ``schema_.categorical``, with one column per calendar part of a
            datetime, then the numbers. Vectors nearest to that of missing or unknown values become None. Target
            statistics are ignored.

        Raises
        ------
        DataError
            If the number of columns does not match, or cells hold several values, whose pooled vector has no inverse.
        """
        check_is_fitted(self, "encoder_")
        if several := [each.name for each in self._network.spec.features if each.pooling is not None]:
            raise DataError(
                f"The vectors of {several[0]!r} are means over the values of a cell, which cannot be told from them. "
                "inverse_transform needs columns with one value per cell."
            )
        X = np.asarray(X, dtype="float32")
        width = len(self.get_feature_names_out())
        if X.ndim != 2 or X.shape[1] != width:
            raise DataError(f"X must have the {width} columns that transform returns, got shape {X.shape}.")
        columns, start = [], 0
        for feature in self._network.spec.features:
            stop = start + feature.table.embedding_dim
            nearest = _nearest_rows(X[:, start:stop], self._network.vectors(feature))
            columns.append(self.encoder_.vocabularies[feature.name].decode(nearest))
            start = stop
        start += 0 if self.encoder_.statistics is None else self.encoder_.statistics.n_numbers
        columns += [X[:, place].astype(object) for place in range(start, width)]
        return np.column_stack(columns)

    def get_feature_names_out(self, input_features: ColumnLike | None = None) -> npt.NDArray[Any]:
        """Return the column names of :meth:`transform`: ``dest_emb0``, ``dest_emb1``, ..., then those of the numbers.

        The names of ``target_statistics`` come in between: ``dest_target``, ``carrier_x_dest_target``;
        ``dest_target_<class>`` if there are more than two classes; ``dest_target_<position>`` if there are several
        targets.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the input columns. Must equal ``feature_names_in_`` if that is set.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "encoder_")
        return np.asarray(self._names_out(input_features, self.encoder_.statistics), dtype=object)

    def _names_out(self, input_features, statistics):
        names = self._input_names(input_features)
        sources = {column.name: column for column in self.schema_.categorical}
        shown = {name: names[each.source] if each.part is None else name for name, each in sources.items()}
        out = [
            f"{shown[feature.name]}_emb{position}"
            for feature in self._network.spec.features
            for position in range(feature.table.embedding_dim)
        ]
        if statistics is not None:
            columns = [shown[name] for name in self.encoder_.vocabularies]
            out += statistics.names(columns, target_suffixes(self.task_))
        return out + [names[column] for column in self._passed_through(self.schema_.columns)]

    def _input_names(self, input_features):
        columns = self.schema_.columns
        if input_features is None:
            return dict(zip(columns, columns, strict=True))
        given = list(np.asarray(input_features, dtype=object))
        if len(given) != len(columns):
            raise ValueError(
                f"input_features should have length equal to number of features ({len(columns)}), got {len(given)}"
            )
        if hasattr(self, "feature_names_in_") and given != list(self.feature_names_in_):
            raise ValueError("input_features is not equal to feature_names_in_")
        return dict(zip(columns, given, strict=True))

    def _passed_through(self, columns):
        if self.remainder == "drop":
            return []
        numeric = {column.name for column in self.schema_.numeric}
        return [name for known, name in zip(self.schema_.columns, columns, strict=True) if known in numeric]


def _nearest_rows(queries: np.ndarray, rows: np.ndarray, cells: int = 2**24) -> np.ndarray:
    """Return the nearest row of each query, by Euclidean distance.

    The row for unknown categories wins ties, since categories that share its vector are indistinguishable. At most
    ``cells`` distances are in memory at a time.
    """
    chunk = max(1, cells // len(rows))
    order = np.r_[Vocabulary.UNKNOWN, Vocabulary.MISSING, Vocabulary.FIRST : len(rows)]
    candidates = rows[order].astype("float64")
    squares = (candidates**2).sum(axis=1)
    nearest = [
        (squares - 2 * queries[start : start + chunk].astype("float64") @ candidates.T).argmin(axis=1)
        for start in range(0, len(queries), chunk)
    ]
    return order[np.concatenate(nearest)]
