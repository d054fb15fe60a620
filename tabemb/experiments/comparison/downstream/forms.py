"""The rows of a fold in the forms that downstream models are fed: one-hot, category codes, and cross-fitted vectors."""

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from tabemb.estimators.inputs import has_information
from tabemb.exceptions import DataError
from tabemb.experiments.comparison.baselines.one_hot_linear import one_hot_rows
from tabemb.experiments.comparison.baselines.ordinal_trees import MAX_NATIVE_CATEGORIES, ordinal_rows
from tabemb.experiments.comparison.candidates import own_estimators, table_settings
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import read_frame

__all__ = ["FoldForms", "FormedRows", "vector_encoder"]

# These differ between the encoder and the other estimators for a reason: see `EmbeddingEncoder`. Its vectors alone are
# compared, without target statistics.
OF_THE_ENCODER = {"body", "numeric", "damping", "target_statistics", "crosses", "random_state", "verbose"}


@dataclass(frozen=True, slots=True)
class FormedRows:
    """The rows of a fold in one form.

    Parameters
    ----------
    train, test : matrix
        A dense array, or a sparse matrix.
    seconds : float
        Time to learn the form and to encode the training rows.
    categories : list of int
        Positions of the columns that hold category codes.
    """

    train: Any
    test: Any
    seconds: float
    categories: list[int]

    @property
    def bytes_per_row(self) -> float:
        """Bytes per training row, as stored."""
        parts = [self.train]
        if sparse.issparse(self.train):
            parts = [self.train.data, self.train.indices, self.train.indptr]
        return sum(part.nbytes for part in parts) / self.train.shape[0]


class FoldForms:
    """The rows of a fold in each form. A form is learned when it is first needed.

    In all forms the same columns are categorical, and numbers are scaled and imputed alike.

    Parameters
    ----------
    X_train, X_test : table
        The rows of both parts.
    y_train : array
        Targets of the training rows.
    settings : dict
        Parameters of `TableEncoder`.
    encoder : EmbeddingEncoder
        Unfitted; it learns the vectors.
    """

    def __init__(self, X_train: Any, y_train: np.ndarray, X_test: Any, settings: dict[str, Any], encoder: Any) -> None:
        self._X_train, self._y_train, self._X_test, self._encoder = X_train, y_train, X_test, encoder
        begin = perf_counter()
        frame = read_frame(X_train)
        reader = TableEncoder(**settings, drop_constant=has_information(frame))
        self._train = reader.fit_encode(frame)
        self._seconds = perf_counter() - begin
        self._test = reader.encode(X_test)
        self._sizes = tuple(vocabulary.size for vocabulary in reader.vocabularies.values())

    @cached_property
    def one_hot(self) -> FormedRows:
        """One column per category, and the numbers, as a sparse matrix."""
        begin = perf_counter()
        train = one_hot_rows(self._train, self._sizes)
        seconds = self._seconds + perf_counter() - begin
        return FormedRows(train, one_hot_rows(self._test, self._sizes), seconds, [])

    @cached_property
    def codes(self) -> FormedRows:
        """A code per categorical column, and the numbers."""
        begin = perf_counter()
        train = ordinal_rows(self._train, self._sizes)
        seconds = self._seconds + perf_counter() - begin
        few = [
            position
            for position, size in enumerate(self._sizes)
            if size <= MAX_NATIVE_CATEGORIES and position not in self._train.bags
        ]
        return FormedRows(train, ordinal_rows(self._test, self._sizes), seconds, few)

    @cached_property
    def vectors(self) -> FormedRows:
        """The vectors of the categories, learned for each training row without its target, and the numbers."""
        if not self._sizes:
            raise DataError("The table has no categorical column, so there are no vectors to feed to other models.")
        begin = perf_counter()
        train = np.hstack([self._encoder.fit_transform(self._X_train, self._y_train), self._train.numbers])
        seconds = self._seconds + perf_counter() - begin
        test = np.hstack([self._encoder.transform(self._X_test), self._test.numbers])
        return FormedRows(train, test, seconds, [])


def vector_encoder(estimator: BaseEstimator, task: str, random_state: int | None) -> Any:
    """Return an unfitted `EmbeddingEncoder` that reads columns as the model under test does.

    Parameters
    ----------
    estimator : estimator
        The model under test. What is set in an estimator of this library and means the same in the encoder, such as
        ``max_epochs`` or ``embedding_dim``, is set in the encoder as well.
    task : str
        Name of the task.
    random_state : int or None
        Random seed.
    """
    # Imported here: importing TensorFlow takes seconds.
    from tabemb.estimators.encoder import EmbeddingEncoder

    class VectorEncoder(EmbeddingEncoder):
        # The encoder embeds integers, the model under test reads those that are not named as numbers.
        _integers = "numeric"

    own = own_estimators(estimator)
    model = own.get("", own.get("estimator__"))
    known = EmbeddingEncoder().get_params(deep=False)
    params = {}
    if model is not None:
        usual = type(model)().get_params(deep=False)
        params = {
            name: value
            for name, value in model.get_params(deep=False).items()
            if name in known and name not in OF_THE_ENCODER and not _equal(value, usual[name])
        }
    params |= table_settings(estimator)
    kind = task if task in ("binary", "multiclass", "multilabel") else "continuous"
    return VectorEncoder(**params, target_type=kind, remainder="drop", random_state=random_state)


def _equal(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(np.all(one == other)))
