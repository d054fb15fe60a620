"""Write a file or folder atomically, and read one that another process may be replacing.

A draft is written beside the target, under a hidden name, and renamed to it at the end. If the writing fails or is
interrupted, an old file or folder stays as it was.
"""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import TypeVar

from tabemb.exceptions import FormatError, OutputError, TabembError

__all__ = ["check_free", "read_whole", "replacing_file", "replacing_folder"]

Result = TypeVar("Result")

# Left behind by file managers. Any other hidden file (.git, .env) belongs to the user.
_LITTER = frozenset({".DS_Store", ".directory"})
_ADVICE = "Choose a folder that exists and that you may write to."
_EXISTS = "Cannot write {path}: it already exists. Choose another name."
# Seconds between attempts to read: about one second in all.
_PAUSES = (0.0, *(0.001 * 2**i for i in range(10)))


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which replaces the file when the block ends without an error.

    Parameters
    ----------
    path : Path
        The file to write. An old one stays unchanged until the block has ended.

    Yields
    ------
    Path
        Path of the draft. It does not exist yet.

    Raises
    ------
    OutputError
        If the draft cannot be written or renamed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing_file(Path(folder, "a.txt")) as draft:
    ...         _ = draft.write_text("whole")
    ...     [each.name for each in Path(folder).iterdir()]
    ['a.txt']
    """
    draft = _beside(path, "part")
    try:
        with _output_errors(path):
            yield draft
            os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def replacing_folder(
    path: Path,
    may_hold: Container[str] | Callable[[str], bool],
    *,
    replace: bool = True,
    exists: str = _EXISTS,
    make_parents: bool = False,
    only_writes: bool = True,
) -> Iterator[Path]:
    """Yield an empty draft folder, which replaces the folder when the block ends without an error.

    Parameters
    ----------
    path : Path
        The folder to write. An old one stays unchanged until the block has ended.
    may_hold, replace, exists
        Whether an old folder may be replaced, as in :func:`check_free`, which is called before and after the block.
    make_parents : bool, default=False
        Whether to make missing parent folders. If the block fails, they are removed again.
    only_writes : bool, default=True
        Whether the block does nothing but write, so that an OSError in it becomes an OutputError.

    Yields
    ------
    Path
        The draft.

    Raises
    ------
    OutputError
        If the folder may not be replaced, or the draft cannot be written or renamed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing_folder(Path(folder, "a"), {"b.txt"}) as draft:
    ...         _ = (draft / "b.txt").write_text("whole")
    ...     [each.name for each in Path(folder, "a").iterdir()]
    ['b.txt']
    """
    advice = "Choose a folder that you may write to." if make_parents else _ADVICE
    draft, made = _beside(path, "part"), []
    try:
        with _output_errors(path, advice):
            check_free(path, may_hold, replace=replace, exists=exists)
            made = _missing_parents(path) if make_parents else []
            for parent in made:
                parent.mkdir(exist_ok=True)
            draft.mkdir()
        if only_writes:
            with _output_errors(path, advice):
                yield draft
        else:
            yield draft
        with _output_errors(path, advice):
            check_free(path, may_hold, replace=replace, exists=exists)
            _swap(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        for parent in reversed(made):
            # Fails, as it should, if another process has put something into it.
            with suppress(OSError):
                parent.rmdir()
        raise


def check_free(
    path: Path, may_hold: Container[str] | Callable[[str], bool], *, replace: bool = True, exists: str = _EXISTS
) -> None:
    """Raise an error if a folder cannot be written at a path, or only by losing something.

    Parameters
    ----------
    path : Path
        The folder to write.
    may_hold : container of str, or callable from str to bool
        Names of files and folders that an old folder may hold. One that holds anything else is never replaced.
    replace : bool, default=True
        Whether an old folder may be replaced.
    exists : str
        Message of the error if it may not; ``{path}`` stands for the path.

    Raises
    ------
    OutputError
        If there is a file of that name, or a folder that may not be replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_free(Path(folder), {"report.html"})
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError(f"Cannot write {path}: there is a file of that name. Choose another name for the folder.")
    is_ours = may_hold if callable(may_hold) else may_hold.__contains__
    others = sorted(each.name for each in path.iterdir() if each.name not in _LITTER and not is_ours(each.name))
    if others:
        raise OutputError(
            f"Cannot write {path}: it holds {others[0]!r}, which would be lost. Move it away, or choose another folder."
        )
    if not replace:
        raise OutputError(exists.format(path=path))


def read_whole(path: Path, read: Callable[[Path], Result]) -> Result:
    """Read a folder that another process may be replacing: all of it from the old one, or all from the new one.

    Parameters
    ----------
    path : Path
        The folder (or file) to read.
    read : callable
        Reads it and returns the result. It is called again if the folder was replaced meanwhile.

    Returns
    -------
    object
        The result of ``read``.

    Raises
    ------
    FormatError
        If the folder was replaced during each of several attempts. Errors of ``read`` pass through if it was not.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("whole")
    ...     read_whole(Path(folder), lambda path: (path / "a.txt").read_text())
    'whole'
    """
    problem: Exception
    for pause in _PAUSES:
        time.sleep(pause)
        before = _identity(path)
        try:
            result = read(path)
        except Exception as error:
            if _identity(path) == before and (before is not None or not _is_being_replaced(path)):
                raise
            problem = error
        else:
            if _identity(path) == before:
                return result
            problem = FormatError(f"{path} was replaced while it was read. Read it again when nothing writes to it.")
    raise problem


@contextmanager
def _output_errors(path: Path, advice: str = _ADVICE) -> Iterator[None]:
    """Raise an OSError in the block as an OutputError."""
    try:
        yield
    except TabembError:
        raise
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}. {advice}") from error


def _beside(path: Path, suffix: str) -> Path:
    place = path.absolute()
    return place.with_name(f".{place.name[:100]}.{uuid.uuid4().hex[:8]}.{suffix}")


def _missing_parents(path: Path) -> list[Path]:
    """Return the parent folders that do not exist, the outermost first."""
    return [each for each in reversed(path.absolute().parents) if not each.exists()]


def _swap(draft: Path, path: Path) -> None:
    """Replace the folder by the draft. For a moment, there is no folder."""
    if not path.exists():
        os.replace(draft, path)
        return
    old = _beside(path, "old")
    path.rename(old)
    try:
        os.replace(draft, path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _is_being_replaced(path: Path) -> bool:
    """Return whether an old folder has been moved aside and the new one is not yet in place."""
    place = path.absolute()
    return any(place.parent.glob(f".{escape(place.name[:100])}.????????.old"))


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return numbers that identify a folder, to detect that it was replaced; None if there is no folder."""
    try:
        found = path.stat()
    except OSError:
        return None
    # The inode number of a removed folder may be reused.
    return found.st_dev, found.st_ino, found.st_mtime_ns
