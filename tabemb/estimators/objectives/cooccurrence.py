"""Vectors from which values of the other columns occur with each category, in closed form."""

from typing import Any

import numpy as np

from tabemb.estimators.folds import deal_folds
from tabemb.estimators.network_specs import memory_of
from tabemb.estimators.objectives.objective import NO_TRAINING, OBJECTIVES, Objective
from tabemb.exceptions import DataError, warn_caller
from tabemb.nn.starts import CooccurrenceStart, StartedTable, started_tables
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.memory import check_memory
from tabemb.table.schema import SchemaHint
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.alignment import rotation
from tabemb.vectors.neighbors import FEWEST, heaviest
from tabemb.vectors.refits import noise_of_tables
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["CooccurrenceObjective"]

# Fits to parts of the rows, by which the noise of the vectors is estimated.
N_FOLDS = 5
# The vectors are in the network, in a copy that is computed, and in one that is assigned.
N_COPIES = 3
# Fewer rows say nothing about it.
FEWEST_ROWS = 50


@OBJECTIVES.register("cooccurrence")
class CooccurrenceObjective(Objective):
    """Categories are similar if they occur with the same values of the other columns. In closed form; the default.

    The vectors of :class:`tabemb.vectors.cooccurrence.Cooccurrence`: positive pointwise mutual information of each
    category with the values of all other columns (numbers in ten intervals), and its truncated singular value
    decomposition without what is no more than chance (Levy & Goldberg 2014; Horn 1965). Two airports are similar if the
    same airlines fly there from the same origins at the same hours. With a table of users and films, two films are
    similar if the same users have seen them.

    No network is trained, so that a fit takes seconds: at most 100,000 rows are counted (fewer of a table with more
    than 1,000 columns), and the 1,000 most frequent values of each other column.

    Parameters
    ----------
    shrinkage : float, default=10.0
        The vector of a category with ``n`` rows is multiplied by ``n / (n + shrinkage)``, since that of a rare one is
        mostly chance.

    Examples
    --------
    >>> CooccurrenceObjective(shrinkage=0)
    CooccurrenceObjective(shrinkage=0)
    """

    def __init__(self, shrinkage=10.0):
        self.shrinkage = shrinkage

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        self._start().check()

    def learn(self, estimator, rows, seeds):
        """Set the tables of the network; those of columns that tell nothing about the others are zero."""
        network, found = estimator._network, set()
        check_memory([memory_of(table, N_COPIES) for table in network.tables], "The vectors and their computation")
        for each in self._tables(estimator, rows.table):
            each.put(network)
            found.add(each.table)
        silent = [table for table in network.tables if table not in found | set(network.held)]
        names = ", ".join(repr(table.name) for table in silent)
        if silent and not found:
            raise DataError(
                "There is nothing to learn from: no column with categories has anything to do with another column of "
                f"the table. Columns with categories: {names}. Without a target, vectors come "
                "from the values that occur together in a row, so pass at least two columns that depend on each other, "
                "or pass a target y."
            )
        for table in silent:
            embeddings = network.tables[table].embeddings
            embeddings.assign(np.zeros(embeddings.shape, np.float32))
        if silent:
            warn_caller(
                f"The other columns say nothing about {names} beyond chance: the vectors are zero.",
                SchemaHint,
            )
        return NO_TRAINING

    def noise(self, estimator, rows, seeds):
        """Return the noise that fits to four fifths of the rows show."""
        if len(rows) < FEWEST_ROWS:
            return {}
        folds = deal_folds(len(rows), N_FOLDS, None, seeds.generator("noise"))
        parts = [rows.take(np.flatnonzero(folds != fold)) for fold in range(N_FOLDS)]
        refits = [{each.table: each for each in self._tables(estimator, part.table)} for part in parts]
        found, network = {}, estimator._network
        with ONE_THREAD:
            for table, layer in network.tables.items():
                places = [each.position for each in network.spec.features if each.table == table]
                seen = np.all([_counts(part, places, table.vocabulary_size) > 0 for part in parts], axis=0)
                counts, tables = _counts(rows, places, table.vocabulary_size), [refit.get(table) for refit in refits]
                noise = _noise(np.array(layer.embeddings.numpy()), counts, seen, tables)
                if noise is not None:
                    found[table.name] = noise
        return found

    def _start(self) -> CooccurrenceStart:
        return CooccurrenceStart(shrinkage=self.shrinkage)

    def _tables(self, estimator: Any, table: EncodedTable) -> list[StartedTable]:
        sizes = [vocabulary.size for vocabulary in estimator.encoder_.vocabularies.values()]
        without, apart = estimator._pretrained.found, estimator.encoder_.hashed_tables
        return started_tables(estimator._network, self._start(), table, sizes, without=without, apart=apart)


def _counts(rows, positions, size):
    """Return the number of cells with each index in all columns of a table."""
    return sum(rows.counts(position, size) for position in positions)


def _noise(vectors, counts, seen, refits) -> SamplingNoise | None:
    """Return the noise of a column, or None if too few of its categories are in all parts."""
    chosen = Vocabulary.FIRST + np.flatnonzero(seen[Vocabulary.FIRST :])
    chosen = chosen[heaviest(counts[chosen].astype(float))]
    if len(chosen) < FEWEST or None in refits or not vectors.any():
        return None
    own, weights = vectors[chosen].astype(np.float64), counts[chosen]
    tables = [each.look_up(chosen) for each in refits]
    return noise_of_tables(own, [each @ rotation(each, own, weights) for each in tables], weights, 1 - 1 / N_FOLDS)
