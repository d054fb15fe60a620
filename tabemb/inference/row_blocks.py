"""Tables of vectors whose rows use different numbers of dimensions, without the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError

__all__ = ["RowBlocks", "used_dimensions"]


def used_dimensions(dim: int, width: int, n_slices: int) -> npt.NDArray[np.bool_]:
    """Return which dimensions a row of this width uses, of shape (dim,).

    Parameters
    ----------
    dim : int
        Number of dimensions.
    width : int
        Number of dimensions that the row uses: the first ones of each slice.
    n_slices : int
        Number of slices of equal size.

    Examples
    --------
    >>> used_dimensions(4, 2, 2).tolist()
    [True, False, True, False]
    """
    return np.arange(dim) % (dim // n_slices) < width // n_slices


@dataclass(frozen=True, eq=False)
class RowBlocks:
    """A table of vectors in blocks of rows of the same width.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, dim)
        The vectors; zero in the dimensions that a row does not use.
    blocks : tuple of (int, int)
        Number of rows, and of dimensions that they use, block after block.
    n_slices : int, default=1
        Number of slices of a vector; a row uses the first dimensions of each.

    Examples
    --------
    >>> table = RowBlocks(np.array([[1.0, 2.0], [3.0, 0.0]], np.float32), ((1, 2), (1, 1)))
    >>> table.packed().tolist()
    [1.0, 2.0, 3.0]
    >>> RowBlocks.unpacked(table.packed(), table.layout()).vectors.tolist()
    [[1.0, 2.0], [3.0, 0.0]]
    """

    vectors: npt.NDArray[np.float32]
    blocks: tuple[tuple[int, int], ...]
    n_slices: int = 1

    def packed(self) -> npt.NDArray[np.float32]:
        """Return the numbers that are used, one block after the other."""
        dim, start, parts = self.vectors.shape[1], 0, []
        for size, width in self.blocks:
            used = used_dimensions(dim, width, self.n_slices)
            parts.append(self.vectors[start : start + size, used].ravel())
            start += size
        return np.concatenate(parts)

    def layout(self) -> dict[str, Any]:
        """Return the blocks, ready for JSON."""
        return {"blocks": self.blocks, "n_slices": self.n_slices}

    @classmethod
    def unpacked(cls, packed: npt.NDArray[np.float32], layout: Mapping[str, Any]) -> Self:
        """Return a table from its numbers and its blocks.

        Raises
        ------
        FormatError
            If the blocks are not those of the numbers.
        """
        try:
            blocks = tuple((int(size), int(width)) for size, width in layout["blocks"])
            n_slices = int(layout["n_slices"])
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("the blocks of a table are not pairs of numbers") from error
        _check(packed, blocks, n_slices)
        dim = max(width for _, width in blocks)
        vectors = np.zeros((sum(size for size, _ in blocks), dim), np.float32)
        start = place = 0
        for size, width in blocks:
            rows = packed[place : place + size * width].reshape(size, width)
            vectors[start : start + size, used_dimensions(dim, width, n_slices)] = rows
            start, place = start + size, place + size * width
        return cls(vectors, blocks, n_slices)


def _check(packed: npt.NDArray[np.float32], blocks: Sequence[tuple[int, int]], n_slices: int) -> None:
    valid = n_slices >= 1 and all(size >= 0 and width >= 1 and width % n_slices == 0 for size, width in blocks)
    n_numbers = sum(size * width for size, width in blocks)
    if not blocks or not valid or packed.ndim != 1 or packed.size != n_numbers:
        raise FormatError(f"a table has {packed.size:,} numbers, but its blocks have {n_numbers:,}")
