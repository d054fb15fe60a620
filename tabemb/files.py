"""Write a file or folder atomically, and read one that another process may be replacing.

A draft is written beside the target, under a hidden name, flushed to the disk, and renamed to the target at the end. A
folder is exchanged with its draft in one step where the system can (Linux, macOS); elsewhere the old one is moved aside
first, and put back by whoever opens or saves it next if the process was killed in between. If the writing fails or is
interrupted, an old file or folder stays as it was. The next save of a target removes drafts that nobody writes anymore.
"""

import ctypes
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tabemb.exceptions import FormatError, OutputError, TabembError

__all__ = [
    "check_digest",
    "check_free",
    "check_seal",
    "digest_of_file",
    "digest_of_json",
    "read_json",
    "read_whole",
    "replacing_file",
    "replacing_folder",
    "sealed",
    "short_name",
]

Result = TypeVar("Result")

# Left behind by file managers. Any other hidden file (.git, .env) belongs to the user.
_LITTER = frozenset({".DS_Store", ".directory"})
_ADVICE = "Choose a folder that exists and that you may write to."
_EXISTS = "Cannot write {path}: it already exists. Choose another name."
_SEAL = "digest"
# Seconds between attempts to read: about one second in all.
_PAUSES = (0.0, *(0.001 * 2**i for i in range(10)))
# Longest name of a file, in bytes, on all common file systems.
_LONGEST_NAME = 255
# Seconds after which a draft counts as left behind, if its process cannot be asked (it ran on another machine).
_LEFT_BEHIND = 3600
# Seconds for which the writer on another machine may have moved a folder aside.
_MOVED_ASIDE = 60
_DRAFT = re.compile(
    r"\.(?P<name>.+)\.(?:(?P<host>[0-9a-f]{6})-(?P<pid>\d+)-(?P<start>\d+)-)?[0-9a-f]{8}\.(?P<kind>part|old)", re.DOTALL
)
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# Errors of file systems that cannot flush a folder.
_NO_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR}


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which replaces the file when the block ends without an error.

    Parameters
    ----------
    path : Path
        The file to write. An old one stays unchanged until the block has ended. A link is followed.

    Yields
    ------
    Path
        Path of the draft. It does not exist yet.

    Raises
    ------
    OutputError
        If the path is a folder or a device, or the draft cannot be written or renamed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing_file(Path(folder, "a.txt")) as draft:
    ...         _ = draft.write_text("whole")
    ...     [each.name for each in Path(folder).iterdir()]
    ['a.txt']
    """
    with _output_errors(path):
        target = _target(path)
        if target.is_dir():
            raise OutputError(f"Cannot write {path}: there is a folder of that name. Choose another name for the file.")
        _remove_left_behind(target)
    draft = _beside(target, "part")
    try:
        with _output_errors(path):
            yield draft
            _flush(draft)
            os.replace(draft, target)
            _flush_folder(target.absolute().parent)
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
        The folder to write. An old one stays unchanged until the block has ended. A link is followed.
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
    made: list[Path] = []
    with _output_errors(path, advice):
        target = _target(path)
        draft = _beside(target, "part")
    try:
        with _output_errors(path, advice):
            check_free(path, may_hold, replace=replace, exists=exists)
            made = _missing_parents(target) if make_parents else []
            for parent in made:
                parent.mkdir(exist_ok=True)
            # Whether a name is too long shows only in a folder that exists.
            _target(path)
            _remove_left_behind(target)
            draft.mkdir()
        if only_writes:
            with _output_errors(path, advice):
                yield draft
        else:
            yield draft
        with _output_errors(path, advice):
            check_free(path, may_hold, replace=replace, exists=exists)
            _flush_tree(draft)
            _swap(draft, target)
            _flush_folder(target.absolute().parent)
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
        If there is a file of that name, or a folder that may not be replaced, or the name is too long.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_free(Path(folder), {"report.html"})
    """
    with _output_errors(path):
        target = _target(path)
        _put_back(target)
        if not target.exists():
            return
        if not target.is_dir():
            raise OutputError(f"Cannot write {path}: there is a file of that name. Choose another name for the folder.")
        is_ours = may_hold if callable(may_hold) else may_hold.__contains__
        others = sorted(each.name for each in target.iterdir() if each.name not in _LITTER and not is_ours(each.name))
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
        If the path cannot exist, or the folder was replaced during each of several attempts. Errors of ``read`` pass
        through if it was not.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("whole")
    ...     read_whole(Path(folder), lambda path: (path / "a.txt").read_text())
    'whole'
    """
    _check_possible(path)
    problem: Exception
    for pause in _PAUSES:
        time.sleep(pause)
        before = _identity(path)
        if before is None:
            _put_back(path)
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


def read_json(path: Path) -> Any:
    """Read a JSON file of a saved folder.

    Raises
    ------
    FormatError
        If the file is missing or is no JSON. The message has the line and column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.json").write_text('{"n": 1}')
    ...     read_json(Path(folder, "a.json"))
    {'n': 1}
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    except RecursionError as error:
        raise FormatError(f"{path} is not JSON of a saved folder: its values are nested too deeply.") from error
    except ValueError as error:
        raise FormatError(f"{path} is not JSON: {str(error).rstrip('.')}.") from error


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of the content of a file, in hexadecimal.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("whole")
    ...     digest_of_file(Path(folder, "a.txt"))[:8]
    '5d5766cf'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, digest: object) -> None:
    """Raise an error if the content of a file has another digest.

    Parameters
    ----------
    path : Path
    digest : str
        As :func:`digest_of_file` returned it when the file was written.

    Raises
    ------
    FormatError
        If the file was damaged or changed, or cannot be read.
    """
    try:
        found = digest_of_file(path)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    if found != digest:
        raise FormatError(
            f"{path} is damaged or of another save: its content does not match the digest that was saved with it. "
            "Save it again, or restore it from a copy."
        )


def digest_of_json(values: object) -> str:
    """Return the SHA-256 of JSON values, whatever the order of keys and the white space in the file.

    Examples
    --------
    >>> digest_of_json({"a": 1, "b": [2]}) == digest_of_json({"b": (2,), "a": 1})
    True
    """
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values with a digest of themselves, to be checked by :func:`check_seal`.

    Examples
    --------
    >>> list(sealed({"n": 1}))
    ['n', 'digest']
    """
    # As they will be read: text as keys, lists instead of tuples.
    plain: dict[str, Any] = json.loads(json.dumps({name: each for name, each in values.items() if name != _SEAL}))
    return plain | {_SEAL: digest_of_json(plain)}


def check_seal(values: Mapping[str, Any], path: Path) -> None:
    """Raise an error if JSON values do not match the digest that :func:`sealed` has given them.

    Parameters
    ----------
    values : mapping
    path : Path
        The file, for the error message.

    Raises
    ------
    FormatError
        If the digest is missing, or the values were damaged or changed.

    Examples
    --------
    >>> check_seal(sealed({"n": 1}), Path("a.json"))
    """
    if values.get(_SEAL) != digest_of_json({name: value for name, value in values.items() if name != _SEAL}):
        raise FormatError(
            f"{path} is damaged: its content does not match its digest. Save it again, or restore it from a copy."
        )


def short_name(stem: str, suffix: str, limit: int = _LONGEST_NAME) -> str:
    """Return a file name that is not too long: a long stem is cut, and ends with a hash.

    Parameters
    ----------
    stem, suffix : str
    limit : int, default=255
        Longest name in bytes of UTF-8.

    Examples
    --------
    >>> short_name("dest", ".parquet"), short_name("origin" * 50, ".parquet", 30)
    ('dest.parquet', 'originorigi~14334e4df2.parquet')
    """
    raw = stem.encode("utf-8", "surrogateescape")
    if len(raw) + len(suffix.encode()) <= limit:
        return stem + suffix
    end = f"~{hashlib.sha256(raw).hexdigest()[:10]}{suffix}"
    # A character or an escape such as %20 that is cut in two is left out.
    kept = raw[: limit - len(end.encode())].decode("utf-8", "ignore")
    return re.sub("%.?$", "", kept) + end


class _Owner(NamedTuple):
    """The process that writes a draft.

    Parameters
    ----------
    host : str
        Hash of the machine, or of the container.
    pid : int
    start : int
        When the process began, in ticks; 0 if unknown. Process ids are used again.
    """

    host: str
    pid: int
    start: int

    @classmethod
    def of_this_process(cls) -> "_Owner":
        return cls(_host(), os.getpid(), _start_of(os.getpid()) or 0)

    def is_gone(self) -> bool | None:
        """Return whether the process has ended; None if that cannot be known from here."""
        if self.host != _host() or os.name != "posix":
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return _start_of(self.pid) not in (self.start, 0)


@cache
def _host() -> str:
    try:
        # Process ids mean the same in one namespace only.
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:6]


def _start_of(pid: int) -> int | None:
    """Return when a process began; 0 if the system does not tell, None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None if os.path.exists("/proc/self/stat") else 0
    # A killed process stays in the list until its parent has asked for its end.
    return None if fields[0] in "ZX" else int(fields[19])


@contextmanager
def _output_errors(path: Path, advice: str = _ADVICE) -> Iterator[None]:
    """Raise an OSError in the block as an OutputError."""
    try:
        yield
    except TabembError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            name = Path(os.fsdecode(error.filename or path)).name
            what = "its name" if name == path.name else f"the name of its file {name[:40]!r}..."
            raise OutputError(
                f"Cannot write {path}: {what} is too long for the file system, which takes {_LONGEST_NAME} bytes in "
                "most cases. Choose a shorter name."
            ) from error
        # Arrow's own text would name the draft.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OutputError(f"Cannot write {path}: {reason}. {advice}") from error


def _check_possible(path: Path) -> None:
    """Raise an error if nothing can be at a path, or it cannot be looked at."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise FormatError(f"{_cut(path)}: it cannot be read ({error.strerror or error}).") from error
    except ValueError as error:
        raise FormatError(f"{str(path)!r} is not the path of a file: {error}.") from error


def _cut(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 400 else f"{text[:200]}...{text[-100:]}"


def _target(path: Path) -> Path:
    """Return the file or folder to write, after following links.

    Raises
    ------
    OSError
        If the path is a device, a pipe or a socket, or cannot exist.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        kind = stat.S_IFREG
    except ValueError as error:
        raise OutputError(f"Cannot write {str(path)!r}: this is not the path of a file ({error}).") from error
    if kind in _SPECIAL:
        raise OutputError(f"Cannot write {path}: it is {_SPECIAL[kind]}, not a file or folder. Choose another name.")
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    # A link to nothing is followed too; its target is checked for its name.
    with suppress(FileNotFoundError):
        target.stat()
    return target


def _beside(path: Path, kind: str) -> Path:
    owner = _Owner.of_this_process()
    return path.absolute().with_name(
        f"{_prefix(path)}{owner.host}-{owner.pid}-{owner.start}-{uuid.uuid4().hex[:8]}.{kind}"
    )


def _prefix(path: Path) -> str:
    return f".{short_name(path.absolute().name, '.', 150)}"


def _drafts(path: Path, kind: str) -> Iterator[tuple[Path, _Owner | None]]:
    """Yield the drafts of a target with their processes, None for those of an earlier version of tabemb."""
    place = path.absolute()
    try:
        names = [each for each in os.listdir(place.parent) if each.endswith(f".{kind}")]
    except OSError:
        return
    wanted = {_prefix(path)[1:-1], place.name[:100]}
    for name in names:
        found = _DRAFT.fullmatch(name)
        if found is not None and found["name"] in wanted:
            named = found["host"] is not None
            owner = _Owner(found["host"], int(found["pid"]), int(found["start"])) if named else None
            yield place.parent / name, owner


def _remove_left_behind(path: Path) -> None:
    """Remove the drafts of a target that nobody writes anymore."""
    if any(_DRAFT.fullmatch(parent.name) for parent in path.absolute().parents):
        return
    _put_back(path)
    moved = _drafts(path, "old") if os.path.lexists(path) else ()
    for draft, owner in [*_drafts(path, "part"), *moved]:
        gone = None if owner is None else owner.is_gone()
        if gone or (gone is None and _age(draft) > _LEFT_BEHIND):
            if draft.is_dir() and not draft.is_symlink():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                with suppress(OSError):
                    draft.unlink()


def _put_back(path: Path) -> None:
    """Put a folder back that a process had moved aside when it was killed."""
    with suppress(OSError, ValueError):
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        if os.path.lexists(target):
            return
        found = []
        for old, owner in _drafts(target, "old"):
            moved, gone = old.lstat().st_ctime, None if owner is None else owner.is_gone()
            if gone or (gone is None and time.time() - moved > _MOVED_ASIDE):
                found.append((moved, old))
        if found:
            max(found)[1].rename(target)


def _age(path: Path) -> float:
    """Return the seconds since something in a draft was changed; 0 if it cannot be known."""
    try:
        times = [path.lstat().st_mtime]
        for folder, _, names in os.walk(path):
            times += [os.lstat(os.path.join(folder, name)).st_mtime for name in (".", *names)]
    except OSError:
        return 0.0
    return time.time() - max(times)


def _missing_parents(path: Path) -> list[Path]:
    """Return the parent folders that do not exist, the outermost first."""
    return [each for each in reversed(path.absolute().parents) if not each.exists()]


def _swap(draft: Path, path: Path) -> None:
    """Replace the folder by the draft."""
    if not path.exists():
        os.replace(draft, path)
    elif _exchange(draft, path):
        shutil.rmtree(draft, ignore_errors=True)
    else:
        _swap_in_two_steps(draft, path)


def _swap_in_two_steps(draft: Path, path: Path) -> None:
    """Replace the folder by the draft. For a moment, there is no folder."""
    old = _beside(path, "old")
    try:
        os.rename(path, old)
        os.replace(draft, path)
    except BaseException:
        if old.exists() and not path.exists():
            os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. Return whether the system could do it."""
    exchange = _system_exchange()
    return exchange is not None and exchange(os.fsencode(one), os.fsencode(other)) == 0


@cache
def _system_exchange() -> Callable[[bytes, bytes], int] | None:
    """Return the system's function that exchanges two paths, None if it has none."""
    try:
        library = ctypes.CDLL(None)
        if platform.system() == "Darwin":
            rename, swap = library.renamex_np, 2
            return lambda one, other: int(rename(one, other, swap))
        rename, here, swap = library.renameat2, -100, 2
        return lambda one, other: int(rename(here, one, here, other, swap))
    except (AttributeError, OSError, TypeError):
        return None


def _flush_tree(path: Path) -> None:
    if any(_DRAFT.fullmatch(parent.name) for parent in path.parents):
        # The draft of the outer folder is flushed as a whole.
        return
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            _flush(Path(folder, name))
        _flush_folder(Path(folder))


def _flush(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    # Windows flushes only files that are open for writing.
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the file system can do it."""
    try:
        _flush(path)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def _is_being_replaced(path: Path) -> bool:
    """Return whether an old folder has been moved aside and the new one is not yet in place."""
    return any(_drafts(Path(os.path.realpath(path)) if path.is_symlink() else path, "old"))


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return numbers that identify a folder, to detect that it was replaced; None if there is no folder."""
    try:
        found = path.stat()
    except OSError:
        return None
    # The inode number of a removed folder may be reused.
    return found.st_dev, found.st_ino, found.st_mtime_ns
