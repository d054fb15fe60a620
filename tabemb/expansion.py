"""Limits of what a file may expand to, so that a small file cannot take gigabytes of memory."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tabemb.exceptions import FormatError, TabembError

__all__ = ["Expansion", "LimitedStream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """How many bytes of content a file may have: a multiple of its size, plus a constant.

    Parameters
    ----------
    times : int
        Bytes of content for each byte of the file.
    free : int, default=2**25
        Bytes of content that any file may have.
    advice : str
        How to read the file anyway, for the message of the error.
    error : class of TabembError, default=FormatError
        Class of the error.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.npz")
    ...     _ = path.write_bytes(bytes(1000))
    ...     Expansion(times=8).most(path)
    33562432
    """

    times: int
    free: int = 2**25
    advice: str = "If you trust the file, decompress it, or read it with the library that wrote it."
    error: type[TabembError] = FormatError

    def most(self, path: Path) -> int:
        """Return how many bytes the content of a file may take."""
        return self.times * path.stat().st_size + self.free

    def check(self, path: Path, content: int, *, at_least: bool = False) -> None:
        """Raise an error if the content of a file takes more bytes than its size allows.

        Parameters
        ----------
        path : Path
            The file.
        content : int
            Number of bytes.
        at_least : bool, default=False
            Whether the number is a lower bound, for the message of the error.

        Raises
        ------
        TabembError
            If it does, of the class ``error``.
        """
        if content > self.most(path):
            bound = "at least " if at_least else ""
            raise self.error(
                f"{path}: expected at most {self.times} times the size of the file ({path.stat().st_size:,} bytes) "
                f"plus {self.free:,} bytes of content, got {bound}{content:,} bytes. {self.advice}"
            )


class LimitedStream(io.RawIOBase):
    """A stream of decompressed bytes that raises an error when it has yielded more than its file allows.

    Parameters
    ----------
    stream : binary file
        The decompressed content.
    path : Path
        The compressed file.
    limit : Expansion

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.gz")
    ...     _ = path.write_bytes(bytes(10))
    ...     LimitedStream(io.BytesIO(bytes(1000)), path, Expansion(times=8, free=0)).read()
    Traceback (most recent call last):
    tabemb.exceptions.FormatError: ...a.gz: expected at most 8 times the size of the file (10 bytes) plus 0 bytes of ...
    """

    def __init__(self, stream: IO[bytes], path: Path, limit: Expansion) -> None:
        self._stream, self._path, self._limit = stream, path, limit
        self._most = limit.most(path)
        self._n_read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer, and return their number."""
        # At most one byte beyond the limit is decompressed.
        block = self._stream.read(min(len(buffer), self._most - self._n_read + 1))
        self._n_read += len(block)
        if self._n_read > self._most:
            self._limit.check(self._path, self._n_read, at_least=True)
        buffer[: len(block)] = block
        return len(block)
