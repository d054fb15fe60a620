"""The vectors of a fitted estimator by column."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tabemb.estimators.ensemble import mean_table
from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.nn.embedding import FeatureSpec
from tabemb.nn.network import Network
from tabemb.table.column_cells import vectors_of_cells
from tabemb.table.schema import CategoricalColumn
from tabemb.table.vocabularies import HashedVocabulary
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.cell_pooling import CellPooling
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
    columns : sequence of CategoricalColumn, optional
        How the columns were read, among it how cells with several values are split.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabularies: Mapping[str, Vocabulary],
        noise: Mapping[str, SamplingNoise] = NO_NOISE,
        numeric: Collection[str] = (),
        columns: Sequence[CategoricalColumn] = (),
    ) -> None:
        self._networks, self._vocabularies, self._noise = networks, vocabularies, noise
        self._numeric, self._columns = frozenset(numeric), {each.name: each for each in columns}
        features = networks[0].spec.features
        self._all = {feature.name: feature for feature in features}
        # Columns whose categories are not known have vectors, but none to list.
        listed = [feature for feature in features if _is_listed(vocabularies[feature.name])]
        # The first column of each table.
        first = {feature.table.name: feature for feature in reversed(listed)}
        self._features = {name: first[name] for name in dict.fromkeys(each.table.name for each in listed)}
        self._tables = {feature.name: feature.table.name for feature in listed}

    @classmethod
    def of(cls, estimator: Any) -> "LearnedVectors":
        """Return the vectors of a fitted estimator."""
        schema = estimator.schema_
        return cls(
            estimator._networks,
            estimator.encoder_.vocabularies,
            getattr(estimator, "_noise", NO_NOISE),
            [column.name for column in schema.numeric],
            schema.categorical,
        )

    @property
    def shared(self) -> dict[str, list[str]]:
        """The columns that share vectors, by the name of these."""
        found: dict[str, list[str]] = {}
        for column, table in self._tables.items():
            found.setdefault(table, []).append(column)
        return {table: columns for table, columns in found.items() if columns != [table]}

    def look_up(self, column: str, values: Any) -> np.ndarray:
        """Return the vectors of values of a column, whether the fit has seen them or not.

        Parameters
        ----------
        column : str
            A column with vectors, or a table that columns share.
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
        feature = self._all.get(column) or self._features.get(column)
        if feature is None:
            raise ColumnError(self._missing_column(column))
        if isinstance(values, str):
            raise DataError(f"vectors_of takes a sequence of values; got the text {values!r}. Pass [{values!r}].")
        vocabulary, rows = self._vocabularies[feature.name], self._rows_of(feature)
        pooling = self._pooling_of(feature)
        return vectors_of_cells(pooling.column, vocabulary, values, rows, pooling.query)

    def _pooling_of(self, feature: FeatureSpec) -> CellPooling:
        read_as, query = self._columns.get(feature.name, CategoricalColumn(feature.name, feature.name)), None
        if len(self._networks) == 1 and (learned := self._networks[0].query(feature)) is not None:
            query = learned.numpy()
        return CellPooling(read_as, query, isinstance(self._vocabularies[feature.name], HashedVocabulary))

    def _rows_of(self, feature: FeatureSpec) -> np.ndarray:
        """Return the rows of the table of a column, by index."""
        vocabulary = self._vocabularies[feature.name]
        held = self._networks[0].held.get(feature.table)
        return mean_table(
            [network.vectors(feature) for network in self._networks],
            vocabulary.counts,
            held.which if held is not None and held.n_epochs is None else None,
            feature.table,
        )

    def _vectors_of(self, column: str) -> CategoryVectors:
        feature = self._features[column]
        vocabulary, rows = self._vocabularies[feature.name], self._rows_of(feature)
        keys = vocabulary.keys
        hashed = isinstance(vocabulary, HashedVocabulary)
        return CategoryVectors(
            keys,
            vocabulary.pooled(keys, rows) if hashed else rows[Vocabulary.FIRST :],
            vocabulary.counts[Vocabulary.FIRST :][: len(keys)],
            name=column,
            unknown=rows[Vocabulary.UNKNOWN],
            missing=rows[Vocabulary.MISSING],
            noise=None if hashed else self._noise.get(column),
            pooling=self._pooling_of(feature),
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
            advice = did_you_mean(column, [*self._features, *self._tables])
        return f"No vectors were learned for a column {column!r}. Columns with vectors: {list(self._features)}.{advice}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._features)

    def __len__(self) -> int:
        return len(self._features)

    def _sizes(self) -> dict[str, tuple[int, int]]:
        return {
            name: (len(self._vocabularies[feature.name].keys), feature.table.embedding_dim)
            for name, feature in self._features.items()
        }


def _is_listed(vocabulary: Vocabulary) -> bool:
    return not isinstance(vocabulary, HashedVocabulary) or vocabulary.lists_categories
