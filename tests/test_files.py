"""A file or folder is written as a whole or not at all, and read as a whole while it is replaced."""

import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from tabemb import files
from tabemb.exceptions import DatabaseError, FormatError, OutputError
from tabemb.files import check_free, read_whole, replacing_file, replacing_folder

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


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*page\.html: No such file"):
        write_file(tmp_path / "nowhere" / "page.html", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*folder: .*Choose a folder that exists"):
        write_file(tmp_path / "folder", "x")

    def full():
        with replacing_file(tmp_path / "page.html") as draft:
            draft.write_text("half")
            raise OSError(28, "No space left")

    with pytest.raises(OutputError, match=r"Cannot write .*page\.html: No space left\. Choose a folder"):
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
