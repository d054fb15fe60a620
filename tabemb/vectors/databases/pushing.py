"""Writing vectors to a database: first everything is looked at, then the rows that differ are written."""

from collections.abc import Iterable, Iterator, Mapping

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.databases.base import METRICS, find_database, open_database, without_password
from tabemb.vectors.databases.names import PREFIX
from tabemb.vectors.databases.notes import read_notes
from tabemb.vectors.databases.plan import Progress, plan_of
from tabemb.vectors.databases.summary import PushSummary
from tabemb.vectors.databases.wanted import Wanted

__all__ = ["push"]


def push(
    vectors: CategoryVectors | Mapping[str, CategoryVectors],
    uri: str,
    *,
    run: str = "",
    columns: Iterable[str] | None = None,
    metric: str = "cosine",
    prefix: str = PREFIX,
    replace: bool = False,
    timeout: float = 5.0,
    progress: Progress | None = None,
) -> PushSummary:
    """Write vectors to a vector database, one collection a column.

    What can be known is known before the first row is written: whether the database answers, whether collections of
    the same names are ours and fit, whether names and keys are short enough. Then rows that are new or different are
    written, and after them those of categories that are gone are removed. A push that is interrupted leaves whole
    rows, old ones and new ones; :func:`~tabemb.vectors.databases.pulling.pull` refuses to read them, and pushing again
    finishes the work.

    Parameters
    ----------
    vectors : CategoryVectors, or mapping from column to CategoryVectors
        ``open_run("runs/flights").vectors`` is such a mapping.
    uri : str
        ``milvus:vectors.db`` (a local file), ``milvus://host:19530/database`` (a server), ``lancedb:vectors`` (a
        local folder).
    run : str, default=""
        The name of the run that the vectors come from; the rows say it.
    columns : iterable of str, optional
        Push these only.
    metric : {"cosine", "dot", "l2"}, default="cosine"
        What searches go by. A vector of zeros is stored as it is; no direction is near to it.
    prefix : str, default="tabemb_"
        What the names of the collections begin with: two runs with columns of the same names keep apart by it.
    replace : bool, default=False
        Whether the vectors of another run, or with other dimensions or another metric, may be replaced.
    timeout : float, default=5.0
        Seconds to wait for a server that does not answer.
    progress : callable, optional
        Called as ``progress(column, done, total)`` with numbers of rows, after each batch.

    Returns
    -------
    PushSummary

    Raises
    ------
    UnknownNameError
        When there is no database of that scheme, or no such metric.
    DataError
        When there are no vectors, or a name, a key or a vector is longer than the database takes.
    ColumnError
        When a column has no vectors.
    OutputError
        When a collection of that name is not ours, or holds something else and ``replace`` is False.
    DatabaseError
        When the database is not there, refuses, or fails.
    MissingExtraError
        When the database's package is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from tabemb.vectors.databases import pull
    >>> vectors = CategoryVectors(["JFK", "LGA", 7], [[1.0, 0.1], [0.9, 0.2], [-1.0, 0.3]], name="dest")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     push(vectors, f"lancedb:{folder}/vectors").written
    ...     pull(f"lancedb:{folder}/vectors", "dest") == vectors
    3
    True
    """
    if metric not in METRICS:
        raise UnknownNameError.among("metric", metric, METRICS)
    kind, _ = find_database(uri)
    wanted = [Wanted.of(column, each, kind, run, metric, prefix) for column, each in _chosen(vectors, columns)]
    with open_database(uri, create=True, timeout=timeout) as database:
        notes = read_notes(database, prefix)
        plans = [plan_of(database, each, notes.get(each.name), replace=replace) for each in wanted]
        for plan in plans:
            plan.carry_out(database, prefix, progress)
    return PushSummary(without_password(uri), tuple(plan.summary() for plan in plans))


def _chosen(
    vectors: CategoryVectors | Mapping[str, CategoryVectors], columns: Iterable[str] | None
) -> Iterator[tuple[str, CategoryVectors]]:
    """Give the columns that are to be pushed, each once."""
    if isinstance(vectors, CategoryVectors):
        vectors = {vectors.name: vectors}
    names = list(vectors) if columns is None else list(dict.fromkeys(columns))
    if not names:
        raise DataError(
            "push needs the vectors of at least one column, and got none. A column of few categories enters one-hot "
            "and has no vectors, unless the model has one_hot_max_categories=0."
        )
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"push takes CategoryVectors by column; a column is named by text, got {name!r}.")
        if name not in vectors:
            known = ", ".join(map(str, vectors)) or "none"
            raise ColumnError(
                f"There are no vectors of a column {name!r}. Columns: {known}.{did_you_mean(name, vectors)}"
            )
        if not isinstance(vectors[name], CategoryVectors):
            raise DataError(f"push takes CategoryVectors by column; got {type(vectors[name]).__name__} for {name!r}.")
        yield name, vectors[name]
