"""A matrix with a typed key for each row: the value that formats, indexes and queries work on."""

from collections.abc import Iterable, Iterator, KeysView
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.arrays import count_array, float_array
from tabemb.vectors.key_index import KeyIndex, is_several

if TYPE_CHECKING:
    from tabemb.vectors.cell_pooling import CellPooling
    from tabemb.vectors.sampling_noise import SamplingNoise

__all__ = ["KeyedMatrix"]


class KeyedMatrix:
    """An immutable float32 matrix with one row per category, looked up by key.

    :class:`~tabemb.vectors.category_vectors.CategoryVectors` documents the parameters, and adds the methods of gensim's
    ``KeyedVectors``.

    Examples
    --------
    >>> matrix = KeyedMatrix(["JFK", "LGA"], [[1.0, 0.1], [0.9, 0.2]], name="origin")
    >>> matrix["LGA"]
    array([0.9, 0.2], dtype=float32)
    >>> len(matrix), matrix.dim, "SFO" in matrix
    (2, 2, False)
    """

    __slots__ = ("_counts", "_index", "_missing", "_name", "_noise", "_pooling", "_unknown", "_vectors")

    def __init__(
        self,
        keys: Iterable[Any],
        vectors: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
        *,
        name: str = "",
        unknown: npt.ArrayLike | None = None,
        missing: npt.ArrayLike | None = None,
        noise: "SamplingNoise | None" = None,
        pooling: "CellPooling | None" = None,
    ) -> None:
        self._name = str(name)
        self._index = KeyIndex(keys, column=self._name)
        keys, owner = self._index.keys_in_order, self.owner
        self._vectors = float_array(vectors, "vectors", (len(keys), None), owner=owner, keys=keys)
        self._counts = None if counts is None else count_array(counts, len(keys), owner=owner)
        self._unknown = None if unknown is None else self.vector(unknown, "unknown")
        self._missing = None if missing is None else self.vector(missing, "missing")
        if noise is not None and len(noise.covariance) != self.dim:
            raise DataError(
                f"{owner}: expected noise of {self.dim} dimensions, as the vectors have, got {len(noise.covariance)}."
            )
        self._noise, self._pooling = noise, pooling

    @property
    def name(self) -> str:
        """Name of the column."""
        return self._name

    @property
    def index_to_key(self) -> list[Any]:
        """Categories, in the order of the rows of ``vectors``."""
        return list(self._index)

    @property
    def key_to_index(self) -> KeyIndex:
        """Mapping from category to row; unlike in a dict, 1 and ``True`` are two keys."""
        return self._index

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """Vectors, one row per category; read-only."""
        return self._vectors

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """Number of rows in which each category occurred, if known."""
        return self._counts

    @property
    def unknown(self) -> npt.NDArray[np.float32] | None:
        """Vector of categories not seen in training."""
        return self._unknown

    @property
    def missing(self) -> npt.NDArray[np.float32] | None:
        """Vector of missing cells."""
        return self._missing

    @property
    def noise(self) -> "SamplingNoise | None":
        """How much the vectors vary between fits to other rows, if known."""
        return self._noise

    @property
    def pooling(self) -> "CellPooling | None":
        """How an estimator finds the vectors of cells that are not listed; None for vectors from elsewhere."""
        return self._pooling

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    @property
    def owner(self) -> str:
        """The column, as error messages name it."""
        return f"Column {self._name!r}" if self._name else type(self).__name__

    def keys(self) -> KeysView[Any]:
        """Return a view of the categories, as a mapping does.

        Examples
        --------
        >>> matrix = KeyedMatrix(["JFK", "LGA"], [[1.0, 0.5], [0.5, 0.25]])
        >>> list(matrix.keys()), dict(matrix)["JFK"].tolist()
        (['JFK', 'LGA'], [1.0, 0.5])
        """
        # A view needs only the length, membership and iteration of its mapping.
        return KeysView(self)

    def vector(self, values: npt.ArrayLike, what: str) -> npt.NDArray[np.float32]:
        """Return numbers as a vector of this matrix: finite float32 of shape (dim,), read-only.

        ``what`` names the numbers in the error message.
        """
        return float_array(values, what, (self.dim,), owner=self.owner)

    def replace(
        self, vectors: npt.ArrayLike, unknown: npt.ArrayLike | None = None, missing: npt.ArrayLike | None = None
    ) -> Self:
        """Return the same categories with other vectors, without noise.

        ``unknown`` and ``missing`` are kept unless given; ``pooling`` is kept unless its weights are learned.
        """
        return type(self)(
            self._index,
            vectors,
            self._counts,
            name=self._name,
            unknown=self._unknown if unknown is None else unknown,
            missing=self._missing if missing is None else missing,
            pooling=None if self._pooling is None or self._pooling.query is not None else self._pooling,
        )

    def with_noise(self, noise: "SamplingNoise | None") -> Self:
        """Return the same vectors with another noise."""
        return type(self)(
            self._index,
            self._vectors,
            self._counts,
            name=self._name,
            unknown=self._unknown,
            missing=self._missing,
            noise=noise,
            pooling=self._pooling,
        )

    @classmethod
    def wrap(cls, matrix: "KeyedMatrix") -> Self:
        """Return a matrix as an instance of this class, sharing its arrays without checking or copying them."""
        if isinstance(matrix, cls):
            return matrix
        made = cls.__new__(cls)
        for slot in KeyedMatrix.__slots__:
            setattr(made, slot, getattr(matrix, slot))
        return made

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._index)

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        if is_several(key):
            return self._vectors[np.array([self._index[each] for each in key], dtype=np.intp)]
        row: npt.NDArray[np.float32] = self._vectors[self._index[key]]
        return row

    def _ipython_key_completions_(self) -> list[Any]:
        return self.index_to_key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyedMatrix):
            return NotImplemented
        return (
            self._name == other._name
            and self._index == other._index
            and _same(self._vectors, other._vectors)
            and _same(self._counts, other._counts)
            and _same(self._unknown, other._unknown)
            and _same(self._missing, other._missing)
            and self._noise == other._noise
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        title = f"{self._name}: " if self._name else ""
        noun = "category" if len(self) == 1 else "categories"
        return f"{type(self).__name__}({title}{len(self)} {noun} x {self.dim})"

    def __deepcopy__(self, memo: Any) -> Self:
        # Immutable, so a copy would only cost memory; scikit-learn's clone copies parameters.
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # By the constructor, so that unpickled values are valid and read-only too.
        make = partial(
            type(self),
            name=self._name,
            unknown=self._unknown,
            missing=self._missing,
            noise=self._noise,
            pooling=self._pooling,
        )
        return make, (self.index_to_key, self._vectors, self._counts)


def _same(one: npt.NDArray[Any] | None, two: npt.NDArray[Any] | None) -> bool:
    return one is two or (one is not None and two is not None and np.array_equal(one, two))
