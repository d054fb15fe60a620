"""A note on what a collection holds, kept in a collection beside it: whose it is, and whether a push was finished."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Note"]

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is known of a pushed column beside its rows.

    Parameters
    ----------
    column, run, metric : str
    n : int
        How many categories.
    dim : int
    unknown, missing : tuple of float, optional
        The vectors of categories that were not seen in training, and of missing cells.
    complete : bool
        Whether the push that wrote it was finished.

    Examples
    --------
    >>> note = Note.of(CategoryVectors(["JFK"], [[0.1, 0.5]]), column="dest", run="flights", metric="cosine")
    >>> Note.from_json(note.to_json()) == note
    True
    """

    column: str
    run: str
    metric: str
    n: int
    dim: int
    unknown: tuple[float, ...] | None
    missing: tuple[float, ...] | None
    complete: bool

    @classmethod
    def of(cls, vectors: CategoryVectors, *, column: str, run: str, metric: str) -> "Note":
        """Return the note for vectors that are wholly there."""
        return cls(
            column=column,
            run=run,
            metric=metric,
            n=len(vectors),
            dim=vectors.dim,
            unknown=_numbers(vectors.unknown),
            missing=_numbers(vectors.missing),
            complete=True,
        )

    def begun(self) -> "Note":
        """Return the note for the time while its rows are being written."""
        return replace(self, complete=False)

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps({"format": _FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> "Note":
        """Return the note that :meth:`to_json` wrote.

        Raises
        ------
        FormatError
            When it is none, or one of a newer tabemb.
        """
        try:
            values: Any = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, Mapping) or "format" not in values:
            raise FormatError(f"expected a note that tabemb has written, got {text[:80]!r}.")
        if values["format"] != _FORMAT:
            raise FormatError(
                f"expected format {_FORMAT} of tabemb's notes, got {values['format']!r}. "
                "A newer tabemb has written it; update tabemb to use it."
            )
        try:
            lists = {name: None if values[name] is None else tuple(values[name]) for name in ("unknown", "missing")}
            return cls(**{name: value for name, value in values.items() if name != "format"} | lists)
        except (KeyError, TypeError) as error:
            raise FormatError(f"expected a note that tabemb has written, got {text[:80]!r}.") from error


def _numbers(vector: npt.NDArray[np.float32] | None) -> tuple[float, ...] | None:
    # The shortest text that is this float32 again: half as long as that of the same number as a Python float.
    return None if vector is None else tuple(float(str(number)) for number in vector)
