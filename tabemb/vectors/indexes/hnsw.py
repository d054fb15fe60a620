"""The approximate index, a graph of near rows (HNSW) by usearch; and the kind that chooses by size."""

import hashlib
import importlib.util
import json
import numbers
from dataclasses import asdict, dataclass, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, FormatError, MissingExtraError, reading
from tabemb.files import replacing_file
from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex
from tabemb.vectors.indexes.exact import Exact
from tabemb.vectors.metrics import METRICS, SimilarityMetric
from tabemb.vectors.search import Search

__all__ = ["Auto", "Hnsw", "HnswIndex", "load_hnsw"]

Float32s = npt.NDArray[np.float32]

_MAGIC = b"tabemb.index\n"
_VERSION = 1
_DAMAGED = "{place}: the header of the index is damaged: {reason}. Build it again."
# Beyond any useful one; usearch takes memory in proportion.
_LARGEST_PARAMETER = 2**20
# Rows that threads add at the same time are not linked to each other, so some of the first ones would never be found.
ROWS_IN_TURN = 4096
# Measured by benchmarks/nearest.py.
HNSW_FROM = 100_000


@INDEXES.register("hnsw")
@dataclass(frozen=True, slots=True)
class Hnsw(IndexKind):
    """Approximate search in a hierarchical navigable small world graph. Requires the extra ``index``.

    Malkov & Yashunin (2020), "Efficient and robust approximate nearest neighbor search using hierarchical navigable
    small world graphs".

    Recall depends on the data. Of the 10 nearest among 1,000,000 x 32 of a mixture of Gaussians the defaults found
    99.5 %; of points drawn uniformly in 32 dimensions, the worst case, 72 %, and 95 % with ``expansion_search=256``
    (``benchmarks/nearest.py``).

    Parameters
    ----------
    connectivity : int, default=16
        Number of links per row (M in the paper). More improve recall and take more memory: 4 to 8 bytes each per row.
    expansion_add : int, default=64
        Number of candidates while building (efConstruction). More improve recall and take longer to build.
    expansion_search : int, default=64
        Number of candidates while searching (ef), at least ``topn``. More improve recall and slow the search. It can be
        changed later: ``index.expansion_search = 256``.
    threads : int, default=0
        Number of threads that build and search; 0 means one per core. Only 1 makes the graph, and so the results,
        reproducible.

    Raises
    ------
    DataError
        If a parameter is not an integer from 1 (from 0 for ``threads``), or ``connectivity`` is 1.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
    >>> index = vectors.index("hnsw", connectivity=8)
    >>> index
    HnswIndex(3 x 2, cosine)
    >>> index.search([1.0, 0.0], topn=2).keys
    array(['mon', 'tue'], dtype=object)
    """

    connectivity: int = 16
    expansion_add: int = 64
    expansion_search: int = 64
    threads: int = 0

    def __post_init__(self) -> None:
        least = {"connectivity": 2, "threads": 0}
        for name in (each.name for each in fields(self)):
            value, lowest = getattr(self, name), least.get(name, 1)
            if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < lowest:
                raise DataError(f"{name} of an HNSW index must be an integer of at least {lowest}; got {value!r}.")
            object.__setattr__(self, name, int(value))

    def build(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> "HnswIndex":
        """Build the index; a million rows take minutes."""
        graph = _empty_graph(self, vectors.shape[1], metric)
        if len(vectors):
            rows, places = np.ascontiguousarray(metric.rows(vectors)), np.arange(len(vectors), dtype=np.uint64)
            graph.add(places[:ROWS_IN_TURN], rows[:ROWS_IN_TURN], threads=1)
            if len(rows) > ROWS_IN_TURN:
                graph.add(places[ROWS_IN_TURN:], rows[ROWS_IN_TURN:], threads=self.threads)
        return HnswIndex(vectors, labels, metric, self, graph)


class HnswIndex(NearestIndex):
    """A graph of near rows; built by :class:`Hnsw` or loaded by :func:`load_hnsw`."""

    kind = "hnsw"

    def __init__(
        self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric, parameters: Hnsw, graph: Any
    ) -> None:
        super().__init__(vectors, labels, metric)
        self.parameters = parameters
        self._graph = graph

    @property
    def expansion_search(self) -> int:
        """Number of candidates while searching."""
        return self.parameters.expansion_search

    @expansion_search.setter
    def expansion_search(self, candidates: int) -> None:
        self.parameters = replace(self.parameters, expansion_search=candidates)
        self._graph.expansion_search = self.parameters.expansion_search

    def save(self, path: str | PathLike[str]) -> None:
        """Write the graph to a file atomically. Loading it requires the vectors, which are saved elsewhere."""
        graph = bytes(self._graph.save())
        head = {
            "version": _VERSION,
            "metric": self.metric,
            "shape": list(self._vectors.shape),
            "vectors": _fingerprint(self._vectors),
            "parameters": asdict(self.parameters),
            "bytes": len(graph),
            "graph": hashlib.sha256(graph).hexdigest(),
        }
        with replacing_file(Path(path)) as draft, draft.open("wb") as file:
            file.write(_MAGIC + json.dumps(head).encode() + b"\n")
            file.write(graph)

    def _nearest(self, queries: npt.NDArray[np.float64], topn: int) -> npt.NDArray[np.intp]:
        if not topn or not len(queries):
            return np.empty((len(queries), topn), np.intp)
        asked = np.ascontiguousarray(self._metric.queries(queries), dtype=np.float32)
        found = self._graph.search(asked, topn, threads=self.parameters.threads)
        # The result of a single query has another shape.
        counts = getattr(found, "counts", np.array([len(found.keys)]))
        rows = np.zeros((len(queries), topn), np.intp)
        rows[:, : np.shape(found.keys)[-1]] = found.keys
        short = np.flatnonzero(counts < topn)
        if len(short):
            # A connected component of the graph can have fewer rows than topn.
            search = Search(self._vectors, self._metric)
            rows[short] = [nearest for nearest, _ in search.nearest(queries[short], topn)]
        return rows


@INDEXES.register("auto")
@dataclass(frozen=True, slots=True)
class Auto(IndexKind):
    """``hnsw`` from 100,000 rows if usearch is installed, else ``exact``.

    Parameters
    ----------
    hnsw_from : int, default=100_000
        Number of rows from which ``hnsw`` is used.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
    >>> vectors.index("auto")
    ExactIndex(3 x 2, cosine)
    """

    hnsw_from: int = HNSW_FROM

    def build(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> NearestIndex:
        """Build the index."""
        large = len(vectors) >= self.hnsw_from and importlib.util.find_spec("usearch") is not None
        kind: IndexKind = Hnsw() if large else Exact()
        return kind.build(vectors, labels, metric)


def load_hnsw(path: str | PathLike[str], vectors: Float32s, labels: npt.NDArray[Any]) -> HnswIndex:
    """Load an index that :meth:`HnswIndex.save` has written, of these vectors; see ``CategoryVectors.load_index``."""
    path = Path(path)
    head, graph = _read(path, vectors)
    with reading(path, "an index", message=_DAMAGED):
        metric, parameters = METRICS.resolve(head["metric"]), Hnsw(**head["parameters"])
        if max(asdict(parameters).values()) > _LARGEST_PARAMETER:
            raise FormatError(f"its parameters are larger than {_LARGEST_PARAMETER:,}")
        made = _empty_graph(parameters, vectors.shape[1], metric)
        made.load(graph)
    return HnswIndex(vectors, labels, metric, parameters, made)


def _read(path: Path, vectors: Float32s) -> tuple[dict[str, Any], bytes]:
    """Return the header and the graph of a file after checking that they are of these vectors and complete."""
    with reading(path, "an index", message=_DAMAGED):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FormatError(f"{path}: the index cannot be read ({error.strerror or error}).") from error
        if not content.startswith(_MAGIC):
            raise FormatError(f"{path}: expected an index that tabemb has written, but the file has another header.")
        first, _, graph = content.removeprefix(_MAGIC).partition(b"\n")
        head = json.loads(first)
        version, shape, made_from = head["version"], head["shape"], head["vectors"]
        if version != _VERSION:
            raise FormatError(
                f"{path}: expected version {_VERSION} of an index, got {version!r}. It was written by a newer "
                "version of tabemb: build the index again, or update tabemb."
            )
        if list(shape) != list(vectors.shape):
            ours = " x ".join(map(str, vectors.shape))
            raise FormatError(
                f"{path}: this index was built from {' x '.join(map(str, shape))} vectors, but these are {ours}. "
                "Build it again from these."
            )
        if made_from != _fingerprint(vectors):
            raise FormatError(
                f"{path}: this index was built from other vectors of the same size. Build it again from these."
            )
        if len(graph) != head["bytes"] or hashlib.sha256(graph).hexdigest() != head["graph"]:
            raise FormatError(
                f"{path}: the index is damaged: {len(graph):,} bytes that are not the {head['bytes']:,} it was saved "
                "with. Build it again."
            )
    return head, graph


def _empty_graph(parameters: Hnsw, dim: int, metric: SimilarityMetric) -> Any:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError.of("usearch", "index", "An approximate index") from error
    return Index(
        ndim=dim,
        metric=metric.graph_metric,
        dtype="f32",
        connectivity=parameters.connectivity,
        expansion_add=parameters.expansion_add,
        expansion_search=parameters.expansion_search,
    )


def _fingerprint(vectors: Float32s) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).data).hexdigest()
