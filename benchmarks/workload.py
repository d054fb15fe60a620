"""The standard training workload: ten columns of categories with a Zipf distribution, and a binary target."""

import numpy as np

COLUMNS, DIM, HIDDEN = 10, 16, (128, 64)


def make_rows(n_rows, vocabulary, seed=0):
    """Return categories, int32 (n_rows, COLUMNS) from 0 to vocabulary - 1, and targets, float32 (n_rows,)."""
    rng = np.random.default_rng(seed)
    share = np.arange(1, vocabulary + 1) ** -0.8
    categories = np.searchsorted(np.cumsum(share / share.sum()), rng.random((n_rows, COLUMNS))).astype("int32")
    categories = categories.clip(0, vocabulary - 1)
    effects = rng.normal(size=(COLUMNS, vocabulary))
    score = effects[np.arange(COLUMNS), categories].sum(axis=1) / np.sqrt(COLUMNS)
    return categories, (score + rng.normal(size=n_rows) > 0).astype("float32")
