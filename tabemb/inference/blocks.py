"""Inference in blocks of rows that fit into a core's cache, on all cores."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tabemb.vectors.threads import ONE_THREAD

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
    with ONE_THREAD as n_threads:
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
