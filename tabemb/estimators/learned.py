"""The vectors of a fitted estimator, column by column."""

from collections.abc import Iterator, Mapping

from tabemb.exceptions import ColumnError, did_you_mean
from tabemb.nn.network import Network
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["LearnedVectors"]


class LearnedVectors(Mapping[str, CategoryVectors]):
    """A mapping from column to its vectors, copied out of the network when a column is asked for.

    Parameters
    ----------
    network : Network
        Where the tables are.
    vocabularies : dict of str to Vocabulary
        Which category each row stands for.
    """

    def __init__(self, network: Network, vocabularies: Mapping[str, Vocabulary]) -> None:
        self._network, self._vocabularies = network, vocabularies
        self._features = {feature.name: feature for feature in network.spec.features}

    def __getitem__(self, column: str) -> CategoryVectors:
        if column not in self._features:
            raise ColumnError(
                f"No vectors were learned for a column {column!r}. Columns with vectors: {list(self._features)}."
                f"{did_you_mean(column, self._features)}"
            )
        rows = self._network.vectors(self._features[column])
        vocabulary = self._vocabularies[column]
        return CategoryVectors(
            vocabulary.keys,
            rows[Vocabulary.FIRST :],
            vocabulary.counts[Vocabulary.FIRST :],
            name=column,
            unknown=rows[Vocabulary.UNKNOWN],
            missing=rows[Vocabulary.MISSING],
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._features)

    def __len__(self) -> int:
        return len(self._features)

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{name}: {len(self._vocabularies[name])} x {feature.table.embedding_dim}"
            for name, feature in self._features.items()
        )
        return f"{type(self).__name__}({sizes})"
