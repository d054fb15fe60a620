"""The users and the items of a recommender in one space, which the explorer shows on one map."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tabemb.experiments.explorer.column_data import labels_of
from tabemb.experiments.explorer.side_table import SideData
from tabemb.experiments.runs.folder import RunFolder
from tabemb.table.keys import family
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["MOST_OF_A_SIDE", "JointSpace", "joint_space"]

# Users, and items: those with the most interactions. t-SNE of twice as many takes half a minute.
MOST_OF_A_SIDE = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointSpace:
    """Vectors of users and items together.

    Parameters
    ----------
    vectors : CategoryVectors
        Unit vectors of items, then of users; their keys are texts such as "film 7" and "user 42".
    names : list of str
        Readable name of each item, empty for users and for items without one.
    side : SideData
        Whether each is a user or an item: the column "kind", whose labels are the names of their columns.
    titled : bool
        Whether items are shown by their readable names.
    """

    vectors: CategoryVectors
    names: list[str]
    side: SideData
    titled: bool


def joint_space(run: RunFolder) -> JointSpace:
    """Return the users and items of a recommender in one space.

    The cosine of a user and an item is that of their vectors, so that items are near the users who are recommended them
    (by some methods, popular items also have a bias or longer vectors).

    Parameters
    ----------
    run : RunFolder
        A run with a recommender. Of more than 2,000 users, or items, those with the most interactions are kept.

    Raises
    ------
    FormatError
        If it has no recommender.
    """
    run.recommender()
    section = run.config.recommend
    sides = [section.item_key, section.user_key]
    parts = [run.vectors[name] for name in sides]
    keys, names, rows, counts, codes = [], [], [], [], []
    for code, (name, vectors) in enumerate(zip(sides, parts, strict=True)):
        kept = _most_frequent(vectors)
        readable = run.names(name)
        for row in kept.tolist():
            key = vectors.index_to_key[row]
            keys.append(f"{name} {key}")
            names.append(readable.get(key, ""))
        rows.append(_unit(vectors.vectors[kept]))
        counts.append(np.zeros(len(kept)) if vectors.counts is None else np.asarray(vectors.counts)[kept])
        codes += [code] * len(kept)
    joint = CategoryVectors(
        labels_of(keys), np.vstack(rows), np.concatenate(counts).astype(np.int64), name=f"{sides[1]} and {sides[0]}"
    )
    kind = {"name": "kind", "kind": "label", "labels": sides, "codes": codes}
    side = SideData(source="the run", key="", n_found=len(keys), names=names, columns=[kind])
    # As the column of the items itself.
    titled = "text" not in {family(key) for key in parts[0].index_to_key} and any(names)
    return JointSpace(vectors=joint, names=names, side=side, titled=titled)


def _most_frequent(vectors: CategoryVectors) -> npt.NDArray[np.intp]:
    """Return the rows of the most frequent categories, in their order."""
    counts = np.zeros(len(vectors)) if vectors.counts is None else np.asarray(vectors.counts, float)
    return np.sort(np.argsort(-counts, kind="stable")[:MOST_OF_A_SIDE])


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
