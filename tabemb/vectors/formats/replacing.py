"""Files and folders that appear whole or not at all: a draft beside them takes their place at the end."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tabemb.exceptions import OutputError

__all__ = ["replacing_file", "replacing_folder"]

# What file managers leave behind.
_LITTER = frozenset({".DS_Store", ".directory"})


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Give a draft beside the file that takes its place when all went well.

    Parameters
    ----------
    path : Path
        The file, new or old; an old one is as it was until the block has ended well.

    Raises
    ------
    OutputError
        When the draft cannot be written or put in place.

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
        with _told(path):
            yield draft
            os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path, is_part: Callable[[str], bool]) -> Iterator[Path]:
    """Give an empty draft beside the folder that takes its place when all went well.

    Parameters
    ----------
    path : Path
        The folder, new or old; an old one is as it was until the block has ended well.
    is_part : callable from str to bool
        Whether a name may be in an old folder; one that holds anything else is not ours to replace.

    Raises
    ------
    OutputError
        When the draft cannot be written or put in place, or a file of that name or a folder of other things is there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing_folder(Path(folder, "a"), {"b.txt"}.__contains__) as draft:
    ...         _ = (draft / "b.txt").write_text("whole")
    ...     [each.name for each in Path(folder, "a").iterdir()]
    ['b.txt']
    """
    draft = _beside(path, "part")
    try:
        with _told(path):
            _refuse_strangers(path, is_part)
            draft.mkdir()
            yield draft
            _refuse_strangers(path, is_part)
            _swap(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _beside(path: Path, suffix: str) -> Path:
    place = path.absolute()
    return place.with_name(f".{place.name[:100]}.{uuid.uuid4().hex[:8]}.{suffix}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. Choose a folder that exists and that you may write to."
        ) from error


def _refuse_strangers(path: Path, is_part: Callable[[str], bool]) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError(f"Cannot write {path}: there is a file of that name. Choose another name for the folder.")
    strangers = sorted(each.name for each in path.iterdir() if each.name not in _LITTER and not is_part(each.name))
    if strangers:
        raise OutputError(
            f"Cannot write {path}: it holds {strangers[0]!r}, which would be lost. Move that away, or choose another "
            "folder."
        )


def _swap(draft: Path, path: Path) -> None:
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
