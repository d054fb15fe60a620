"""A run's vectors as files for others, in any format of :mod:`tabemb.vectors.formats`."""

from pathlib import Path

from tabemb.exceptions import OutputError
from tabemb.experiments.runs.folder import RunFolder
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats import FORMATS, FolderFormat, find_format

__all__ = ["export_all", "export_column"]


def export_column(
    run: RunFolder,
    column: str,
    path: str | Path,
    format: str | None = None,  # noqa: A002
) -> list[str]:
    """Write the vectors of one column.

    Parameters
    ----------
    run : RunFolder
    column : str
    path : str or path
        The file; its suffix tells the format. An old one is replaced.
    format : str, optional
        A registered name, for a file with another suffix.

    Returns
    -------
    list of str
        A line that says what was written.

    Raises
    ------
    ColumnError
        When the run has no vectors of that column.
    UnknownNameError
        When no format goes by that suffix or name.
    OutputError
        When the file cannot be written.
    """
    # A wrong suffix is known before anything is read.
    kind, vectors = find_format(path, format), run.vectors[column]
    kind.write(vectors, path)
    return [_told(Path(path), vectors)]


def export_all(
    run: RunFolder,
    path: str | Path,
    format: str | None = None,  # noqa: A002
) -> list[str]:
    """Write the vectors of all columns into one folder, whole or not at all.

    Parameters
    ----------
    run : RunFolder
    path : str or path
        The folder: of TensorBoard's projector where its suffix (or ``format``) says so, else with a file for each
        column. An old one is replaced when nothing else is in it.
    format : str, optional
        A registered name; Parquet by default.

    Returns
    -------
    list of str
        Lines that say what was written.

    Raises
    ------
    UnknownNameError
        When there is no format of that name.
    OutputError
        When the folder cannot be written, holds other things, or is named like a column or a file of vectors.
    """
    path = Path(path)
    by_suffix = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}
    suggested = by_suffix.get(path.suffix.lower())
    kind = find_format(path, format or suggested or "parquet")
    if not run.vectors:
        raise OutputError(f"The run {run.path} has no vectors to write.")
    if str(path) in run.vectors or (suggested is not None and not issubclass(FORMATS[suggested], FolderFormat)):
        column = str(path) if str(path) in run.vectors else next(iter(run.vectors))
        raise OutputError(
            f"{path} would be a folder with the vectors of all columns ({', '.join(run.vectors)}). For one of them "
            f"name it and the file: tabemb export {run.path} {column} {column}{kind.suffixes[0]}"
        )
    places = kind.write_all(run.vectors, path)
    return [_told(place, vectors) for place, vectors in zip(places, run.vectors.values(), strict=True)]


def _told(path: Path, vectors: CategoryVectors) -> str:
    return f"{path}: {vectors.name}, {len(vectors):,} categories x {vectors.dim}"
