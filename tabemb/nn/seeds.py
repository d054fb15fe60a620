"""Named child seeds of the root seed of a fit."""

import hashlib
from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["Seeds", "root_seed"]


class Seeds:
    """Named child seeds of one root seed.

    A child depends only on the root and on its name, so that adding a layer does not change the initialization of the
    others.

    Parameters
    ----------
    root : int
        The seed of the whole fit.

    Examples
    --------
    >>> Seeds(0)["dropout"] == Seeds(0)["dropout"], Seeds(0)["dropout"] == Seeds(1)["dropout"]
    (True, False)
    """

    def __init__(self, root: int) -> None:
        self.root = int(root)

    def __getitem__(self, name: str) -> int:
        digest = hashlib.sha256(f"{self.root}/{name}".encode()).digest()
        return int.from_bytes(digest[:4], "little") & 0x7FFFFFFF

    def generator(self, name: str) -> np.random.Generator:
        """Return a NumPy generator seeded by the named child."""
        return np.random.default_rng(self[name])


def root_seed(random_state: Any) -> int:
    """Return one integer for a ``random_state``, a new one for None; a generator is advanced.

    Examples
    --------
    >>> root_seed(7)
    7
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(random_state.randint(np.iinfo(np.int32).max))
