import time

import numpy as np
import pytest

from tabemb.experiments.comparison import cost as measure
from tabemb.experiments.comparison.cost import measure_cost

MIB = 2**20


def use(size):
    return float(np.ones(size * MIB // 8).sum())


def test_it_returns_the_value_and_the_wall_seconds():
    result = measure_cost(lambda: time.sleep(0.05) or "done")
    assert result.value == "done"
    assert 0.05 <= result.seconds < 1


@pytest.mark.skipif(
    not measure._HighWaterMark.works(), reason="the kernel does not let the high-water mark be set back"
)
def test_the_peak_is_that_of_this_call_and_not_of_an_earlier_one():
    assert 190 * MIB < measure_cost(lambda: use(200)).peak_memory_bytes < 260 * MIB
    assert measure_cost(lambda: use(10)).peak_memory_bytes < 40 * MIB


@pytest.mark.skipif(not measure._PollingThread.works(), reason="there is no /proc/self/status")
def test_a_polling_thread_replaces_the_high_water_mark(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "CLEAR_REFS", tmp_path / "no" / "such")
    assert not measure._HighWaterMark.works()

    def hold():
        block = np.ones(100 * MIB // 8)
        time.sleep(0.05)
        return block.sum()

    assert 90 * MIB < measure_cost(hold).peak_memory_bytes < 160 * MIB


def test_without_proc_the_lifetime_peak_is_used(monkeypatch, tmp_path):
    pytest.importorskip("resource")
    monkeypatch.setattr(measure, "CLEAR_REFS", tmp_path / "none")
    monkeypatch.setattr(measure, "STATUS", tmp_path / "none")
    assert measure_cost(lambda: 1).peak_memory_bytes >= 0


def test_peak_memory_is_none_if_unknown(monkeypatch):
    for kind in (measure._HighWaterMark, measure._PollingThread, measure._LifetimePeak):
        monkeypatch.setattr(kind, "works", classmethod(lambda cls: False))
    assert measure_cost(lambda: 1).peak_memory_bytes is None


def test_an_error_in_the_call_is_raised():
    with pytest.raises(ZeroDivisionError):
        measure_cost(lambda: 1 / 0)
