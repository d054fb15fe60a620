"""The specifications of the networks of an estimator, by its parameters and its fitted encoding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tabemb.nn.bodies import BODIES, Ensemble
from tabemb.nn.embedding import TableSpec, column_specs
from tabemb.nn.network import NetworkSpec
from tabemb.nn.numeric import NUMERIC_ENCODERS, Standardized
from tabemb.nn.sizes import columns_of, embedding_dims, mixed_tables, rate_of_table
from tabemb.table.memory import NUMBER_BYTES, TableMemory, check_memory
from tabemb.table.shared import by_table
from tabemb.training.optimizers import row_width
from tabemb.training.trainer import TABLE_FACTOR, averages_tables

Blocks = Sequence[Sequence[int]]

__all__ = ["dims_by_table", "embedded_tables", "memory_of", "statistics_spec", "vectors_spec"]


def embedded_tables(estimator: Any) -> dict[str, int]:
    """Return the number of categories of each table of vectors: of a column, or of several that share it.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its parameters and its encoding are read.
    """
    encoder, small = estimator.encoder_, getattr(estimator, "one_hot_max_categories", -1)
    several = {encoder.table_of[name] for name in (*encoder.poolings, *encoder.hashed)}
    named = {*columns_of(dims_by_table(estimator)), *(estimator.shared or ()), *several}
    sizes: dict[str, int] = {}
    for name, each in encoder.vocabularies.items():
        table = encoder.table_of[name]
        sizes[table] = max(each.n_categories, sizes.get(table, 0))
    return {table: size for table, size in sizes.items() if size > small or table in named}


def dims_by_table(estimator: Any) -> Any:
    """Return ``embedding_dim`` of an estimator; a mapping by the names of the tables."""
    spec = estimator.embedding_dim
    return by_table(spec, estimator.encoder_.table_of, "embedding_dim") if columns_of(spec) else spec


def vectors_spec(
    estimator: Any,
    seed: int,
    sizes: Mapping[str, int],
    rates: Mapping[str, float] | None = None,
    blocks: Mapping[str, Blocks] | None = None,
) -> NetworkSpec:
    """Return the specification of a network of vectors.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its parameters, its encoding, its task and its pretrained vectors are read.
    seed : int
        Root seed of the network.
    sizes : mapping of str to int
        Number of dimensions of some tables, which overrides ``embedding_dim``.
    rates : mapping of str to float, optional
        Factors of the learning rates of the tables of a fitted network: exactly these tables, which are those of
        ``sizes``, are there. By default, both follow from the parameters and the number of categories.
    blocks : mapping of str to blocks, optional
        Blocks of the tables of a fitted network with rows of several widths.
    """
    encoder, rate = estimator.encoder_, estimator.embedding_rate
    dropped = [column.name for column in encoder.schema.dropped]
    if rates is None:
        spec = dims_by_table(estimator)
        dims = embedding_dims(spec, estimator._embedded(), without=dropped)
        dims |= estimator._pretrained.dims(spec) | sizes
    else:
        dims = dict(sizes)
    features, one_hot = column_specs(
        encoder.vocabularies,
        dims,
        rate_of_table if rate == "auto" else lambda *_: float(rate) / TABLE_FACTOR,
        encoder.table_of,
        encoder.poolings,
        _narrowed_by(estimator) if rates is None else partial(_with_blocks, blocks or {}, estimator),
    )
    if rates is not None:
        features = tuple(replace(each, table=replace(each.table, rate=rates[each.table.name])) for each in features)
    _check_memory(estimator, list(dict.fromkeys(each.table for each in features)), trained=rates is None)
    return NetworkSpec(
        features=features,
        one_hot=one_hot,
        n_numbers=encoder.n_plain_numbers,
        n_indicators=encoder.n_plain_numbers - len(encoder.schema.numeric),
        n_unread=len(encoder.number_names) - encoder.n_plain_numbers,
        n_outputs=estimator.task_.n_outputs,
        body=BODIES.resolve(estimator.body),
        numeric=NUMERIC_ENCODERS.resolve(estimator.numeric),
        seed=seed,
    )


def _check_memory(estimator: Any, tables: Sequence[TableSpec], *, trained: bool) -> None:
    """Raise an error if tables have more numbers than the memory of this machine holds.

    Each network has its tables. The training of one at a time has a copy of them, with the state of the optimizer and
    the averages of the weights.
    """
    n_copies = getattr(estimator, "n_ensemble", 1)
    if not (trained and hasattr(estimator, "max_epochs")):
        check_memory([memory_of(table, n_copies) for table in tables], "The vectors")
        return
    state = {
        "decays": getattr(estimator, "weight_decay", 0) > 0,
        "holds": bool(getattr(estimator, "freeze", False)),
        "averages": averages_tables(tables) and getattr(estimator, "weight_averaging", 0) > 0,
    }
    check_memory([memory_of(table, n_copies, state) for table in tables], "The vectors and the state of the optimizer")


def memory_of(table: TableSpec, n_copies: int, state: Mapping[str, bool] | None = None) -> TableMemory:
    """Return the memory of a table.

    Parameters
    ----------
    table : TableSpec
        The table.
    n_copies : int
        Number of copies of the vectors, besides that of the training.
    state : mapping of str to bool, optional
        What the training keeps of a row, as for :func:`~tabemb.training.optimizers.row_width`; by default, there is no
        training.
    """
    n_numbers = table.embedding_dim * n_copies + (0 if state is None else row_width(table.embedding_dim, **state))
    return TableMemory(
        name=table.name,
        n_rows=table.vocabulary_size,
        row_bytes=NUMBER_BYTES * n_numbers,
        row=f"{table.embedding_dim} numbers",
    )


def _narrowed_by(estimator: Any) -> Callable[[TableSpec], TableSpec]:
    """Return what gives the tables of the rule "mixed" narrower rows for rare categories."""
    encoder = estimator.encoder_
    rules = mixed_tables(dims_by_table(estimator), estimator._embedded())
    body = BODIES.resolve(estimator.body)
    hashed = {encoder.table_of[name] for name in encoder.hashed}

    def narrowed(table: TableSpec) -> TableSpec:
        if table.name not in rules or table.name in hashed or table.name in estimator._pretrained.starts:
            return table
        counts, n_slices = encoder.tables[table.name].counts, body.n_slices(table.embedding_dim)
        found = rules[table.name].blocks(counts, table.embedding_dim, n_slices)
        return _with_blocks({table.name: found}, estimator, table)

    return narrowed


def _with_blocks(blocks: Mapping[str, Blocks], estimator: Any, table: TableSpec) -> TableSpec:
    if table.name not in blocks:
        return table
    found = tuple((int(size), int(width)) for size, width in blocks[table.name])
    n_slices = BODIES.resolve(estimator.body).n_slices(table.embedding_dim)
    return replace(table, blocks=found, n_slices=n_slices)


def statistics_spec(estimator: Any, seed: int, *, narrowed: bool = True, n_members: int | None = None) -> NetworkSpec:
    """Return the specification of a network of target statistics: perceptrons that read all numbers.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its encoding has target statistics.
    seed : int
        Root seed of the network.
    narrowed : bool, default=True
        Whether the vectors of numbers are half as wide as those of the network of vectors, which takes half the time
        and has the same scores. Estimators that were saved by earlier versions have the same width.
    n_members : int, optional
        Number of members of a fitted network. By default, as many as leave out rows in the network of vectors.
    """
    encoder, n_separate = estimator.encoder_, n_members or estimator._n_separate()
    n_numeric, n_numbers = len(encoder.schema.numeric), len(encoder.number_names)
    numeric = NUMERIC_ENCODERS.resolve(estimator.numeric) if n_numeric else Standardized()
    return NetworkSpec(
        features=(),
        n_numbers=n_numbers,
        # The statistics enter as they are, like indicators.
        n_indicators=n_numbers - n_numeric if n_numeric else 0,
        n_outputs=estimator.task_.n_outputs,
        # As many members as leave out rows in the network of vectors, so that both are judged by the same rows.
        body=Ensemble(n_members=n_separate) if n_separate > 1 else Ensemble(),
        numeric=numeric.narrowed() if narrowed else numeric,
        seed=seed,
    )
