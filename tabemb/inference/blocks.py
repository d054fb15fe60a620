"""Inference in blocks of rows that fit into a core's cache, on all cores."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["BLOCK_ROWS", "in_blocks"]

BLOCK_ROWS = 512


def in_blocks(answer: Callable[[slice], np.ndarray], n_rows: int) -> np.ndarray:
    """Call a function for all rows, one block of rows at a time, and concatenate the results.

    The blocks are distributed over as many threads as the linear algebra library would use (``OMP_NUM_THREADS``,
    threadpoolctl), with one thread per matrix product. A product split over threads waits for the slowest one: on
    a busy machine that takes a hundred times as long for a single row, and twice as long for many rows. In blocks,
    operations other than products run in parallel too.

    Parameters
    ----------
    answer : callable
        Function of a slice of the rows that returns an array with one entry per row.
    n_rows : int
        Number of rows.

    Returns
    -------
    ndarray of n_rows rows

    Examples
    --------
    >>> squares = np.arange(2000) ** 2
    >>> in_blocks(lambda rows: squares[rows], 2000).shape
    (2000,)
    """
    with _ONE_THREAD as n_threads:
        if n_rows <= BLOCK_ROWS:
            return answer(slice(0, n_rows))
        blocks = [slice(start, min(start + BLOCK_ROWS, n_rows)) for start in range(0, n_rows, BLOCK_ROWS)]
        if n_threads == 1:
            return np.concatenate([answer(block) for block in blocks])
        return np.concatenate(_in_threads(answer, blocks, min(n_threads, len(blocks)) - 1))


def _in_threads(answer, blocks, n_helpers):
    """Return the results of all blocks; the calling thread works too."""
    left, answers = deque(enumerate(blocks)), [None] * len(blocks)

    def work():
        while True:
            try:
                place, block = left.popleft()
            except IndexError:
                return
            try:
                answers[place] = answer(block)
            except BaseException:
                # So that no thread starts another block.
                left.clear()
                raise

    with ThreadPoolExecutor(n_helpers) as helpers:
        others = [helpers.submit(work) for _ in range(n_helpers)]
        work()
    for other in others:
        other.result()
    return answers


class _OneThreadPerProduct:
    """Context in which the linear algebra libraries use one thread per product; gives their number of threads before.

    The setting is global to the process: the first thread to enter changes it, the last one to leave restores it.
    """

    def __init__(self):
        self._lock, self._n_inside = Lock(), 0
        self._libraries, self._before = None, []

    def __enter__(self):
        with self._lock:
            if not self._n_inside:
                if self._libraries is None:
                    self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
                self._before = [library.get_num_threads() for library in self._libraries]
                self._set([1] * len(self._libraries))
            self._n_inside += 1
            return max(self._before, default=1)

    def __exit__(self, *error):
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._set(self._before)

    def _set(self, numbers):
        for library, number, before in zip(self._libraries, numbers, self._before, strict=True):
            if before != 1:
                # threadpoolctl 3.8 ignores all threads but the first one that ever sets a limit. Here any thread may be
                # the first to enter, and the lock already keeps them from undoing each other's setting.
                getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


_ONE_THREAD = _OneThreadPerProduct()
