"""Whether a column's vectors have learned anything, and what to look into before they are used."""

import numbers
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tabemb.exceptions import DataError
from tabemb.vectors import figures
from tabemb.vectors.beyond_control import beyond_control
from tabemb.vectors.findings import Diagnosis, Finding
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.side_columns import side_columns
from tabemb.vectors.subject import Subject

if TYPE_CHECKING:
    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Diagnosing"]

QUESTIONS = (
    figures.directions,
    figures.lengths,
    figures.rows,
    figures.way_from_start,
    figures.stability,
    beyond_control,
)


class Diagnosing(KeyedMatrix):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that says what the vectors are worth."""

    __slots__ = ()

    def diagnose(
        self,
        fits: "CategoryVectors | Iterable[CategoryVectors] | None" = None,
        *,
        side: Any = None,
        control: "CategoryVectors | Iterable[CategoryVectors] | None" = None,
        untrained: "CategoryVectors | None" = None,
        min_count: int = 1,
        k: int | None = None,
        n_permutations: int = 999,
        random_state: int = 0,
    ) -> Diagnosis:
        """Measure what the vectors have learned, and say in words what to look into.

        Alone, vectors tell in how many directions they differ (effective rank, Roy & Vetterli 2007; information
        abundance, Guo et al. 2024, arXiv:2310.04400; dimensions for 95 % of the variance; all around the mean, each
        category by its rows), whether their length goes by the count, and which were never trained. The rest takes
        something to hold them against:

        - ``fits``: whether fits with other seeds have the same neighbours (Jaccard index of the nearest), and are alike
          as a whole (linear CKA, Kornblith et al. 2019, arXiv:1905.00414);
        - ``side``: whether near categories are alike in what is known from elsewhere, by a permutation test;
        - ``control``: whether there is more in them than in vectors of targets that were dealt out at random (control
          tasks: Hewitt & Liang 2019, arXiv:1909.03368), where there are several of both: three each had better be;
        - ``untrained``: how far training has moved them.

        :func:`tabemb.estimators.model_diagnosis.diagnose_model` makes all but ``side``.

        Parameters
        ----------
        fits : CategoryVectors or iterable of CategoryVectors, optional
            The same column's vectors of fits with other seeds.
        side : mapping, pandas.Series or pandas.DataFrame, optional
            From category to a label or a number; a frame, indexed by category, has several such columns.
        control : CategoryVectors or iterable of CategoryVectors, optional
            The same column's vectors of fits to permuted targets; several with one permutation and other seeds.
        untrained : CategoryVectors, optional
            The vectors as this fit began.
        min_count : int, default=1
            Categories of fewer rows are left out.
        k : int, optional
            How many neighbours are looked at; 10, or a quarter of the other categories where that is less. Of more than
            5,000 categories the most frequent are compared.
        n_permutations : int, default=999
            Of each permutation test.
        random_state : int, default=0
            Seed of what is drawn.

        Returns
        -------
        Diagnosis
            A mapping from figure to :class:`~tabemb.vectors.findings.Finding`, with ``concerns`` and ``to_frame()``.

        Raises
        ------
        DataError
            When fewer than three categories have a vector of their own, or are shared with what stands beside them, or
            ``min_count`` is asked of vectors without counts, or a number is out of its range.

        Notes
        -----
        Vectors that are slices side by side, as of the body "ensemble", hold each direction once for each member: fewer
        dimensions may do for a member, never fewer members.

        Examples
        --------
        >>> import numpy as np
        >>> from tabemb import CategoryVectors
        >>> places = np.arange(12.0)[:, None] * [1.0, 2.0] + [5.0, 0.0]
        >>> stops = CategoryVectors([f"stop {i}" for i in range(12)], places, name="stop")
        >>> found = stops.diagnose(side={f"stop {i}": i for i in range(12)})
        >>> found["dimensions"].verdict
        "1 of 2 dimensions carry 95 % of the variance; fewer may do (embedding_dim='auto' tries it)."
        >>> found["side correlation"].p_value
        0.001
        """
        whole: CategoryVectors = self  # type: ignore[assignment]
        subject = Subject(
            vectors=whole,
            fits=_several(fits, "fits"),
            control=_several(control, "control"),
            untrained=None if untrained is None else _several(untrained, "untrained")[0],
            min_count=_count("min_count", min_count, 1),
            k=k,
            n_permutations=_count("n_permutations", n_permutations, 1),
            seed=_count("random_state", random_state, 0),
        )
        if self.counts is None and subject.min_count > 1:
            raise DataError(f"{self.owner} came without counts, and min_count goes by them. Leave it out.")
        chosen = subject.rows()
        return Diagnosis(
            name=self.name,
            n_categories=len(self),
            n_diagnosed=len(chosen),
            dim=self.dim,
            k=subject.size(len(chosen)),
            findings=tuple(_findings(subject, side)),
        )


def _findings(subject: Subject, side: Any) -> Iterator[Finding]:
    for question in QUESTIONS:
        yield from question(subject)
    if side is not None:
        keys = subject.vectors.index_to_key
        compared = [keys[row] for row in subject.compared(subject.rows())]
        for column in side_columns(side, compared, owner=subject.vectors.owner):
            yield from figures.alikeness(subject, column)


def _several(given: Any, what: str) -> "tuple[CategoryVectors, ...]":
    if given is None:
        return ()
    if isinstance(given, KeyedMatrix):
        return (given,)  # type: ignore[return-value]
    several = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in several:
        if not isinstance(each, KeyedMatrix):
            raise DataError(f"{what} is CategoryVectors of the same column, or several; got {type(each).__name__}.")
    return several


def _count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise DataError(f"{name} is a whole number from {least}, got {value!r}.")
    return int(value)
