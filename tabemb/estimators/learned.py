"""The vectors of a fitted estimator by column."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tabemb.estimators.ensemble import mean_table
from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.nn.network import Network
from tabemb.table.vocabularies import HashedVocabulary
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.store import EmbeddingStore

__all__ = ["LearnedVectors"]

NO_NOISE: Mapping[str, SamplingNoise] = MappingProxyType({})


class LearnedVectors(EmbeddingStore):
    """A mapping from column to its vectors, which are copied from the network on access.

    For an ensemble, they are the mean over the members, each rotated to the first (orthogonal Procrustes, weighted by
    counts).

    Parameters
    ----------
    networks : sequence of Network
        The network, or the members of an ensemble.
    vocabularies : dict of str to Vocabulary
        Categories of each column.
    noise : mapping of str to SamplingNoise, optional
        How much the vectors of each column vary between fits to other rows.
    numeric : collection of str, optional
        Columns that were read as numbers, which error messages name.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabularies: Mapping[str, Vocabulary],
        noise: Mapping[str, SamplingNoise] = NO_NOISE,
        numeric: Collection[str] = (),
    ) -> None:
        self._networks, self._vocabularies, self._noise = networks, vocabularies, noise
        self._numeric = frozenset(numeric)
        self._all = {feature.name: feature for feature in networks[0].spec.features}
        # Columns whose categories are not known have vectors, but none to list.
        self._features = {name: each for name, each in self._all.items() if _is_listed(vocabularies[name])}

    def look_up(self, column: str, values: Any) -> np.ndarray:
        """Return the vectors of values of a column, whether the fit has seen them or not.

        Parameters
        ----------
        column : str
            A column with vectors.
        values : sequence of scalars of length n
            Its categories, or others.

        Returns
        -------
        ndarray of float32 of shape (n, dim)

        Raises
        ------
        ColumnError
            If there are no vectors of this column.
        """
        if column not in self._all:
            raise ColumnError(self._missing_column(column))
        if isinstance(values, str):
            raise DataError(f"vectors_of takes a sequence of values; got the text {values!r}. Pass [{values!r}].")
        vocabulary, rows = self._vocabularies[column], self._rows_of(column)
        if isinstance(vocabulary, HashedVocabulary):
            return vocabulary.pooled(values, rows)
        return rows[vocabulary.encode(values)]

    def _rows_of(self, column: str) -> np.ndarray:
        """Return the rows of the table of a column, by index."""
        vocabulary, feature = self._vocabularies[column], self._all[column]
        held = self._networks[0].held.get(feature.table)
        return mean_table(
            [network.vectors(feature) for network in self._networks],
            vocabulary.counts,
            held.which if held is not None and held.n_epochs is None else None,
        )

    def _vectors_of(self, column: str) -> CategoryVectors:
        vocabulary, rows, keys = self._vocabularies[column], self._rows_of(column), self._vocabularies[column].keys
        hashed = isinstance(vocabulary, HashedVocabulary)
        return CategoryVectors(
            keys,
            vocabulary.pooled(keys, rows) if hashed else rows[Vocabulary.FIRST :],
            vocabulary.counts[Vocabulary.FIRST :][: len(keys)],
            name=column,
            unknown=rows[Vocabulary.UNKNOWN],
            missing=rows[Vocabulary.MISSING],
            noise=None if hashed else self._noise.get(column),
        )

    def __deepcopy__(self, memo):
        # A view of networks stays one when an estimator with it as a parameter is cloned.
        return self

    def _missing_column(self, column: object) -> str:
        if column in self._all and column not in self._features:
            return self._vocabularies[column].no_list
        if column in self._vocabularies:
            advice = (
                f" Its {self._vocabularies[column].n_categories} categories are one-hot encoded. Set "
                "one_hot_max_categories=0 to learn vectors for columns with few categories too."
            )
        elif column in self._numeric:
            advice = (
                " It was read as numbers. If its values are categories, name it in categorical= and fit again; "
                "quantities have no vectors."
            )
        else:
            advice = did_you_mean(column, self._features)
        return f"No vectors were learned for a column {column!r}. Columns with vectors: {list(self._features)}.{advice}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._features)

    def __len__(self) -> int:
        return len(self._features)

    def _sizes(self) -> dict[str, tuple[int, int]]:
        return {
            name: (len(self._vocabularies[name].keys), feature.table.embedding_dim)
            for name, feature in self._features.items()
        }


def _is_listed(vocabulary: Vocabulary) -> bool:
    return not isinstance(vocabulary, HashedVocabulary) or vocabulary.lists_categories
