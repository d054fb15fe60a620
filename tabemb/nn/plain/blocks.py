"""Rows through a network: blocks that stay in a core's cache, on all cores."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["BLOCK_ROWS", "in_blocks"]

BLOCK_ROWS = 512


def in_blocks(answer: Callable[[slice], np.ndarray], n_rows: int) -> np.ndarray:
    """Return what a function gives for all rows, a block of rows at a time.

    The blocks are shared out among as many threads as the linear algebra library would use (``OMP_NUM_THREADS``,
    threadpoolctl), and each of them multiplies by itself. A product that is shared out waits for its slowest thread: on
    a busy machine that costs one row a hundred times what its products take, and many rows half their speed. And so
    what is no product is done in parallel too.

    Parameters
    ----------
    answer : callable
        From a slice of the rows to an array with those rows.
    n_rows : int
        How many there are.

    Returns
    -------
    ndarray of n_rows rows

    Examples
    --------
    >>> squares = np.arange(2000) ** 2
    >>> in_blocks(lambda rows: squares[rows], 2000).shape
    (2000,)
    """
    with _UNSHARED as n_threads:
        if n_rows <= BLOCK_ROWS:
            return answer(slice(0, n_rows))
        blocks = [slice(start, min(start + BLOCK_ROWS, n_rows)) for start in range(0, n_rows, BLOCK_ROWS)]
        if n_threads == 1:
            return np.concatenate([answer(block) for block in blocks])
        return np.concatenate(_shared_out(answer, blocks, min(n_threads, len(blocks)) - 1))


def _shared_out(answer, blocks, n_helpers):
    """Return the answers to all blocks; the caller's thread takes part, helped by others."""
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
                # So that nobody begins another block.
                left.clear()
                raise

    with ThreadPoolExecutor(n_helpers) as helpers:
        others = [helpers.submit(work) for _ in range(n_helpers)]
        work()
    for other in others:
        other.result()
    return answers


class _UnsharedProducts:
    """Sets the linear algebra libraries to one thread a product while anybody is inside; gives how many it was before.

    The setting is the whole process's. So the first who comes changes it, and the last who goes puts it back.
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
                library.set_num_threads(number)


_UNSHARED = _UnsharedProducts()
