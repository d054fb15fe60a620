"""Load TensorFlow without the lines that its C++ libraries write to standard error at every start.

Three libraries each say that logging has not begun, that oneDNN is used, and that there is no GPU, whatever
``TF_CPP_MIN_LOG_LEVEL`` is: they write before they have read it. Only these lines are left out. Whatever else is
written, such as the reason why TensorFlow cannot be loaded, is passed on, even if the process is aborted.

To see all lines, set the environment variable ``TF_CPP_MIN_LOG_LEVEL`` to 0 before the start.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Protocol

__all__ = ["BANNER", "hides_banner", "without_banner"]

# For grep -E as well as for re. "I0000 00:00:1795892948.650180   28206 port.cc:153] oneDNN custom operations are on."
BANNER = (
    r"^(WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    r"|I[0-9]{4} [0-9:. ]+[^ ]+:[0-9]+\]"
    r"|[WE][0-9]{4} .*(Unable to register cu[A-Z]+ factory|computation placer already registered))"
)
SECONDS_TO_END = 5


class _Sieve(Protocol):
    """Passes on what is written to its stream, but for the banner."""

    stream: IO[bytes]

    def end(self) -> None: ...


def hides_banner(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the user did not ask for TensorFlow's informational messages.

    Examples
    --------
    >>> hides_banner({}), hides_banner({"TF_CPP_MIN_LOG_LEVEL": "2"}), hides_banner({"TF_CPP_MIN_LOG_LEVEL": "0"})
    (True, True, False)
    """
    return environment.get("TF_CPP_MIN_LOG_LEVEL", "").strip() != "0"


@contextmanager
def without_banner() -> Iterator[None]:
    """Leave TensorFlow's banner out of what is written to file descriptor 2 in the block.

    Other lines are passed on, at the latest when the block ends. Where descriptor 2 is closed, nothing is done.

    Examples
    --------
    >>> with without_banner():
    ...     import keras
    """
    try:
        stderr = os.dup(2)
    except OSError:
        yield
        return
    _flush()
    sieve: _Sieve = _grep(stderr) or _AfterwardsSieve(stderr)
    try:
        os.dup2(sieve.stream.fileno(), 2)
        yield
    finally:
        _flush()
        os.dup2(stderr, 2)
        sieve.end()
        os.close(stderr)


class _GrepSieve:
    """A process of grep, which passes lines on even if this process is aborted."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        self._process, self.stream = process, process.stdin

    def end(self) -> None:
        self.stream.close()
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            # A process started in the block holds the descriptor; its lines still pass.
            self._process.returncode = 0


class _AfterwardsSieve:
    """A file, of which the other lines are passed on at the end."""

    def __init__(self, stderr: int) -> None:
        self._stderr, self.stream = stderr, tempfile.TemporaryFile()  # noqa: SIM115

    def end(self) -> None:
        with self.stream:
            self.stream.seek(0)
            lines = self.stream.read().splitlines(keepends=True)
        rest = [line for line in lines if not re.match(BANNER.encode(), line)]
        with os.fdopen(os.dup(self._stderr), "wb") as out:
            out.writelines(rest)


def _grep(stderr: int) -> _GrepSieve | None:
    command = shutil.which("grep")
    if command is None:
        return None
    try:
        return _GrepSieve(
            subprocess.Popen(
                [command, "-v", "-E", BANNER],
                stdin=subprocess.PIPE,
                stdout=stderr,
                stderr=stderr,
                bufsize=0,
                env={**os.environ, "LC_ALL": "C"},
            )
        )
    except OSError:
        return None


def _flush() -> None:
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()
