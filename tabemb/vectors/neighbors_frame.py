"""The nearest neighbors of many categories as a table."""

import numbers
from typing import TYPE_CHECKING

import numpy as np

from tabemb.exceptions import DataError
from tabemb.vectors.confidence import nearest_neighbors
from tabemb.vectors.dataframes import pandas_index
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.search import Search, allowed_rows, check_topn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["neighbors_frame"]


def neighbors_frame(
    matrix: KeyedMatrix,
    topn: int = 5,
    *,
    n_categories: int | None = None,
    min_count: int | None = None,
    confidence: bool | None = None,
    search: Search | None = None,
) -> "pd.DataFrame":
    """Return the nearest neighbors of many categories as a table; see ``CategoryVectors.neighbors_frame``.

    ``search`` is the vectors prepared for searches by cosine.

    Examples
    --------
    >>> days = KeyedMatrix(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], [9, 5, 2])
    >>> neighbors_frame(days, 1)
       key  count neighbor  rank  cosine
    0  mon      9      tue     1     0.8
    1  tue      5      mon     1     0.8
    2  sat      2      tue     1     0.0
    """
    import pandas as pd

    topn = check_topn(topn)
    whole = isinstance(n_categories, numbers.Integral) and not isinstance(n_categories, bool)
    if n_categories is not None and not (whole and n_categories >= 1):
        raise DataError(f"n_categories must be a positive integer, the number of categories; got {n_categories!r}.")
    allowed = allowed_rows(matrix, min_count=min_count)
    asked = np.arange(len(matrix)) if allowed is None else np.flatnonzero(allowed)
    if matrix.counts is not None:
        asked = asked[np.argsort(-matrix.counts[asked], kind="stable")]
    asked = asked[:n_categories]
    known = matrix.noise is not None and matrix.counts is not None
    confidence = known if confidence is None else confidence
    near = nearest_neighbors(matrix, asked, topn, confidence=confidence, allowed=allowed, search=search)
    keys, n_near = pandas_index(matrix.index_to_key), near.rows.shape[1]
    frame = pd.DataFrame({"key": keys.take(np.repeat(asked, n_near))})
    if matrix.counts is not None:
        frame["count"] = np.repeat(matrix.counts[asked], n_near)
    frame["neighbor"] = keys.take(near.rows.ravel())
    frame["rank"] = np.tile(np.arange(1, n_near + 1), len(asked))
    frame["cosine"] = near.cosines.ravel()
    if near.confidence is not None:
        frame["confidence"] = near.confidence.ravel()
    return frame
