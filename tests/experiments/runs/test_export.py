"""A run's vectors in files for others."""

import re
from pathlib import Path

import pandas as pd
import pytest

import tabemb
from tabemb.exceptions import ColumnError, OutputError, UnknownNameError
from tabemb.experiments.runs.export import export_all, export_column
from tabemb.experiments.runs.folder import RunFolder, RunVectors, open_run, vectors_file
from tabemb.vectors.formats import FORMATS
from tabemb.vectors.formats.projector import load_projector


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a run with the vectors of two columns, opened as ``small`` in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "small"
    (folder / "vectors").mkdir(parents=True)
    for name in ("shape", "from/to"):
        made = tabemb.CategoryVectors(["round", "flat"], [[1.0, 0.5], [0.0, 2.0]], [3, 1], name=name)
        made.save(folder / vectors_file(name), format="parquet")
    return RunFolder(Path("small"), {}, RunVectors(folder, ["shape", "from/to"]))


def names(folder):
    return sorted(each.name for each in Path(folder).iterdir())


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_one_column_in_any_format_by_suffix_or_by_name(name, run):
    suffix = FORMATS[name].suffixes[0]
    assert export_column(run, "from/to", f"places{suffix}") == [f"places{suffix}: from/to, 2 categories x 2"]
    loaded = tabemb.CategoryVectors.load(f"places{suffix}")
    assert loaded.index_to_key == ["round", "flat"]
    export_column(run, "from/to", "places.x", format=name)
    assert tabemb.CategoryVectors.load("places.x", format=name).index_to_key == ["round", "flat"]


def test_all_columns_in_one_folder_for_the_projector(run):
    assert export_all(run, "all.projector") == [
        "all.projector: shape, 2 categories x 2",
        "all.projector: from/to, 2 categories x 2",
    ]
    assert load_projector("all.projector") == dict(run.vectors)
    export_all(run, "other", format="projector")
    assert load_projector("other") == dict(run.vectors)


def test_all_columns_in_a_folder_with_a_file_for_each(run):
    assert export_all(run, "out") == [
        "out/shape.parquet: shape, 2 categories x 2",
        "out/from%2Fto.parquet: from/to, 2 categories x 2",
    ]
    assert names("out") == ["from%2Fto.parquet", "shape.parquet"]
    assert tabemb.CategoryVectors.load("out/shape.parquet") == run.vectors["shape"]
    for _ in range(2):
        export_all(run, "csv", format="csv")
        assert pd.read_csv("csv/shape.csv")["key"].tolist() == ["round", "flat"]
        assert names("csv") == ["from%2Fto.csv", "shape.csv"]
    with pytest.raises(OutputError, match=r"it holds .from%2Fto\.parquet., which would be lost"):
        export_all(run, "out", format="csv")
    with pytest.raises(OutputError, match=r"Cannot write nowhere/out: No such file or directory\."):
        export_all(run, "nowhere/out")


def test_a_folder_of_other_things_is_left_alone(run):
    Path("out").mkdir()
    Path("out/thesis.tex").write_text("")
    for format in (None, "csv", "projector"):  # noqa: A001
        with pytest.raises(OutputError, match=r"thesis\.tex"):
            export_all(run, "out", format=format)
    assert names("out") == ["thesis.tex"]


@pytest.mark.parametrize(
    ("path", "format", "message"),
    [
        ("shape", None, "give the column and a file: tabemb export small shape shape.parquet"),
        ("all.csv", None, "give the column and a file: tabemb export small shape shape.csv"),
        ("all.npz", "csv", "give the column and a file: tabemb export small shape shape.csv"),
    ],
)
def test_one_file_for_all_columns_is_refused_with_the_way_to_do_it(path, format, message, run):  # noqa: A002
    with pytest.raises(
        OutputError, match=re.escape(f"the vectors of all columns (shape, from/to). To export one column, {message}")
    ):
        export_all(run, path, format)
    assert names(".") == ["small"]


def test_a_missing_column_or_format_is_named(run):
    with pytest.raises(ColumnError, match=r"no vectors of a column 'shap'.*Did you mean 'shape'\?"):
        export_column(run, "shap", "x.csv")
    with pytest.raises(UnknownNameError, match=r"No format has the suffix '\.cvs' of 'x\.cvs'"):
        export_column(run, "shape", "x.cvs")
    with pytest.raises(UnknownNameError, match="No format named 'cvs'"):
        export_all(run, "out", "cvs")
    with pytest.raises(OutputError, match=r"Cannot write nowhere/x\.csv: No such file or directory"):
        export_column(run, "shape", "nowhere/x.csv")
    with pytest.raises(OutputError, match="The run small has no vectors to export"):
        export_all(RunFolder(Path("small"), {}, RunVectors(Path("small"), [])), "out")


def test_a_true_run(finished, tmp_path):
    run = open_run(finished[0].path)
    export_all(run, tmp_path / "all.projector")
    assert load_projector(tmp_path / "all.projector") == dict(run.vectors)
