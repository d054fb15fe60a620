"""Export the vectors of a run in any format of :mod:`tabemb.vectors.formats`."""

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
        The file; its suffix gives the format. An existing file is replaced.
    format : str, optional
        Name of the format, for a file with another suffix.

    Returns
    -------
    list of str
        A line that describes the file.

    Raises
    ------
    ColumnError
        If the run has no vectors of that column.
    UnknownNameError
        If no format has that suffix or name.
    OutputError
        If the file cannot be written.
    """
    # The format is looked up first, so that a wrong suffix fails before vectors are read.
    kind, vectors = find_format(path, format), run.vectors[column]
    kind.write(vectors, path)
    return [_summary(Path(path), vectors)]


def export_all(
    run: RunFolder,
    path: str | Path,
    format: str | None = None,  # noqa: A002
) -> list[str]:
    """Write the vectors of all columns into one folder, atomically.

    Parameters
    ----------
    run : RunFolder
    path : str or path
        The folder: for the TensorBoard projector if its suffix or ``format`` says so, otherwise with one file per
        column. An existing folder is replaced if it contains nothing else.
    format : str, optional
        Name of the format; Parquet by default.

    Returns
    -------
    list of str
        A line for each column that describes its file.

    Raises
    ------
    UnknownNameError
        If there is no format of that name.
    OutputError
        If the folder cannot be written, contains other files, or is named like a column or a file of vectors.
    """
    path = Path(path)
    by_suffix = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}
    suggested = by_suffix.get(path.suffix.lower())
    kind = find_format(path, format or suggested or "parquet")
    if not run.vectors:
        raise OutputError(f"The run {run.path} has no vectors to export.")
    if str(path) in run.vectors or (suggested is not None and not issubclass(FORMATS[suggested], FolderFormat)):
        column = str(path) if str(path) in run.vectors else next(iter(run.vectors))
        raise OutputError(
            f"{path} would be a folder with the vectors of all columns ({', '.join(run.vectors)}). To export one "
            f"column, give the column and a file: tabemb export {run.path} {column} {column}{kind.suffixes[0]}"
        )
    places = kind.write_all(run.vectors, path)
    return [_summary(place, vectors) for place, vectors in zip(places, run.vectors.values(), strict=True)]


def _summary(path: Path, vectors: CategoryVectors) -> str:
    return f"{path}: {vectors.name}, {len(vectors):,} categories x {vectors.dim}"
