"""Check what the vectors of one column, or of all columns of a table, have learned."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tabemb.diagnosis import checks
from tabemb.diagnosis.column_shares import ColumnShares
from tabemb.diagnosis.inputs import DiagnosisInputs, TooFewCategoriesError
from tabemb.diagnosis.report import Diagnosis, Finding, TableDiagnosis
from tabemb.diagnosis.side_information import side_columns
from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["diagnose", "diagnose_columns"]

CHECKS = (
    checks.directions,
    checks.lengths,
    checks.rows,
    checks.distance_from_start,
    checks.come_back,
    checks.halves,
    checks.stability,
    checks.beyond_control,
)


def diagnose(
    vectors: CategoryVectors,
    fits: CategoryVectors | Iterable[CategoryVectors] | None = None,
    *,
    side: Any = None,
    control: CategoryVectors | Iterable[CategoryVectors] | None = None,
    untrained: CategoryVectors | None = None,
    halves: Iterable[CategoryVectors] | None = None,
    min_count: int = 1,
    k: int | None = None,
    n_permutations: int = 999,
    random_state: int = 0,
) -> Diagnosis:
    """Check what the vectors of a column have learned, with a verdict in words for each check.

    The vectors alone show in how many directions they differ (effective rank, Roy & Vetterli 2007; information
    abundance, Guo et al. 2024, arXiv:2310.04400; number of dimensions for 95 % of the variance; all of centered
    vectors, weighted by count), whether their length depends on the count, and which were never trained. All other
    checks compare them to something:

    - their ``noise``, if it is known: how many of the nearest neighbors come back in fits to other rows;
    - ``halves``: whether fits to two halves of the rows agree more than by chance, by a permutation test. Vectors that
      know nothing do not, whatever they start from;
    - ``fits``: whether fits with other seeds have the same neighbors (Jaccard index of the nearest), and are similar as
      a whole (linear CKA, Kornblith et al. 2019, arXiv:1905.00414);
    - ``side``: whether neighbors have similar side information, by a permutation test;
    - ``control``: whether the vectors know more than those of permuted targets (control tasks: Hewitt & Liang 2019,
      arXiv:1909.03368). Requires several fits and several controls, preferably three of each;
    - ``untrained``: how far training has moved them.

    :func:`tabemb.diagnosis.model.diagnose_model` computes all of these but ``side``.

    Parameters
    ----------
    vectors : CategoryVectors
        The vectors of a column.
    fits : CategoryVectors or iterable of CategoryVectors, optional
        Vectors of the same column from fits with other seeds.
    side : mapping, pandas.Series or pandas.DataFrame, optional
        Side information: a label or number per category. A DataFrame, indexed by category, has several columns of it.
    control : CategoryVectors or iterable of CategoryVectors, optional
        Vectors of the same column from fits to permuted targets: one permutation, several seeds.
    untrained : CategoryVectors, optional
        The vectors before training.
    halves : iterable of two CategoryVectors, optional
        Vectors of the same column from fits to two halves of the rows.
    min_count : int, default=1
        Minimum count of a category. Rarer ones are left out.
    k : int, optional
        Number of neighbors; by default 10, or a quarter of the other categories if that is less. With more than 5,000
        categories, the most frequent are compared.
    n_permutations : int, default=999
        Number of permutations of each test.
    random_state : int, default=0
        Random seed.

    Returns
    -------
    Diagnosis
        A mapping from the name of a check to its :class:`~tabemb.diagnosis.report.Finding`, with ``concerns`` and
        ``to_frame()``.

    Raises
    ------
    DataError
        If fewer than three categories have a vector of their own, or are also in the vectors to compare to; if
        ``min_count`` is given for vectors without counts; or if a number is out of range.

    Notes
    -----
    If the vectors are slices side by side, as for the body "ensemble", they have each direction once per member. Fewer
    dimensions may then be enough for a member, but not fewer members.

    Examples
    --------
    >>> import numpy as np
    >>> from tabemb import CategoryVectors, diagnose
    >>> places = np.arange(12.0)[:, None] * [1.0, 2.0] + [5.0, 0.0]
    >>> stops = CategoryVectors([f"stop {i}" for i in range(12)], places, name="stop")
    >>> found = diagnose(stops, side={f"stop {i}": i for i in range(12)})
    >>> found["dimensions"].verdict
    "1 of 2 dimensions carry 95 % of the variance; fewer may do (embedding_dim='auto' tries it)."
    >>> found["side correlation"].p_value
    0.001
    """
    inputs = DiagnosisInputs.of(
        vectors,
        fits=fits,
        control=control,
        untrained=untrained,
        halves=halves,
        min_count=min_count,
        k=k,
        n_permutations=n_permutations,
        seed=random_state,
    )
    chosen = inputs.rows()
    return Diagnosis(
        name=vectors.name,
        n_categories=len(vectors),
        n_diagnosed=len(chosen),
        dim=vectors.dim,
        k=inputs.size(len(chosen)),
        findings=tuple(_findings(inputs, side)),
    )


def diagnose_columns(
    columns: Mapping[str, CategoryVectors],
    by_column: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> TableDiagnosis:
    """Diagnose the vectors of each column that has three categories or more.

    Parameters
    ----------
    columns : mapping of str to CategoryVectors
        The vectors of each column.
    by_column : mapping of str to mapping, optional
        Arguments of :func:`diagnose` for some columns: ``fits``, ``control``, ``side``, ``untrained``, ``halves``.
    **settings : dict
        Arguments of :func:`diagnose` for all columns: ``min_count``, ``k``, ``n_permutations``, ``random_state``.

    Returns
    -------
    TableDiagnosis
        A mapping from column to :class:`~tabemb.diagnosis.report.Diagnosis`.

    Raises
    ------
    ColumnError
        If ``by_column`` has a column that ``columns`` lacks.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> stop = CategoryVectors(["a", "b", "c", "d"], [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [2.0, 1.0]], name="stop")
    >>> found = diagnose_columns({"stop": stop, "line": CategoryVectors([1], [[1.0]], name="line")})
    >>> list(found), found.left_out["line"]
    (['stop'], "Column 'line' has 1 category, and 1 with a vector of its own; a diagnosis requires 3. ...")
    """
    given = by_column or {}
    for column in given:
        if column not in columns:
            known = ", ".join(columns) or "none"
            raise ColumnError(
                f"There are no vectors of a column {column!r}. Columns: {known}.{did_you_mean(column, columns)}"
            )
    diagnoses, left_out = {}, {}
    for column, vectors in columns.items():
        try:
            diagnoses[column] = diagnose(vectors, **given.get(column, {}), **settings)
        except TooFewCategoriesError as error:
            left_out[column] = str(error)
    try:
        shares = ColumnShares.of(columns)
    except DataError:
        # The categories of each column have the same vector, so there are no distances to share.
        shares = None
    return TableDiagnosis(diagnoses=diagnoses, left_out=left_out, shares=shares)


def _findings(inputs: DiagnosisInputs, side: Any) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(inputs)
    if side is not None:
        keys = inputs.vectors.index_to_key
        compared = [keys[row] for row in inputs.compared(inputs.rows())]
        for column in side_columns(side, compared, owner=inputs.vectors.owner):
            yield from checks.side_similarity(inputs, column)
