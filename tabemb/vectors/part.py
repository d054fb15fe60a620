# ruff: noqa: D102  (the docstrings stand where the properties are)
"""What the parts that make up the vectors of a column may count on."""

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

if TYPE_CHECKING:
    import numpy as np

    from tabemb.vectors.category_vectors import CategoryVectors
    from tabemb.vectors.key_index import KeyIndex
    from tabemb.vectors.search import Search

__all__ = ["Part"]


class Part:
    """A part of :class:`~tabemb.vectors.category_vectors.CategoryVectors`: one idea, with the methods that serve it."""

    __slots__ = ()

    if TYPE_CHECKING:
        _index: KeyIndex
        _searches: dict[type, Search]

        @property
        def name(self) -> str: ...
        @property
        def index_to_key(self) -> list[Any]: ...
        @property
        def vectors(self) -> npt.NDArray[np.float32]: ...
        @property
        def counts(self) -> npt.NDArray[np.int64] | None: ...
        @property
        def unknown(self) -> npt.NDArray[np.float32] | None: ...
        @property
        def missing(self) -> npt.NDArray[np.float32] | None: ...
        @property
        def dim(self) -> int: ...
        def __len__(self) -> int: ...
        def _row(self, values: npt.ArrayLike, what: str) -> npt.NDArray[np.float32]: ...
        def _owner(self) -> str: ...

    def _with_vectors(
        self, vectors: npt.ArrayLike, unknown: npt.ArrayLike | None = None, missing: npt.ArrayLike | None = None
    ) -> "CategoryVectors":
        """Return the same categories with other vectors; ``unknown`` and ``missing`` stay where they are left out."""
        make: Any = type(self)
        made: CategoryVectors = make(
            self._index,
            vectors,
            self.counts,
            name=self.name,
            unknown=self.unknown if unknown is None else unknown,
            missing=self.missing if missing is None else missing,
        )
        return made
