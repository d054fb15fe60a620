"""Blocks of rows: every row once, in order, on as many threads as the linear algebra library would use."""

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tabemb.inference.blocks import BLOCK_ROWS, in_blocks


def blas_threads():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("n_rows", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 1, 5 * BLOCK_ROWS + 3])
def test_every_row_comes_once_and_in_order(n_rows, n_threads):
    rows = np.arange(n_rows)
    with threadpool_limits(n_threads):
        assert np.array_equal(in_blocks(lambda some: rows[some], n_rows), rows)


def test_no_block_is_larger_than_it_should_be():
    sizes = []
    in_blocks(lambda rows: sizes.append(rows.stop - rows.start) or np.zeros(1), 3 * BLOCK_ROWS + 1)
    assert sorted(sizes) == [1, *[BLOCK_ROWS] * 3]


def test_blocks_are_shared_out_and_each_multiplies_by_itself():
    seen, inside = set(), []

    def answer(rows):
        seen.add(threading.get_ident())
        inside.append(blas_threads())
        time.sleep(0.01)
        return np.zeros(rows.stop - rows.start)

    with threadpool_limits(2):
        before = blas_threads()
        in_blocks(answer, 8 * BLOCK_ROWS)
        assert blas_threads() == before == {2}
    assert len(seen) == 2
    assert threading.get_ident() in seen
    assert all(each == {1} for each in inside)


def test_the_setting_is_put_back_when_a_block_fails_and_the_error_is_the_blocks_own():
    def answer(rows):
        raise ValueError("no")

    for n_rows in (1, 3 * BLOCK_ROWS):
        with threadpool_limits(2):
            with pytest.raises(ValueError, match="no"):
                in_blocks(answer, n_rows)
            assert blas_threads() == {2}


@pytest.mark.parametrize("mine", [True, False])
def test_after_an_error_in_any_thread_no_other_block_is_begun(mine):
    begun, here = [], threading.get_ident()

    def answer(rows):
        begun.append(rows)
        time.sleep(0.005)
        if (threading.get_ident() == here) == mine:
            raise ValueError("no")
        return np.zeros(rows.stop - rows.start)

    with threadpool_limits(2), pytest.raises(ValueError, match="no"):
        in_blocks(answer, 50 * BLOCK_ROWS)
    assert len(begun) < 10


def test_calls_from_many_threads_leave_the_setting_as_it_was():
    def answer(rows):
        time.sleep(0.001)
        return np.zeros(rows.stop - rows.start)

    with threadpool_limits(2):
        threads = [threading.Thread(target=in_blocks, args=(answer, 6 * BLOCK_ROWS)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert blas_threads() == {2}
