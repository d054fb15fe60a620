"""The specifications of the networks of an estimator, by its parameters and its fitted encoding."""

from collections.abc import Mapping
from typing import Any

from tabemb.nn.bodies import BODIES, Ensemble
from tabemb.nn.embedding import column_specs
from tabemb.nn.network import NetworkSpec
from tabemb.nn.numeric import NUMERIC_ENCODERS, Standardized
from tabemb.nn.sizes import embedding_dims, rate_of_table
from tabemb.training.trainer import TABLE_FACTOR

__all__ = ["statistics_spec", "vectors_spec"]


def vectors_spec(estimator: Any, seed: int, sizes: Mapping[str, int]) -> NetworkSpec:
    """Return the specification of a network of vectors.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its parameters, its encoding, its task and its pretrained vectors are read.
    seed : int
        Root seed of the network.
    sizes : mapping of str to int
        Number of dimensions of some columns, which overrides ``embedding_dim``.
    """
    encoder, rate = estimator.encoder_, estimator.embedding_rate
    dropped = [column.name for column in encoder.schema.dropped]
    dims = embedding_dims(estimator.embedding_dim, estimator._embedded(), without=dropped)
    dims |= estimator._pretrained.dims(estimator.embedding_dim) | sizes
    for table in set(encoder.table_of.values()):
        # A table that columns share is as wide as the widest of them.
        columns = [name for name, of in encoder.table_of.items() if of == table]
        dims |= dict.fromkeys(columns, max(dims[name] for name in columns))
    features, one_hot = column_specs(
        encoder.vocabularies,
        dims,
        rate_of_table if rate == "auto" else lambda *_: float(rate) / TABLE_FACTOR,
        encoder.poolings,
        encoder.table_of,
    )
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


def statistics_spec(estimator: Any, seed: int, *, narrowed: bool = True) -> NetworkSpec:
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
    """
    encoder, n_separate = estimator.encoder_, estimator._n_separate()
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
