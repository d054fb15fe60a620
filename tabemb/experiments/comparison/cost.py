"""The cost of a call: wall time, and peak resident memory above the level before the call."""

import ctypes
import gc
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pyarrow as pa

__all__ = ["Measurement", "measure_cost"]

T = TypeVar("T")

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class Measurement(Generic[T]):
    """The return value and the cost of a call.

    Parameters
    ----------
    value
        The return value.
    seconds : float
        Wall time in seconds.
    peak_memory_bytes : int or None
        Peak resident memory of this process during the call, above the level before it, without GPU memory. None if
        the system does not report it.
    """

    value: T
    seconds: float
    peak_memory_bytes: int | None


def measure_cost(call: Callable[[], T]) -> Measurement[T]:
    """Call a function and measure its time and peak memory.

    On Linux, the kernel's high-water mark is reset before the call, so that no peak is missed; if that is not allowed,
    a thread polls the resident memory every few milliseconds. On other systems, the growth of the process's lifetime
    peak is returned (0 if an earlier call reached a higher peak).

    Parameters
    ----------
    call : callable
        Function without arguments.

    Returns
    -------
    Measurement

    Examples
    --------
    >>> result = measure_cost(lambda: len(bytearray(b"x") * 50_000_000))
    >>> result.value
    50000000
    >>> result.peak_memory_bytes > 40_000_000
    True
    """
    _release()
    meter = next(kind for kind in (_HighWaterMark, _PollingThread, _LifetimePeak, _Unknown) if kind.works())()
    meter.start()
    begin = time.perf_counter()
    try:
        value = call()
    finally:
        seconds = time.perf_counter() - begin
        peak = meter.stop()
    return Measurement(value, seconds, peak)


def _release() -> None:
    """Return freed memory to the system; otherwise the call could reuse it and its peak would be too small."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        # musl has no malloc_trim; the peak is then slightly too small.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _status(field: str) -> int:
    """Return a field of /proc/self/status in bytes."""
    return 1024 * int(re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)[1])


class _HighWaterMark:
    """The kernel's peak of resident memory, reset to the current level by writing 5 to clear_refs (see proc(5))."""

    @classmethod
    def works(cls) -> bool:
        try:
            CLEAR_REFS.write_text(RESET_PEAK)
            # Some sandboxes accept the write and ignore it.
            return _status("VmHWM") <= _status("VmRSS") + 2**22
        except (OSError, TypeError):
            return False

    def start(self) -> None:
        CLEAR_REFS.write_text(RESET_PEAK)
        self.before = _status("VmRSS")

    def stop(self) -> int:
        return max(0, _status("VmHWM") - self.before)


class _PollingThread:
    """A thread that polls the resident memory every few milliseconds."""

    interval = 0.005

    @classmethod
    def works(cls) -> bool:
        try:
            return _status("VmRSS") > 0
        except (OSError, TypeError):
            return False

    def start(self) -> None:
        self.before = self.peak = _status("VmRSS")
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.done.wait(self.interval):
            self.peak = max(self.peak, _status("VmRSS"))

    def stop(self) -> int:
        self.done.set()
        self.thread.join()
        return max(self.peak, _status("VmRSS")) - self.before


class _LifetimePeak:
    """The peak since the process started, used on macOS."""

    @classmethod
    def works(cls) -> bool:
        try:
            cls._peak()
        except ImportError:
            return False
        return True

    @staticmethod
    def _peak() -> int:
        import resource

        # In bytes on macOS, in kB elsewhere.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    def start(self) -> None:
        self.before = self._peak()

    def stop(self) -> int:
        return self._peak() - self.before


class _Unknown:
    """Peak memory is not reported (Windows)."""

    @classmethod
    def works(cls) -> bool:
        return True

    def start(self) -> None:
        return

    def stop(self) -> None:
        return
