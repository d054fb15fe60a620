"""Vectors from skip-gram with negative sampling over the cells of a row."""

from dataclasses import replace

import numpy as np

from tabemb.estimators.objectives.objective import OBJECTIVES
from tabemb.estimators.objectives.trained import SelfSupervision, TrainedObjective, interval_codes, single_valued
from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.parameters import check_count, check_not_negative
from tabemb.nn.skip_gram import SkipGramTask, SkipGramVectors
from tabemb.training.negative_cells import NegativeCells, Noise

__all__ = ["SkipGramObjective"]


@OBJECTIVES.register("skip_gram")
class SkipGramObjective(TrainedObjective):
    """Skip-gram with negative sampling over the cells of a row, as word2vec over the words of a sentence.

    The vector of a category tells the values of the other columns of its rows, the contexts, from negative samples of
    the same columns (Mikolov et al. 2013, arXiv:1310.4546; of items in baskets Barkan & Koenigstein 2016, "Item2Vec",
    arXiv:1603.04259). Each value has a second vector as a context, which is dropped after training. Numbers are
    contexts by their interval, one of ten with equally many rows. "cooccurrence" is the closed form of the same model
    (Levy & Goldberg 2014, "Neural word embedding as implicit matrix factorization").

    Parameters
    ----------
    n_negatives : int, default=5
        Number of negative samples per context.
    noise_power : float, default=0.75
        Negatives are drawn by the counts of the values to this power.
    start : str, mapping or Start, default="cooccurrence"
        Vectors before training: "cooccurrence", those of the objective of this name, or "random"; see
        :mod:`tabemb.nn.starts`.
    learning_rate : float, default=0.002
        Learning rate of Adam.
    max_epochs : int, default=30
        Maximum number of epochs. Training stops earlier once the loss of held-out rows does not fall any more.

    Examples
    --------
    >>> SkipGramObjective(n_negatives=10)
    SkipGramObjective(n_negatives=10)
    """

    def __init__(self, n_negatives=5, noise_power=0.75, start="cooccurrence", learning_rate=2e-3, max_epochs=30):
        self.n_negatives = n_negatives
        self.noise_power = noise_power
        self.start = start
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        super().check()
        check_count("n_negatives", self.n_negatives)
        check_not_negative("noise_power", self.noise_power)

    def supervision(self, estimator, table, seed):
        """Return tables of categories and contexts, whose products are the scores."""
        spec = single_valued(estimator._network.spec)
        intervals, n_intervals = interval_codes(estimator, table)
        drawn = table.with_one_value(np.random.default_rng(seed))
        contexts = np.hstack([drawn.indices, intervals])
        names = [*(each.name for each in spec.features), *estimator.encoder_.schema.numeric]
        sizes = [*(each.table.vocabulary_size for each in spec.features), *n_intervals]
        noises = tuple(
            Noise(np.bincount(contexts[:, place], minlength=size), self.noise_power) for place, size in enumerate(sizes)
        )
        n, dim = int(self.n_negatives), max(each.table.embedding_dim for each in spec.features)
        task = SkipGramTask(
            len(spec.features),
            dim,
            n,
            tuple(noise.log_odds(n) for noise in noises),
            tuple(noise.counts / noise.counts.sum() for noise in noises),
            tuple(noise.shares for noise in noises),
        )
        features = [replace(feature, position=place) for place, feature in enumerate(spec.features)]
        for role in ("context", "negative"):
            for name, size in zip(names, sizes, strict=True):
                its = TableSpec(name=f"{name} (context)", vocabulary_size=size, embedding_dim=dim)
                features.append(FeatureSpec(name=f"{name} ({role})", position=len(features), table=its))
        whole = replace(
            spec,
            features=tuple(features),
            n_numbers=0,
            n_indicators=0,
            n_unread=0,
            n_outputs=task.n_outputs,
            seed=seed,
        )
        places = {feature.name: place for place, feature in enumerate(whole.embedded)}
        body = SkipGramVectors(places=tuple(places[each.name] for each in features), dim=dim)
        source = NegativeCells(table=table, contexts=contexts, noises=noises, n_negatives=n)
        return SelfSupervision(spec=replace(whole, body=body), task=task, source=source)
