"""What the vectors of a run know: how often neighbors come back, and the lists of neighbors that are most certain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from tabemb.experiments import numbers
from tabemb.experiments.comparison.cost_words import and_list
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.confidence import MOST_JUDGED, Reliability, known_reliability, nearest_neighbors
from tabemb.vectors.plots.labels import shorten

__all__ = [
    "NO_VECTORS",
    "UNKNOWN_CONFIDENCE",
    "UNKNOWN_WITHOUT_FOLDS",
    "CertainNeighbors",
    "NamedCategory",
    "NeighborList",
    "certain_neighbors",
]

NO_VECTORS = (
    "This run has no vectors: columns with few categories are one-hot encoded, unless the experiment sets model: "
    "{one_hot_max_categories: 0}. Vectors found by hashes belong to no list of categories."
)
IT_TAKES = "it takes at least three folds that leave out each row once (validation: {kind: kfold})."
UNKNOWN_CONFIDENCE = f"How sure these neighbors are is not known: {IT_TAKES}"
UNKNOWN_WITHOUT_FOLDS = "How sure these neighbors are is not known for this objective."
NOT_JUDGED = f"Whether similar categories are similar again in fits to other rows is not known: {IT_TAKES}"
NOT_ESTIMATED = "Whether similar categories are similar again in fits to other rows is not known for this objective."
NO_NEIGHBORS = "No column has the three categories with vectors that it takes to compare neighbors."
ADVICE = (
    "do not interpret them. More rows, fewer rare categories (min_frequency), or other columns that describe the "
    "categories help."
)
N_LISTS, N_SHOWN, N_NEAREST = 4, 3, 5
# Lists are those of the most frequent categories of a column; if some have a readable name, of these.
N_CANDIDATES, N_SEARCHED = 20, 100
# Columns that the answer names.
MOST_NAMED = 5
FEWEST = 3
KEY_WIDTH, COLUMN_WIDTH, LABEL_WIDTH = 24, 32, 48


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCategory:
    """A category of a list of neighbors.

    Parameters
    ----------
    key : str
        The key, shortened.
    label : str
        Its readable name, shortened; empty if it has none.
    cosine : float
        Cosine to the category whose neighbor it is; 1 for that category itself.
    confidence : float or None
        How often it is among the nearest in fits to other rows; None if unknown, or for the category itself.
    """

    key: str
    label: str = ""
    cosine: float = 1.0
    confidence: float | None = None

    @property
    def certainty(self) -> str:
        """How often it comes back, or if that is unknown, the cosine."""
        return f"cosine {self.cosine:.2f}" if self.confidence is None else numbers.percent(self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborList:
    """A category with its nearest neighbors.

    Parameters
    ----------
    column : str
        The column, shortened.
    category : NamedCategory
        The category.
    nearest : tuple of NamedCategory
        Its nearest neighbors, the nearest first.
    """

    column: str
    category: NamedCategory
    nearest: tuple[NamedCategory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertainNeighbors:
    """What the vectors of a run know.

    Parameters
    ----------
    answer : str
        How often neighbors come back in fits to other rows, and in which columns no more often than by chance.
    lists : tuple of NeighborList
        The lists of neighbors that are most certain.
    note : str
        What the numbers beside the neighbors are; empty without lists.
    """

    answer: str
    lists: tuple[NeighborList, ...] = ()
    note: str = ""


def certain_neighbors(
    vectors: Mapping[str, CategoryVectors], labels: Mapping[str, Mapping] | None = None, *, by_folds: bool = True
) -> CertainNeighbors:
    """Return what the vectors of a run know: an answer in a sentence or two, and the most certain lists of neighbors.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    labels : mapping of str to mapping, optional
        Readable names of the keys of each column.
    by_folds : bool, default=True
        Whether the folds of a comparison tell how often neighbors come back, which is said if they are missing.

    Returns
    -------
    CertainNeighbors
        At most four lists, of different columns if possible, beginning with the column whose neighbors come back most
        often compared with chance. Columns in which they come back no more often than by chance have none. If it is
        unknown how often they come back, the lists are those of the most frequent categories.

    Examples
    --------
    >>> cities = CategoryVectors(["BOS", "JFK", "SFO"], [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], [9, 5, 3], name="dest")
    >>> known = certain_neighbors({"dest": cities})
    >>> [(each.key, each.certainty) for each in known.lists[0].nearest]
    [('JFK', 'cosine 0.99'), ('SFO', 'cosine 0.00')]
    """
    if not vectors:
        return CertainNeighbors(answer=NO_VECTORS)
    enough = {column: each for column, each in vectors.items() if _has_neighbors(each)}
    if not enough:
        return CertainNeighbors(answer=NO_NEIGHBORS)
    judged = {column: known_reliability(each) for column, each in enough.items()}
    known = {column: each for column, each in judged.items() if each is not None}
    if not known:
        by_size = sorted(enough, key=lambda column: -len(enough[column]))[:N_LISTS]
        lists = _choose([_lists(column, enough[column], labels, None) for column in by_size])
        return CertainNeighbors(
            answer=NOT_JUDGED if by_folds else NOT_ESTIMATED, lists=lists, note=_note(is_known=False)
        )
    sure = [column for column in known if not known[column].by_chance]
    # Among few categories, neighbors often come back by chance.
    sure.sort(key=lambda column: -known[column].share / known[column].chance)
    lists = _choose([_lists(column, enough[column], labels, known[column]) for column in sure])
    chance = [column for column in known if known[column].by_chance]
    answer = " ".join(filter(None, [_stable(sure, known), _random(chance, known)]))
    has_many = any(len(vectors[column]) > MOST_JUDGED for column in sure)
    return CertainNeighbors(answer=answer, lists=lists, note=_note(is_known=True, has_many=has_many) if lists else "")


def _has_neighbors(vectors: CategoryVectors) -> bool:
    return len(vectors) >= FEWEST and bool(np.any(vectors.vectors))


def _stable(columns: Sequence[str], known: Mapping[str, Reliability]) -> str:
    """Say how often the neighbors of columns come back; empty without columns."""
    if not columns:
        return ""

    def shares(column: str, verb: str, chance: str) -> str:
        each = known[column]
        name = shorten(column, COLUMN_WIDTH)
        return f"of {name} {numbers.percent(each.share)}{verb} ({numbers.percent(each.chance)}{chance})"

    first, *others = columns[:MOST_NAMED]
    clauses = [shares(first, " come back", " by chance"), *(shares(each, "", "") for each in others)]
    if len(columns) > MOST_NAMED:
        more = len(columns) - MOST_NAMED
        clauses.append(f"of {'another column' if more == 1 else f'{more} more columns'} less often")
    return f"Similar categories are similar again in fits to other rows: of the nearest neighbors {and_list(clauses)}."


def _random(columns: Sequence[str], known: Mapping[str, Reliability]) -> str:
    """Warn of columns whose neighbors come back by chance only; empty without columns."""
    if not columns:
        return ""
    if len(columns) == 1:
        return known[columns[0]].warning(shorten(columns[0], COLUMN_WIDTH))
    names = [shorten(column, COLUMN_WIDTH) for column in columns[:MOST_NAMED]]
    if len(columns) > MOST_NAMED:
        more = len(columns) - MOST_NAMED
        names.append("another column" if more == 1 else f"{more} more columns")
    return f"The neighbors of {and_list(names)} are no more stable than random ones: {ADVICE}"


def _note(*, is_known: bool, has_many: bool = False) -> str:
    """Say what the lists are; ``has_many`` if a column has more categories than its share is about."""
    if is_known:
        note = (
            f"The most certain lists. Percent: how often a neighbor is among the {N_NEAREST} nearest in fits to other "
            "rows; in columns with few categories, among the nearest half."
        )
        # Rare categories come back less often, and there are more of them to come back from.
        among = f" The shares of columns are those of their {MOST_JUDGED} most frequent categories, among each other."
        return note + among if has_many else note
    return "The most frequent categories of the largest columns."


def _lists(
    column: str, vectors: CategoryVectors, labels: Mapping[str, Mapping] | None, known: Reliability | None
) -> list[NeighborList]:
    """Return the lists of the most frequent categories of a column, the most certain first."""
    names = (labels or {}).get(column, {})
    keys, asked = vectors.index_to_key, np.arange(min(N_SEARCHED, len(vectors)))
    readable = np.array([row for row in asked.tolist() if isinstance(names.get(keys[row]), str)], np.intp)
    asked = (readable if len(readable) else asked)[:N_CANDIDATES]
    near = nearest_neighbors(vectors, asked, N_NEAREST, confidence=known is not None)

    def named(row: int, cosine: float = 1.0, confidence: float | None = None) -> NamedCategory:
        label = names.get(keys[row])
        label = shorten(label, LABEL_WIDTH, end=0.0) if isinstance(label, str) else ""
        return NamedCategory(key=shorten(keys[row], KEY_WIDTH), label=label, cosine=cosine, confidence=confidence)

    lists = []
    for i, row in enumerate(asked.tolist()):
        nearest = tuple(
            named(other, float(near.cosines[i, j]), None if near.confidence is None else float(near.confidence[i, j]))
            for j, other in enumerate(near.rows[i, :N_SHOWN].tolist())
        )
        lists.append(NeighborList(column=shorten(column, COLUMN_WIDTH), category=named(row), nearest=nearest))
    return sorted(lists, key=lambda each: -sum(other.confidence or 0.0 for other in each.nearest))


def _choose(columns: Sequence[Sequence[NeighborList]]) -> tuple[NeighborList, ...]:
    """Return the first list of each column, then the second of each ... up to four."""
    distinct = [_distinct(lists) for lists in columns]
    return tuple(each for row in zip_longest(*distinct) for each in row if each is not None)[:N_LISTS]


def _distinct(lists: Sequence[NeighborList]) -> Iterator[NeighborList]:
    """Yield lists whose category is not in an earlier one: the same group of categories would be shown twice."""
    seen: set[Any] = set()
    for each in lists:
        if each.category.key not in seen:
            seen |= {each.category.key, *(near.key for near in each.nearest)}
            yield each
