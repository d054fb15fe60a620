"""A file or folder is written as a whole or not at all, and read as a whole while it is replaced."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tabemb import files
from tabemb.exceptions import DatabaseError, FormatError, OutputError
from tabemb.files import (
    check_digest,
    check_free,
    check_seal,
    digest_of_file,
    digest_of_json,
    read_json,
    read_whole,
    replacing_file,
    replacing_folder,
    sealed,
    short_name,
)

PARTS = {"a.txt", "b.txt"}


def write_file(path, text):
    with replacing_file(path) as draft:
        draft.write_text(text)


def write_folder(path, text="new", **options):
    with replacing_folder(path, PARTS, **options) as draft:
        (draft / "a.txt").write_text(text)


def fail(path, error, **options):
    with replacing_folder(path, PARTS, **options) as draft:
        (draft / "b.txt").write_text("half")
        raise error


def names(folder):
    return sorted(each.name for each in folder.iterdir())


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_the_target_is_there_at_the_end_and_nothing_else(write, tmp_path):
    write(tmp_path / "target", "old")
    write(tmp_path / "target", "new")
    assert names(tmp_path) == ["target"]
    written = tmp_path / "target"
    assert (written / "a.txt" if written.is_dir() else written).read_text() == "new"


def test_a_folder_is_there_at_the_end_and_not_before(tmp_path):
    target = tmp_path / "runs" / "a"
    with replacing_folder(target, PARTS, make_parents=True) as draft:
        assert not target.exists()
        assert draft.parent == target.parent
    assert names(tmp_path / "runs") == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    "replacing",
    [
        replacing_file,
        lambda path: replacing_folder(path, PARTS),
        lambda path: replacing_folder(path / "deep" / "er", PARTS, make_parents=True),
    ],
)
def test_an_error_or_an_interruption_leaves_nothing(replacing, error, tmp_path):
    def half():
        with replacing(tmp_path / "target") as draft:
            (draft / "a.txt" if draft.is_dir() else draft).write_text("half")
            raise error

    with pytest.raises(error):
        half()
    assert names(tmp_path) == []


def test_a_parent_that_is_used_by_others_meanwhile_is_not_removed(tmp_path):
    def half():
        with replacing_folder(tmp_path / "runs" / "a", PARTS, make_parents=True):
            (tmp_path / "runs" / "b").mkdir()
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        half()
    assert names(tmp_path / "runs") == ["b"]


@pytest.mark.parametrize("options", [{}, {"make_parents": True}, {"only_writes": False}])
def test_an_error_leaves_the_old_folder_as_it_was(options, tmp_path):
    write_folder(tmp_path / "target", "old")
    with pytest.raises(ValueError, match="stop"):
        fail(tmp_path / "target", ValueError("stop"), **options)
    assert names(tmp_path) == ["target"]
    assert names(tmp_path / "target") == ["a.txt"]
    assert (tmp_path / "target" / "a.txt").read_text() == "old"


def test_an_error_leaves_the_old_file_as_it_was(tmp_path):
    write_file(tmp_path / "page.html", "old")

    def half():
        with replacing_file(tmp_path / "page.html") as draft:
            draft.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert (tmp_path / "page.html").read_text() == "old"
    assert names(tmp_path) == ["page.html"]


def fail_for_drafts(monkeypatch, error):
    """Let the renaming of a draft fail, after an old folder has been moved aside."""
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    replace = os.replace

    def refuse(source, target):
        if Path(source).name.endswith(".part"):
            raise error
        return replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)


@pytest.mark.parametrize(
    ("number", "text", "options", "advice"),
    [
        (5, "Input/output error", {}, "Choose a folder that exists and that you may write to."),
        (28, "No space left on device", {"make_parents": True}, "Choose a folder that you may write to."),
    ],
)
def test_a_swap_that_fails_half_way_puts_the_old_folder_back(number, text, options, advice, tmp_path, monkeypatch):
    write_folder(tmp_path / "target", "old")
    fail_for_drafts(monkeypatch, OSError(number, text))
    with pytest.raises(OutputError, match=re.escape(f"Cannot write {tmp_path / 'target'}: {text}. {advice}")):
        write_folder(tmp_path / "target", **options)
    assert names(tmp_path) == ["target"]
    assert (tmp_path / "target" / "a.txt").read_text() == "old"


def test_an_interruption_of_the_swap_puts_the_old_folder_back(tmp_path, monkeypatch):
    write_folder(tmp_path / "target", "old")
    fail_for_drafts(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "target")
    assert names(tmp_path) == ["target"]
    assert (tmp_path / "target" / "a.txt").read_text() == "old"


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_a_relative_path_with_a_long_name(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("x" * 250), "text")
    assert names(tmp_path) == ["x" * 250]


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_the_current_folder_is_not_replaced(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OutputError, match=r"Cannot write \.: "):
        write(Path("."), "text")
    assert names(tmp_path) == ["here"]


# ---------------------------------------------------------------- what may be replaced


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("other", ["thesis.tex", ".git", ".env"])
def test_a_folder_of_other_things_is_never_replaced(other, replace, tmp_path):
    write_folder(tmp_path / "target", "old")
    (tmp_path / "target" / other).mkdir()
    message = f"target: it holds {other!r}, which would be lost. Move it away, or choose another folder."
    with pytest.raises(OutputError, match=re.escape(message)):
        write_folder(tmp_path / "target", replace=replace)
    assert names(tmp_path) == ["target"]
    assert names(tmp_path / "target") == sorted(["a.txt", other])


def test_the_names_may_be_a_predicate(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    check_free(tmp_path, lambda name: name.endswith(".txt"))
    with pytest.raises(OutputError, match=r"it holds 'notes\.txt'"):
        check_free(tmp_path, lambda name: name.endswith(".md"))


def test_what_comes_into_the_old_folder_meanwhile_is_not_lost_either(tmp_path):
    write_folder(tmp_path / "target")

    def slow():
        with replacing_folder(tmp_path / "target", PARTS) as draft:
            (draft / "a.txt").write_text("new")
            (tmp_path / "target" / "new.txt").write_text("")

    with pytest.raises(OutputError, match=r"it holds 'new\.txt'"):
        slow()
    assert names(tmp_path / "target") == ["a.txt", "new.txt"]


def test_an_old_folder_is_replaced_only_if_allowed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(Path("a"), "old")
    with pytest.raises(OutputError) as caught:
        write_folder(Path("a"), replace=False)
    assert str(caught.value) == "Cannot write a: it already exists. Choose another name."
    with pytest.raises(OutputError) as caught:
        write_folder(Path("a"), replace=False, exists="The run {path} already exists.")
    assert str(caught.value) == "The run a already exists."
    assert Path("a/a.txt").read_text() == "old"
    write_folder(Path("a"))
    assert Path("a/a.txt").read_text() == "new"
    assert names(tmp_path) == ["a"]


def test_a_name_that_was_taken_in_the_meantime_is_not_replaced(tmp_path):
    with (
        pytest.raises(OutputError, match="already exists"),
        replacing_folder(tmp_path / "a", PARTS, replace=False),
    ):
        (tmp_path / "a").mkdir()
    assert names(tmp_path) == ["a"]


def test_a_file_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "target").write_text("old")
    message = r"target: there is a file of that name\. Choose another name for the folder\."
    with pytest.raises(OutputError, match=message):
        write_folder(tmp_path / "target")
    with pytest.raises(OutputError, match=message):
        check_free(tmp_path / "target", PARTS)
    assert (tmp_path / "target").read_text() == "old"


def test_an_empty_folder_and_what_file_managers_leave_may_be_replaced(tmp_path):
    (tmp_path / "target").mkdir()
    write_folder(tmp_path / "target")
    (tmp_path / "target" / ".DS_Store").write_text("")
    write_folder(tmp_path / "target")
    assert names(tmp_path / "target") == ["a.txt"]


# ---------------------------------------------------------------- where nothing can be written


def test_an_unwritable_folder_is_found_out_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    message = r"Cannot write .*a: Not a directory\. Choose a folder that you may write to\."
    with pytest.raises(OutputError, match=message):
        fail(tmp_path / "file" / "runs" / "a", AssertionError("the work began"), make_parents=True)
    with pytest.raises(OutputError, match=r"No such file or directory\. Choose a folder that exists and"):
        fail(tmp_path / "runs" / "a", AssertionError("the work began"))
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"Cannot write .*a: Permission denied\."):
        write_folder(tmp_path / "a")


@pytest.mark.parametrize("path", ["a", "runs/a"])
def test_a_permission_error_is_an_output_error(path, tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match=r"Cannot write .*a: Permission denied\. Choose a folder that you may"):
        write_folder(tmp_path / path, make_parents=True)


def test_the_name_of_a_draft_is_in_no_message(tmp_path):
    with pytest.raises(OutputError) as caught, replacing_file(tmp_path / "a.parquet"):
        raise FileNotFoundError(2, "Failed to open local file '.a.parquet.1.part'")
    assert str(caught.value).startswith(f"Cannot write {tmp_path / 'a.parquet'}: No such file or directory. Choose")


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*page\.html: No such file"):
        write_file(tmp_path / "nowhere" / "page.html", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"folder: there is a folder of that name\. Choose another name for the file"):
        write_file(tmp_path / "folder", "x")

    def full():
        with replacing_file(tmp_path / "page.html") as draft:
            draft.write_text("half")
            raise OSError(28, "No space left")

    with pytest.raises(OutputError, match=r"Cannot write .*page\.html: No space left on device\. Choose a folder"):
        full()
    assert names(tmp_path) == ["folder"]


def test_an_os_error_of_a_block_that_does_more_than_write_stays_what_it_is(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*a: No space left"):
        fail(tmp_path / "a", OSError(28, "No space left"))
    with pytest.raises(BrokenPipeError):
        fail(tmp_path / "a", BrokenPipeError(32, "Broken pipe"), only_writes=False)
    with pytest.raises(DatabaseError, match="refused"):
        fail(tmp_path / "a", DatabaseError("refused"))
    assert names(tmp_path) == []


# ---------------------------------------------------------------- reading


def write_pair(path, text):
    with replacing_folder(path, PARTS) as draft:
        for name in PARTS:
            (draft / name).write_text(text)


def read_pair(path):
    return [(path / name).read_text() for name in sorted(PARTS)]


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(tmp_path):
    write_pair(tmp_path / "a", "old")
    calls = []

    def read(path):
        first = (path / "a.txt").read_text()
        if not calls:
            write_pair(path, "new")
        calls.append(first)
        return first, (path / "b.txt").read_text()

    assert read_whole(tmp_path / "a", read) == ("new", "new")
    assert calls == ["old", "new"]


def test_an_error_of_reading_counts_only_if_the_folder_was_not_replaced(tmp_path):
    write_pair(tmp_path / "a", "old")
    calls = []

    def read(path):
        calls.append(path)
        if len(calls) == 1:
            write_pair(path, "new")
        if len(calls) < 3:
            raise FormatError("damaged")

    with pytest.raises(FormatError, match="damaged"):
        read_whole(tmp_path / "a", read)
    assert len(calls) == 2


def test_a_folder_that_is_not_there_is_read_once(tmp_path):
    calls = []
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "none", lambda path: calls.append(path) or read_pair(path))
    assert len(calls) == 1


def test_the_moment_without_a_folder_is_waited_for(tmp_path):
    write_pair(tmp_path / "a", "old")
    (tmp_path / "a").rename(tmp_path / ".a.01234567.old")
    calls = []

    def read(path):
        calls.append(path)
        if len(calls) == 3:
            shutil.copytree(tmp_path / ".a.01234567.old", path)
        return read_pair(path)

    assert read_whole(tmp_path / "a", read) == ["old", "old"]
    assert len(calls) == 4


def test_waiting_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PAUSES", (0.0, 0.001))
    (tmp_path / ".a.01234567.old").mkdir()
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "a", read_pair)
    write_pair(tmp_path / "a", "old")
    with pytest.raises(FormatError, match=r"a was replaced while it was read\. Read it again when nothing writes"):
        read_whole(tmp_path / "a", lambda path: write_pair(path, "new"))


def test_readers_beside_a_writer_never_see_halves(tmp_path):
    path, done, found = tmp_path / "a", threading.Event(), set()
    write_pair(path, "0")

    def write():
        for number in range(1, 60):
            write_pair(path, str(number))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        found.add(tuple(read_whole(path, read_pair)))
    writer.join()
    assert all(a == b for a, b in found)
    assert tuple(read_whole(path, read_pair)) == ("59", "59")


# ---------------------------------------------------------------- faults at every step

# The functions that change the disk. "exchange" is the system call, which cannot be interrupted half way.
STEPS = {
    "mkdir": (os, "mkdir"),
    "open": (os, "open"),
    "fsync": (os, "fsync"),
    "rename": (os, "rename"),
    "replace": (os, "replace"),
    "unlink": (os, "unlink"),
    "rmdir": (os, "rmdir"),
    "exchange": (files, "_exchange"),
}
posix = pytest.mark.skipif(os.name != "posix", reason="kills by signals")


class Faults:
    """Make the n-th change of the disk fail, or kill the process before or after it."""

    def __init__(self, at, action):
        self.at, self.action, self.seen, self.before = at, action, 0, {}

    def __enter__(self):
        for name, (owner, attribute) in STEPS.items():
            self.before[name] = getattr(owner, attribute)
            setattr(owner, attribute, self._wrapped(self.before[name]))
        return self

    def __exit__(self, *_):
        for name, (owner, attribute) in STEPS.items():
            setattr(owner, attribute, self.before[name])

    def _wrapped(self, real):
        def step(*args, **options):
            here = self.seen == self.at
            self.seen += 1
            if here and self.action == "fail":
                raise OSError(5, "Input/output error")
            if here and self.action == "interrupt":
                raise KeyboardInterrupt
            if here and self.action == "kill before":
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                result = real(*args, **options)
            finally:
                if here and self.action == "kill after":
                    os.kill(os.getpid(), signal.SIGKILL)
            if here and self.action == "interrupt after":
                raise KeyboardInterrupt
            return result

        return step


def write_two(path, text):
    """Write a folder of two files, or a file of two lines."""
    if path.suffix:
        write_file(path, f"{text}\n{text}")
    else:
        write_pair(path, text)


def read_two(path):
    return path.read_text().split("\n") if path.suffix else read_pair(path)


def without_exchange(monkeypatch):
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)


def count_steps(path):
    with Faults(-1, "") as counted:
        write_two(path, "new")
    return counted.seen


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("action", ["fail", "interrupt", "interrupt after"])
@pytest.mark.parametrize("name", ["model", "page.html"])
def test_an_error_at_any_step_leaves_the_old_or_the_new(name, action, exchange, tmp_path, monkeypatch):
    if not exchange:
        without_exchange(monkeypatch)
    path = tmp_path / name
    write_two(path, "old")
    n_steps = count_steps(path)
    assert n_steps >= 4
    outcomes = set()
    for at in range(n_steps):
        write_two(path, "old")
        with Faults(at, action):
            try:
                write_two(path, "new")
            except (OutputError, KeyboardInterrupt):
                outcomes.add("error")
        found = read_whole(path, read_two)
        assert found in (["old", "old"], ["new", "new"]), at
        outcomes.add(found[0])
        write_two(path, "next")
        assert read_two(path) == ["next", "next"]
    assert outcomes == {"error", "old", "new"}
    # What an error at the removal left behind is of this process, and goes when it has ended.
    monkeypatch.setattr(files._Owner, "is_gone", lambda self: True)
    write_two(path, "last")
    assert names(tmp_path) == [name]


@posix
@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("action", ["kill before", "kill after"])
@pytest.mark.parametrize("name", ["model", "page.html"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new(name, action, exchange, tmp_path, monkeypatch):
    if not exchange:
        without_exchange(monkeypatch)
    path = tmp_path / name
    write_two(path, "old")
    outcomes = set()
    for at in range(count_steps(path)):
        write_two(path, "old")
        pid = os.fork()
        if pid == 0:
            with Faults(at, action):
                write_two(path, "new")
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        found = read_whole(path, read_two)
        assert found in (["old", "old"], ["new", "new"]), at
        outcomes.add(found[0])
        write_two(path, "next")
        assert read_two(path) == ["next", "next"]
        assert names(tmp_path) == [name], at
    assert outcomes == {"old", "new"}


@posix
@pytest.mark.parametrize("recover", ["read", "check", "save"])
def test_a_folder_moved_aside_by_a_killed_process_is_put_back(recover, tmp_path, monkeypatch):
    without_exchange(monkeypatch)
    path = tmp_path / "model"
    write_pair(path, "old")
    pid = os.fork()
    if pid == 0:
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write_pair(path, "new")
    os.waitpid(pid, 0)
    assert not path.exists()
    if recover == "read":
        assert read_whole(path, read_pair) == ["old", "old"]
    elif recover == "check":
        with pytest.raises(OutputError, match="already exists"):
            check_free(path, PARTS, replace=False)
        assert read_pair(path) == ["old", "old"]
    else:
        with pytest.raises(ValueError, match="stop"):
            fail(path, ValueError("stop"))
        assert read_pair(path) == ["old", "old"]


def test_folders_are_exchanged_in_one_step_where_the_system_can(tmp_path):
    if sys.platform not in ("linux", "darwin"):
        pytest.skip("no exchange of folders")
    write_pair(tmp_path / "a", "a")
    write_pair(tmp_path / "b", "b")
    assert files._exchange(tmp_path / "a", tmp_path / "b")
    assert (read_pair(tmp_path / "a"), read_pair(tmp_path / "b")) == (["b", "b"], ["a", "a"])
    assert not files._exchange(tmp_path / "a", tmp_path / "none")


@pytest.mark.parametrize("name", ["model", "page.html"])
def test_files_and_folders_are_flushed_before_they_are_renamed(name, tmp_path, monkeypatch):
    done, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append(os.fstat(handle).st_ino), fsync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda *args: (done.append("renamed"), replace(*args))[1])
    path = tmp_path / name
    write_two(path, "new")
    before, after = done[: done.index("renamed")], done[done.index("renamed") + 1 :]
    written = [path, *(path.iterdir() if path.is_dir() else ())]
    assert sorted(before) == sorted(each.stat().st_ino for each in written)
    assert after == [tmp_path.stat().st_ino]


# ---------------------------------------------------------------- what killed saves left behind


@posix
@pytest.mark.parametrize("name", ["x.npz", "x", "é" * 120, "n" * 250])
def test_drafts_of_killed_processes_go_with_the_next_save(name, tmp_path):
    write = write_file if "." in name else write_pair
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            write(tmp_path / name, "new")
        os.waitpid(pid, 0)
        # Each has removed the draft of the one before.
        assert len(names(tmp_path)) == 1
    write(tmp_path / name, "new")
    assert names(tmp_path) == [name]


@posix
def test_drafts_of_living_processes_and_of_other_targets_stay(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tabemb.files import replacing_file\n"
        "with replacing_file(Path(sys.argv[1])) as draft:\n"
        "    draft.write_text('x'); print('ready', flush=True); sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x.npz")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "ready\n"
        (draft,) = tmp_path.iterdir()
        os.utime(draft, (0, 0))
        write_file(tmp_path / "x.npz", "mine")
        assert names(tmp_path) == sorted([draft.name, "x.npz"])
        writer.kill()
        writer.wait()
    write_file(tmp_path / "y.npz", "other")
    assert draft.exists()
    write_file(tmp_path / "x.npz", "mine")
    assert names(tmp_path) == ["x.npz", "y.npz"]


@pytest.mark.parametrize("owner", ["", "0123ab-7-99-"])
@pytest.mark.parametrize("kind", ["part", "old"])
def test_drafts_of_other_machines_go_after_an_hour(kind, owner, tmp_path):
    draft = tmp_path / f".x.{owner}01234567.{kind}"
    draft.mkdir()
    (draft / "a.txt").write_text("x")
    path = tmp_path / "x"
    write_folder(path)
    assert names(tmp_path) == [draft.name, "x"]
    os.utime(draft, (0, 0))
    write_folder(path)
    # A file in it was written just now.
    assert names(tmp_path) == [draft.name, "x"]
    recent = time.time() - 3500
    os.utime(draft / "a.txt", (recent, recent))
    write_folder(path)
    assert names(tmp_path) == [draft.name, "x"]
    os.utime(draft / "a.txt", (recent - 200, recent - 200))
    write_folder(path)
    assert names(tmp_path) == ["x"]


def test_hidden_files_of_others_are_not_removed(tmp_path):
    for name in (".x.backup", ".x.part", ".x.1234567.part", ".x.01234567.parts", ".xy.01234567.part"):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (0, 0))
    write_file(tmp_path / "x", "new")
    assert len(names(tmp_path)) == 6


def test_an_owner_that_cannot_be_asked_is_unknown():
    mine = files._Owner.of_this_process()
    assert mine.is_gone() is False
    assert mine._replace(host="0" * 6).is_gone() is None
    if mine.start:
        assert mine._replace(start=mine.start + 1).is_gone()


# ---------------------------------------------------------------- links, devices, names


@pytest.mark.parametrize("write", [write_file, write_pair])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(there, write, tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "v1", tmp_path / "current"
    if there:
        write(target, "old")
    link.symlink_to(Path("real", "v1"))
    write(link, "new")
    assert link.is_symlink()
    assert names(tmp_path) == ["current", "real"]
    assert names(tmp_path / "real") == ["v1"]
    assert (target / "a.txt" if target.is_dir() else target).read_text() == "new"


@pytest.mark.parametrize("write", [write_file, write_pair])
def test_links_in_a_circle_are_refused(write, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match=r"Cannot write .*a: Too many levels of symbolic links"):
        write(tmp_path / "a", "new")
    with pytest.raises(FormatError, match=r"a: it cannot be read \(Too many levels of symbolic links"):
        read_whole(tmp_path / "a", read_pair)


@posix
@pytest.mark.parametrize("write", [write_file, write_pair])
@pytest.mark.parametrize("linked", [True, False])
def test_what_is_no_file_or_folder_is_refused(linked, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        paths = {"pipe": "a named pipe", "socket": "a socket", "/dev/null": "a device"}
        for place, kind in paths.items():
            path = Path(place)
            if linked:
                path = Path("link")
                path.unlink(missing_ok=True)
                path.symlink_to(place)
            before = path.lstat().st_mode
            message = f"Cannot write {path}: it is {kind}, not a file or folder. Choose another name."
            with pytest.raises(OutputError, match=re.escape(message)):
                write(path, "new")
            with pytest.raises(OutputError, match=re.escape(message)):
                check_free(path, PARTS)
            assert path.lstat().st_mode == before


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128, "列" * 86])
def test_a_name_too_long_is_refused_before_the_work(name, tmp_path):
    message = "its name is too long for the file system, which takes 255 bytes in most cases. Choose a shorter name."
    with pytest.raises(OutputError, match=re.escape(message)):
        fail(tmp_path / name, AssertionError("the work began"), only_writes=False)
    with pytest.raises(OutputError, match=re.escape(message)):
        fail(tmp_path / "runs" / name, AssertionError("the work began"), only_writes=False, make_parents=True)
    with pytest.raises(OutputError, match=re.escape(message)):
        check_free(tmp_path / name, PARTS)
    with pytest.raises(OutputError, match=re.escape(message)):
        write_file(tmp_path / name, "x")
    with pytest.raises(FormatError, match=r"it cannot be read \(File name too long"):
        read_whole(tmp_path / name, read_pair)
    assert names(tmp_path) == []


def test_a_file_in_a_folder_with_a_name_too_long_is_named(tmp_path):
    def long():
        with replacing_folder(tmp_path / "a", PARTS) as draft:
            (draft / ("col" * 90)).write_text("")

    with pytest.raises(OutputError, match=r"Cannot write .*a: the name of its file 'colcol[col]+'\.\.\. is too long"):
        long()
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "列" * 85])
@pytest.mark.parametrize("write", [write_file, write_pair])
def test_the_longest_names_are_written(write, name, tmp_path):
    write(tmp_path / name, "old")
    write(tmp_path / name, "new")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_path_that_cannot_exist_is_refused(name, tmp_path):
    with pytest.raises(OutputError, match="this is not the path of a file"):
        write_file(tmp_path / name, "x")
    with pytest.raises(OutputError, match="this is not the path of a file"):
        write_folder(tmp_path / name)
    with pytest.raises(FormatError, match="is not the path of a file"):
        read_whole(tmp_path / name, read_pair)


def test_short_names_differ_and_fit():
    assert short_name("dest", ".parquet") == "dest.parquet"
    assert short_name("x" * 247, ".parquet") == "x" * 247 + ".parquet"
    stems = ["x" * 248, "x" * 249, "x" * 300, "列" * 90, "列" * 91, "%E5%88%97" * 30, "%E5%88%97" * 31, "a\udce9" * 100]
    made = [short_name(stem, ".parquet") for stem in stems]
    assert len(set(made)) == len(stems)
    assert all(200 < len(os.fsencode(each)) <= 255 and each.endswith(".parquet") for each in made)
    assert re.fullmatch("(%[0-9A-F]{2})+~[0-9a-f]{10}[.]parquet", made[5])
    assert [short_name(stem, ".parquet") for stem in stems] == made


# ---------------------------------------------------------------- JSON and digests


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "is not JSON: .*line 1 column 2"),
        (b'{"a":\n[1, 2}', "is not JSON: .*line 2 column 6"),
        (b"\xff\xfe", "is not JSON: 'utf-8' codec"),
        (b"[" * 200_000, "is not JSON of a saved folder: its values are nested too deeply"),
        (b"[" + b"1" * 5000 + b"]", "is not JSON: Exceeds the limit"),
        (b"", "is not JSON: Expecting value"),
    ],
)
def test_broken_json_is_a_format_error_with_file_and_place(raw, message, tmp_path):
    (tmp_path / "a.json").write_bytes(raw)
    with pytest.raises(FormatError, match=rf"a\.json {message}"):
        read_json(tmp_path / "a.json")


def test_json_that_is_missing_or_a_folder_is_a_format_error(tmp_path):
    with pytest.raises(FormatError, match=r"a\.json cannot be read: No such file or directory\."):
        read_json(tmp_path / "a.json")
    with pytest.raises(FormatError, match=r"cannot be read: "):
        read_json(tmp_path)


def test_a_digest_finds_every_changed_bit(tmp_path):
    path, raw = tmp_path / "a.bin", bytes(range(40))
    path.write_bytes(raw)
    digest = digest_of_file(path)
    check_digest(path, digest)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with pytest.raises(FormatError, match=r"a\.bin is damaged or of another save"):
            check_digest(path, digest)
    path.unlink()
    with pytest.raises(FormatError, match=r"a\.bin cannot be read: No such file"):
        check_digest(path, digest)


def test_a_seal_holds_for_any_layout_of_the_same_values_only():
    values = {"b": [1, 2.5, None, "é\ud800", {"x": (1, 2)}], "a": {3: float("inf")}, "z": -0.0}
    seal = sealed(values)
    assert sealed(seal) == seal
    turned = dict(reversed(seal.items()))
    for text in (json.dumps(seal, indent=4), json.dumps(seal, sort_keys=True), json.dumps(turned)):
        check_seal(json.loads(text), Path("a.json"))
    for changed in (seal | {"z": 0.0}, seal | {"new": 1}, values, seal | {"digest": digest_of_json(1)}):
        with pytest.raises(FormatError, match=r"a\.json is damaged: its content does not match its digest"):
            check_seal(changed, Path("a.json"))
