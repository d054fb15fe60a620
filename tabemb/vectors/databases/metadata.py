"""Metadata of the collections in a database: which column each holds, and whether it was written completely.

They are stored in a separate collection, ``tabemb__notes``. The JSON is in the field ``key_json``.
"""

import json
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DatabaseError, FormatError, OutputError, reading
from tabemb.vectors.databases.base import Database, metadata_collection
from tabemb.vectors.databases.rows import is_row_schema, row_id, schema_of, text_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["CollectionMetadata", "metadata_row", "read_metadata", "write_metadata"]

_FORMAT, _WITHOUT_DIGEST = 2, 1
# Vector databases require a vector in each row; this collection is never searched.
_DIM, _NO_VECTOR = 2, [1.0, 0.0]
# Names of metrics in the database, where they differ from tabemb's.
_STORED_METRICS = {"euclidean": "l2"}
_METRICS = {stored: metric for metric, stored in _STORED_METRICS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionMetadata:
    """The metadata of a collection.

    Parameters
    ----------
    column, run, metric : str
    n : int
        Number of categories.
    dim : int
        Length of a vector.
    unknown, missing : tuple of float, optional
        Vectors of categories not seen in training, and of missing cells.
    complete : bool
        Whether the push that wrote the collection finished.
    digest : str, optional
        Digest of the rows, from :func:`~tabemb.vectors.databases.rows.digest_of_rows`.
    push : str, optional
        Identifies the push that wrote the metadata.

    Examples
    --------
    >>> matrix = KeyedMatrix(["JFK"], [[0.1, 0.5]])
    >>> metadata = CollectionMetadata.of(matrix, column="dest", run="flights", metric="cosine")
    >>> CollectionMetadata.from_json(metadata.to_json()) == metadata
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
    digest: str | None = None
    push: str | None = None

    @classmethod
    def of(
        cls, vectors: KeyedMatrix, *, column: str, run: str, metric: str, digest: str | None = None
    ) -> "CollectionMetadata":
        """Return the metadata of vectors that are written completely."""
        return cls(
            column=column,
            run=run,
            metric=metric,
            n=len(vectors),
            dim=vectors.dim,
            unknown=_numbers(vectors.unknown),
            missing=_numbers(vectors.missing),
            complete=True,
            digest=digest,
            push=uuid.uuid4().hex,
        )

    def incomplete(self) -> "CollectionMetadata":
        """Return the metadata to store while the rows are being written."""
        return replace(self, complete=False)

    def describes_the_same(self, other: "CollectionMetadata | None") -> bool:
        """Return whether other metadata differs at most in the push."""
        return other is not None and replace(other, push=self.push) == self

    def to_json(self) -> str:
        """Return the metadata as JSON."""
        values = asdict(self) | {"metric": _STORED_METRICS.get(self.metric, self.metric)}
        optional = {name: values.pop(name) for name in ("digest", "push")}
        known = {name: value for name, value in optional.items() if value is not None}
        return json.dumps({"format": _FORMAT if known else _WITHOUT_DIGEST, **values, **known})

    @classmethod
    def from_json(cls, text: str) -> "CollectionMetadata":
        """Return the metadata that :meth:`to_json` wrote.

        Raises
        ------
        FormatError
            If the text is something else, or was written by a newer version of tabemb.
        """
        shown = repr(text[:80]).replace("{", "{{").replace("}", "}}")
        with reading("expected metadata", "", message=f"{{place}} written by tabemb, got {shown}."):
            values: Any = json.loads(text)
            if values["format"] not in (_WITHOUT_DIGEST, _FORMAT):
                raise FormatError(
                    f"expected metadata in format {_FORMAT}, got {values['format']!r}. "
                    "A newer version of tabemb wrote it; update tabemb to use it."
                )
            lists = {name: _vector(values[name]) for name in ("unknown", "missing")}
            metric = _METRICS.get(values["metric"], values["metric"])
            others = {name: value for name, value in values.items() if name != "format"}
            metadata = cls(**others | lists | {"metric": metric})
            metadata._check_types()
        return metadata

    def _check_types(self) -> None:
        """Raise a TypeError if a value has another type than the metadata of a collection."""
        texts = [self.column, self.run, self.metric, *(each for each in (self.digest, self.push) if each is not None)]
        numbers = [*(self.unknown or ()), *(self.missing or ())]
        if (
            not all(isinstance(text, str) for text in texts)
            or not all(type(number) in (int, float) for number in numbers)
            or not all(type(count) is int and count >= 0 for count in (self.n, self.dim))
            or type(self.complete) is not bool
        ):
            raise TypeError


def read_metadata(database: Database, prefix: str) -> dict[str, CollectionMetadata]:
    """Return the metadata of all collections, by the name of the collection.

    Raises
    ------
    OutputError
        If another program has written the collection of metadata.
    FormatError
        If metadata cannot be read.
    """
    name = metadata_collection(prefix)
    layout = database.layout(name)
    if layout is None:
        return {}
    if not is_row_schema(layout, _DIM):
        raise OutputError(
            f"The collection {name!r} should hold tabemb's metadata, but tabemb has not written it: it has the fields "
            f"{', '.join(layout.names)}. Choose another prefix: --prefix (prefix=... in Python)."
        )
    try:
        return {
            row["key"]: CollectionMetadata.from_json(row["key_json"])
            for rows in database.read(name)
            for row in rows.select(["key", "key_json"]).to_pylist()
        }
    except FormatError as error:
        raise FormatError(f"The collection {name!r}: {error}") from error


def write_metadata(database: Database, prefix: str, name: str, metadata: CollectionMetadata) -> None:
    """Write the metadata of a collection, replacing older metadata of it."""
    collection = metadata_collection(prefix)
    if database.layout(collection) is None:
        try:
            database.create(collection, _DIM, "cosine")
        except DatabaseError:
            # Another push may have created it meanwhile.
            if database.layout(collection) is None:
                raise
    database.upsert(collection, metadata_row(name, metadata))
    database.finish(collection)


def metadata_row(name: str, metadata: CollectionMetadata) -> pa.Table:
    """Return the metadata of a collection as a row of the database."""
    row = {
        "id": row_id(name),
        "key": name,
        "key_json": metadata.to_json(),
        "count": metadata.n,
        "position": 0,
        "column": text_of(metadata.column),
        "run": text_of(metadata.run),
        "vector": _NO_VECTOR,
    }
    return pa.Table.from_pylist([row], schema=schema_of(_DIM))


def _vector(value: Any) -> tuple[Any, ...] | None:
    if value is not None and not isinstance(value, list):
        raise TypeError
    return None if value is None else tuple(value)


def _numbers(vector: npt.NDArray[np.float32] | None) -> tuple[float, ...] | None:
    # The shortest text that gives this float32 again is half as long as that of the same number as a Python float.
    return None if vector is None else tuple(float(str(number)) for number in vector)
