"""Folders and files that appear whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tabemb.exceptions import OutputError

__all__ = ["check_free", "staged_file", "staged_folder"]

# What file managers leave behind; anything else that is hidden (.git, .env) is somebody's work.
LITTER = frozenset({".DS_Store", ".directory"})


@contextmanager
def staged_folder(target: Path, *, parts: frozenset[str], replace: bool = False) -> Iterator[Path]:
    """Give a temporary folder beside the target, and rename it to the target when the block ends well.

    When the block ends with an error, or is interrupted, nothing is left of it, and an old target stays as it was.

    Parameters
    ----------
    target : path
        Where the folder is to be.
    parts : frozenset of str
        Names that may be in an old target; one that holds anything else is not ours to replace.
    replace : bool
        Whether an old target may be replaced.

    Yields
    ------
    Path
        The temporary folder.

    Raises
    ------
    OutputError
        Before the block: when the target exists and may not be replaced, or cannot be written. After it: when it
        cannot be renamed.
    """
    check_free(target, parts, replace=replace)
    made = _make_parents(target.parent)
    staging = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.unfinished")
    try:
        _try("write", target, staging.mkdir)
        yield staging
        check_free(target, parts, replace=replace)
        _swap(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in made:
            _remove_if_empty(folder)
        raise


@contextmanager
def staged_file(target: Path) -> Iterator[Path]:
    """Give a draft beside a file, and put it in the file's place when the block ends well.

    Parameters
    ----------
    target : path
        An old file stays as it was when the block ends with an error.

    Yields
    ------
    Path
        The draft.

    Raises
    ------
    OutputError
        When it cannot be written or put in its place.
    """
    draft = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:8]}.unfinished")
    try:
        yield draft
        os.replace(draft, target)
    except OSError as error:
        raise OutputError(
            f"Cannot write {target}: {error.strerror or error}. Choose a file in a folder that you may write to."
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def check_free(target: Path, parts: frozenset[str], *, replace: bool = False) -> None:
    """Find out whether a target may be written.

    Parameters
    ----------
    target, parts, replace
        As for `staged_folder`.

    Raises
    ------
    OutputError
        When there is one already that may not be replaced.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"Cannot write {target}: there is a file of that name.")
    strangers = sorted(each.name for each in target.iterdir() if each.name not in parts | LITTER)
    if strangers:
        raise OutputError(
            f"{target} holds {strangers[0]!r}, which no run has written, and is not replaced. Move it away, or choose "
            "another name or output folder."
        )
    if not replace:
        raise OutputError(
            f"The run {target} exists already. Replace it with --force (force=True in Python), or choose another name "
            "or output folder."
        )


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that were new, the innermost first."""
    made = []
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            _try("write", folder, each.mkdir, exist_ok=True)
        except OutputError:
            for empty in made:
                _remove_if_empty(empty)
            raise
        made.insert(0, each)
    return made


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        _try("write", target, staging.rename, target)
        return
    old = staging.with_suffix(".old")
    _try("replace", target, target.rename, old)
    try:
        _try("write", target, staging.rename, target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _try(verb: str, target: Path, action, *args, **options) -> None:
    try:
        action(*args, **options)
    except OSError as error:
        raise OutputError(
            f"Cannot {verb} {target}: {error.strerror or error}. Choose another output folder."
        ) from error
