"""A folder appears whole or not at all."""

import os
from pathlib import Path

import pytest

from tabemb.exceptions import OutputError
from tabemb.experiments.staging import check_free, staged_file, staged_folder

PARTS = frozenset({"report.html"})


def write(target, text="new", **options):
    with staged_folder(target, parts=PARTS, **options) as folder:
        (folder / "report.html").write_text(text)


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_the_folder_is_there_at_the_end_and_not_before(tmp_path):
    target = tmp_path / "runs" / "a"
    with staged_folder(target, parts=PARTS) as folder:
        assert not target.exists()
        assert folder.parent == target.parent
    assert names(tmp_path / "runs") == ["a"]


def fail(target, error, **options):
    with staged_folder(target, parts=PARTS, **options) as folder:
        (folder / "report.html").write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_or_an_interruption_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        fail(tmp_path / "runs" / "a", error)
    assert names(tmp_path) == []


def test_an_error_leaves_the_old_one_as_it_was(tmp_path):
    write(tmp_path / "a", "old")
    with pytest.raises(ValueError, match="stop"):
        fail(tmp_path / "a", ValueError("stop"), replace=True)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a" / "report.html").read_text() == "old"


def test_an_old_one_is_replaced_only_when_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("a"), "old")
    with pytest.raises(OutputError) as caught:
        write(Path("a"))
    assert str(caught.value) == (
        "The run a exists already. Replace it with --force (force=True in Python), or choose another name "
        "or output folder."
    )
    write(Path("a"), replace=True)
    assert Path("a/report.html").read_text() == "new"
    assert names(tmp_path) == ["a"]


def test_a_folder_with_other_things_in_it_is_never_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds 'notes\.txt', which no run has written, and is not replaced\."):
        write(tmp_path, replace=True)
    assert names(tmp_path) == ["notes.txt"]


def test_a_folder_with_hidden_work_in_it_is_never_replaced(tmp_path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(OutputError, match=r"holds '\.git', which no run has written"):
        write(tmp_path, replace=True)
    assert names(tmp_path) == [".git"]


def test_a_name_that_was_taken_in_the_meantime_is_not_replaced(tmp_path):
    with pytest.raises(OutputError, match="exists already"), staged_folder(tmp_path / "a", parts=PARTS):
        (tmp_path / "a").mkdir()
    assert names(tmp_path) == ["a"]


def test_an_unwritable_folder_is_found_out_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Cannot write .*: Not a directory\. Choose another output folder\."):
        fail(tmp_path / "file" / "runs" / "a", AssertionError("the work began"))
    with pytest.raises(OutputError, match=r"Cannot write .*file: there is a file of that name\."):
        check_free(tmp_path / "file", PARTS)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"Cannot write .*a: Permission denied\."):
        write(tmp_path / "a")


def test_a_permission_error_is_an_output_error(tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match=r"Cannot write .*a: Permission denied\. Choose another output folder\."):
        write(tmp_path / "a")


def test_a_failed_rename_puts_the_old_one_back(tmp_path, monkeypatch):
    write(tmp_path / "a", "old")
    rename = Path.rename

    def fail_for_the_new_one(self, target):
        if self.name.endswith(".unfinished"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(OutputError, match="No space left on device"):
        write(tmp_path / "a", replace=True)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a" / "report.html").read_text() == "old"


def write_file(target, text, problem=None):
    with staged_file(target) as draft:
        draft.write_text(text)
        if problem is not None:
            raise problem


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "page.html"
    write_file(target, "old")
    with pytest.raises(KeyError):
        write_file(target, "half", KeyError())
    assert target.read_text() == "old"
    write_file(target, "new")
    assert target.read_text() == "new"
    assert names(tmp_path) == ["page.html"]


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*page\.html: No such file"):
        write_file(tmp_path / "nowhere" / "page.html", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*folder: .*Choose a file in a folder"):
        write_file(tmp_path / "folder", "x")
    with pytest.raises(OutputError, match=r"No space left\. Choose a file"):
        write_file(tmp_path / "page.html", "x", OSError(28, "No space left"))
    assert names(tmp_path) == ["folder"]
