"""A file or a folder is there whole, or as it was."""

import os
import re
from pathlib import Path

import pytest

from tabemb.exceptions import OutputError
from tabemb.vectors.formats.replacing import replacing_file, replacing_folder

PARTS = {"a.txt", "b.txt"}


def write_file(path, text):
    with replacing_file(path) as draft:
        draft.write_text(text)


def write_folder(path, text="new"):
    with replacing_folder(path, PARTS.__contains__) as draft:
        (draft / "a.txt").write_text(text)


def names(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_the_target_is_there_at_the_end_and_nothing_else(write, tmp_path):
    write(tmp_path / "target", "old")
    write(tmp_path / "target", "new")
    assert names(tmp_path) == ["target"]
    written = tmp_path / "target"
    assert (written / "a.txt" if written.is_dir() else written).read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("replacing", [replacing_file, lambda path: replacing_folder(path, PARTS.__contains__)])
def test_an_error_or_an_interruption_leaves_nothing(replacing, error, tmp_path):
    def half():
        with replacing(tmp_path / "target") as draft:
            (draft / "a.txt" if draft.is_dir() else draft).write_text("half")
            raise error

    with pytest.raises(error):
        half()
    assert names(tmp_path) == []


def test_an_error_leaves_the_old_folder_as_it_was(tmp_path):
    write_folder(tmp_path / "target", "old")

    def half():
        with replacing_folder(tmp_path / "target", PARTS.__contains__) as draft:
            (draft / "b.txt").write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        half()
    assert names(tmp_path) == ["target"]
    assert names(tmp_path / "target") == ["a.txt"]


def test_a_swap_that_fails_half_way_puts_the_old_folder_back(tmp_path, monkeypatch):
    write_folder(tmp_path / "target", "old")

    def fail(source, target):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match=r"Cannot write .*target: Input/output error\. Choose a folder that exists"):
        write_folder(tmp_path / "target")
    assert names(tmp_path) == ["target"]
    assert (tmp_path / "target" / "a.txt").read_text() == "old"


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    write_folder(tmp_path / "target")
    (tmp_path / "target" / "thesis.tex").write_text("years of work")
    message = "target: it holds 'thesis.tex', which would be lost. Move that away, or choose another folder."
    with pytest.raises(OutputError, match=re.escape(message)):
        write_folder(tmp_path / "target")
    assert names(tmp_path / "target") == ["a.txt", "thesis.tex"]


def test_what_comes_into_the_old_folder_meanwhile_is_not_lost_either(tmp_path):
    write_folder(tmp_path / "target")

    def slow():
        with replacing_folder(tmp_path / "target", PARTS.__contains__) as draft:
            (draft / "a.txt").write_text("new")
            (tmp_path / "target" / "new.txt").write_text("")

    with pytest.raises(OutputError, match=r"it holds 'new\.txt'"):
        slow()
    assert names(tmp_path / "target") == ["a.txt", "new.txt"]


def test_a_file_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "target").write_text("old")
    with pytest.raises(
        OutputError, match=r"target: there is a file of that name\. Choose another name for the folder\."
    ):
        write_folder(tmp_path / "target")
    assert (tmp_path / "target").read_text() == "old"


def test_an_empty_folder_and_what_file_managers_leave_are_no_things(tmp_path):
    (tmp_path / "target").mkdir()
    write_folder(tmp_path / "target")
    (tmp_path / "target" / ".DS_Store").write_text("")
    write_folder(tmp_path / "target")
    assert names(tmp_path / "target") == ["a.txt"]


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_a_relative_path_with_a_long_name(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("x" * 250), "text")
    assert names(tmp_path) == ["x" * 250]


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_where_one_stands_is_not_replaced(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OutputError, match=r"Cannot write \.: "):
        write(Path("."), "text")
    assert names(tmp_path) == ["here"]
