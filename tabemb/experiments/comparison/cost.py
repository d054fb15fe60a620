"""What a call costs: wall seconds, and resident memory at its peak above the level before it."""

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
    """What a call returned and cost.

    Parameters
    ----------
    value
        What the call returned.
    seconds : float
        Wall seconds.
    peak_memory_bytes : int or None
        Most resident memory of this process during the call, above the level before it (memory of a GPU is not in
        it); None where the system does not tell.
    """

    value: T
    seconds: float
    peak_memory_bytes: int | None


def measure_cost(call: Callable[[], T]) -> Measurement[T]:
    """Call, and measure the time and the memory.

    On Linux the kernel's own high-water mark is set back before the call, so that no peak is missed; where that is
    not allowed, a thread looks every few milliseconds; elsewhere, the growth of the process's lifetime peak is taken
    (0 where an earlier call reached higher).

    Parameters
    ----------
    call : callable
        Takes no arguments.

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
    meter = next(kind for kind in (_HighWaterMark, _Watcher, _LifetimePeak, _Unknown) if kind.works())()
    meter.start()
    begin = time.perf_counter()
    try:
        value = call()
    finally:
        seconds = time.perf_counter() - begin
        peak = meter.stop()
    return Measurement(value, seconds, peak)


def _release() -> None:
    """Give freed memory back to the system, so that the call cannot hide in it."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        # musl has no malloc_trim; the measure is then a little too small.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _status(field: str) -> int:
    """Return a field of this process's status in bytes."""
    return 1024 * int(re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)[1])


class _HighWaterMark:
    """The kernel's peak of resident memory, set back to the present level by writing 5 to clear_refs (proc(5))."""

    @classmethod
    def works(cls) -> bool:
        try:
            CLEAR_REFS.write_text(RESET_PEAK)
            # Some sandboxes accept the write and do nothing.
            return _status("VmHWM") <= _status("VmRSS") + 2**22
        except (OSError, TypeError):
            return False

    def start(self) -> None:
        CLEAR_REFS.write_text(RESET_PEAK)
        self.before = _status("VmRSS")

    def stop(self) -> int:
        return max(0, _status("VmHWM") - self.before)


class _Watcher:
    """A thread that looks at the resident memory every few milliseconds."""

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
    """The peak since the process began, where nothing better is known (macOS)."""

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

        # macOS counts in bytes, the others in kB.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    def start(self) -> None:
        self.before = self._peak()

    def stop(self) -> int:
        return self._peak() - self.before


class _Unknown:
    """No way to know (Windows)."""

    @classmethod
    def works(cls) -> bool:
        return True

    def start(self) -> None:
        return

    def stop(self) -> None:
        return
