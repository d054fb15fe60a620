"""The number of threads of the linear algebra libraries: one per matrix product."""

import sys
from threading import Lock
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["ONE_THREAD", "OneThreadPerProduct"]


class OneThreadPerProduct:
    """Context in which the linear algebra libraries use one thread per product; gives their number of threads before.

    A product split over threads waits for the slowest one: of small matrices, that takes several times as long, and on
    a busy machine a hundred times. The setting is global to the process: the first thread to enter changes it, the last
    one to leave restores it.

    Examples
    --------
    >>> import numpy as np
    >>> with ONE_THREAD:
    ...     found = np.linalg.eigvalsh(np.diag([1.0, 2.0]))
    >>> found
    array([1., 2.])
    """

    def __init__(self) -> None:
        self._lock, self._n_inside = Lock(), 0
        self._libraries: list[Any] | None = None
        self._before: list[int] = []
        self._has_scipy = False

    def __enter__(self) -> int:
        with self._lock:
            if not self._n_inside:
                libraries = self._found()
                self._before = [library.get_num_threads() for library in libraries]
                self._set(libraries, [1] * len(libraries))
            self._n_inside += 1
            return max(self._before, default=1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._set(self._libraries or [], self._before)

    def _found(self) -> list[Any]:
        """Return the loaded libraries. The search for them takes long for a single row, so it is not repeated."""
        # scipy loads a library of its own.
        has_scipy = "scipy.linalg" in sys.modules
        if self._libraries is None or has_scipy != self._has_scipy:
            self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            self._has_scipy = has_scipy
        return self._libraries

    def _set(self, libraries: list[Any], numbers: list[int]) -> None:
        for library, number, before in zip(libraries, numbers, self._before, strict=True):
            if before != 1:
                # threadpoolctl 3.8 ignores all threads but the first one that ever sets a limit. Here any thread may be
                # the first to enter, and the lock already keeps them from undoing each other's setting.
                getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


ONE_THREAD = OneThreadPerProduct()
