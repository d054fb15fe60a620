"""What notebooks show of vectors: the size, the most frequent categories, and their nearest neighbors."""

from collections.abc import Callable, Mapping
from itertools import islice

import numpy as np

from tabemb.exceptions import TabembError
from tabemb.table.notebook import Markup, as_html_table, html_note, html_text, html_view
from tabemb.vectors.confidence import MOST_JUDGED, Reliability, known_reliability, nearest_neighbors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.search import Search

__all__ = ["store_html", "vectors_html"]

N_CATEGORIES, N_NEIGHBORS, N_COLUMNS, N_EXAMPLES = 8, 3, 20, 3
# The neighbors of more categories take a second array of their size, which a look at them should not.
MOST_SEARCHED = 100_000


def vectors_html(matrix: KeyedMatrix, search: Callable[[], Search]) -> str:
    """Return the vectors of a column as HTML.

    Parameters
    ----------
    matrix : KeyedMatrix
        The vectors.
    search : callable
        Returns the vectors prepared for searches by cosine.
    """
    shown = _most_frequent(matrix)
    keys = [matrix.key_to_index.keys_in_order[row] for row in shown.tolist()]
    columns: dict[str, list[object]] = {"category": [html_text(key) for key in keys]}
    if matrix.counts is not None:
        columns["rows"] = [f"{count:,}" for count in matrix.counts[shown].tolist()]
    known, notes = known_reliability(matrix), []
    warning = "" if known is None else known.warning(matrix.name or "these vectors")
    if warning:
        notes.append(html_note(warning, mark=True))
    elif len(matrix) > MOST_SEARCHED:
        notes.append(html_note(f"Neighbors of more than {MOST_SEARCHED:,} categories: most_similar(key)."))
    elif len(matrix) > 1:
        title = "nearest: cosine" + ("" if known is None else ", confidence")
        columns[title] = list(_neighbors(matrix, shown, search(), with_confidence=known is not None))
        if known is not None:
            notes.append(html_note(_of_confidence(known, len(matrix))))
    if len(shown) < len(matrix):
        which = f"first {len(shown)}" if matrix.counts is None else f"{len(shown)} most frequent"
        notes.insert(0, html_note(f"The {which} of {len(matrix):,} categories."))
    table = as_html_table(list(columns), zip(*columns.values(), strict=True), ["rows"])
    return html_view(type(matrix).__name__, matrix.name, _facts(matrix), table, *notes)


def store_html(vectors: Mapping[str, KeyedMatrix], kind: str) -> str:
    """Return the vectors of several columns as HTML: the size of each, and whether its neighbors mean anything.

    Parameters
    ----------
    vectors : mapping of str to KeyedMatrix
        The vectors of each column.
    kind : str
        Name of the class.
    """
    rows: list[list[object]] = []
    for column in islice(vectors, N_COLUMNS):
        try:
            each = vectors[column]
        except TabembError as error:
            # A file of a run may be damaged; the other columns are shown all the same.
            rows.append([html_text(column), None, None, html_text(error, 500), None])
            continue
        keys = each.key_to_index.keys_in_order
        examples = [html_text(keys[row], 24) for row in _most_frequent(each)[:N_EXAMPLES].tolist()]
        frequent = Markup(", ".join(examples) + (", …" if len(each) > N_EXAMPLES else ""))
        rows.append([html_text(column), f"{len(each):,}", each.dim, frequent, _in_short(known_reliability(each))])
    titles = ["column", "categories", "dimensions", "most frequent", "neighbors in fits to other rows"]
    if not any(row[-1] for row in rows):
        titles, rows = titles[:-1], [row[:-1] for row in rows]
    parts = [as_html_table(titles, rows, ["categories", "dimensions"])] if rows else []
    if len(vectors) > N_COLUMNS:
        parts.append(html_note(f"The first {N_COLUMNS} of {len(vectors):,} columns."))
    return html_view(kind, "", [f"{len(vectors):,} column{'' if len(vectors) == 1 else 's'}"], *parts)


def _most_frequent(matrix: KeyedMatrix) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    if matrix.counts is None:
        return np.arange(min(N_CATEGORIES, len(matrix)))
    return np.argsort(-matrix.counts, kind="stable")[:N_CATEGORIES]


def _facts(matrix: KeyedMatrix) -> list[str]:
    facts = [f"{len(matrix):,} {'category' if len(matrix) == 1 else 'categories'} x {matrix.dim}"]
    if matrix.counts is not None:
        facts.append(f"{int(matrix.counts.sum()):,} rows")
    special = [name for name in ("unknown", "missing") if getattr(matrix, name) is not None]
    return facts + ([f"vectors for {' and '.join(special)} cells"] if special else [])


def _neighbors(
    matrix: KeyedMatrix, shown: "np.ndarray[tuple[int], np.dtype[np.intp]]", search: Search, *, with_confidence: bool
) -> "list[Markup]":
    near = nearest_neighbors(matrix, shown, N_NEIGHBORS, confidence=with_confidence, search=search)
    keys, cells = matrix.key_to_index.keys_in_order, []
    for place, rows in enumerate(near.rows.tolist()):
        chips = []
        for rank, row in enumerate(rows):
            numbers = f"{near.cosines[place, rank]:.2f}"
            if near.confidence is not None:
                numbers += f", {100 * near.confidence[place, rank]:.0f} %"
            chips.append(f'<span class="chip">{html_text(keys[row], 32)} <span class="quiet">{numbers}</span></span>')
        cells.append(Markup(" ".join(chips)))
    return cells


def _of_confidence(known: Reliability, n: int) -> str:
    among = f"Among the {MOST_JUDGED} most frequent" if n > MOST_JUDGED else "In all"
    return (
        "The confidence is how often a neighbor is among the nearest in fits to other rows. "
        f"{among}, {100 * known.share:.0f} % of the {known.k} nearest come back, {100 * known.chance:.0f} % by chance."
    )


def _in_short(known: Reliability | None) -> str:
    if known is None:
        return ""
    share = f"{100 * known.share:.0f} % come back, {100 * known.chance:.0f} % by chance"
    return f"{share}: do not interpret them" if known.by_chance else share
