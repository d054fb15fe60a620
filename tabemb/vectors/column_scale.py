"""Several columns' vectors side by side, weighted so that no column counts more for being long."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

__all__ = ["column_blocks", "column_scale"]

# The parts of one column, as EmbeddingEncoder.get_feature_names_out and CategoryVectors.to_frame call them.
_PART = re.compile(r"(?P<column>.*)_emb\d+", re.DOTALL)

# Rows that are looked at in float64 at the same time.
BLOCK = 2**15


def column_blocks(names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return for each feature the number of the column that it is a part of.

    ``dest_emb0``, ``dest_emb1``, ... are one column, any other name is a column of its own.

    Examples
    --------
    >>> column_blocks(["dest_emb0", "dest_emb1", "carrier_emb0", "distance"])
    array([0, 0, 1, 2])
    """
    found: dict[tuple[bool, str], int] = {}
    blocks = []
    for name in names:
        part = _PART.fullmatch(name)
        blocks.append(found.setdefault((True, part["column"]) if part else (False, name), len(found)))
    return np.array(blocks, dtype=np.intp)


def column_scale(rows: npt.NDArray[np.float32], blocks: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return what each feature is multiplied by, so that all columns have the same say in Euclidean distances.

    Each column's block is divided by the root mean square norm of its rows around their mean. To the squared distance
    of two rows drawn at random each block then adds 2 on the average. A column that is the same in all rows adds
    nothing, and is left as it is.

    Parameters
    ----------
    rows : float32 array of shape (n, dim)
    blocks : array of int of shape (dim,)
        The column that each feature is a part of, from 0.

    Returns
    -------
    float32 array of shape (dim,)

    Examples
    --------
    >>> rows = np.array([[3.0, 0.0, 10.0], [-3.0, 0.0, 30.0]], np.float32)
    >>> column_scale(rows, np.array([0, 0, 1])).round(3)
    array([0.333, 0.333, 0.1  ], dtype=float32)
    """
    if blocks.shape != (rows.shape[1],):
        raise DataError(f"Expected a column for each of {rows.shape[1]} features, got {len(blocks)}.")
    if not len(rows):
        return np.ones(rows.shape[1], np.float32)
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = np.zeros(rows.shape[1])
    for start in range(0, len(rows), BLOCK):
        squares += ((rows[start : start + BLOCK] - mean) ** 2).sum(axis=0)
    spread = np.sqrt(np.bincount(blocks, squares) / len(rows))
    return np.asarray(1 / np.where(spread > 0, spread, 1), np.float32)[blocks]
