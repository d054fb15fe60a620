"""The network of two towers: its features, its training rows, and the vectors after training."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.recommend.observations import Observations, Side
from tabemb.recommend.towers import FeatureMap
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary

__all__ = ["TowerNetwork", "TrainedTower"]

Float32s = npt.NDArray[np.float32]

FIRST, MISSING, UNKNOWN = Vocabulary.FIRST, Vocabulary.MISSING, Vocabulary.UNKNOWN
# A tenth of the interactions is held out to stop in time, but no more than this.
HELD_SHARE, MOST_HELD, FEWEST_TO_SPLIT = 0.1, 20_000, 50
# An epoch has at least so many steps.
LEAST_STEPS, SMALLEST_BATCH = 20, 32


@dataclass(frozen=True, eq=False)
class TrainedTower:
    """What a tower has learned.

    Parameters
    ----------
    vectors : ndarray of float32 of shape (n, dim)
        Vectors of the keys with their columns.
    biases : ndarray of float32 of shape (n,)
        Their biases.
    columns : FeatureMap
        Vectors and biases of rows whose key is unknown; for users who are pools of items, of those without any.
    """

    vectors: Float32s
    biases: Float32s
    columns: FeatureMap


class TowerNetwork:
    """A network whose rows are interactions: a table of vectors for the keys, and one for each column, of both sides.

    The last dimension of each table is a bias.

    Parameters
    ----------
    observations : Observations
        What it learns from.
    dim : int
        Number of dimensions.
    unit : bool
        Whether vectors are scaled to length 1.
    draws : bool
        Whether there is a third tower, of an item drawn uniformly for each interaction, with the tables of the items.
    seed : int
        Root seed of all that is random.
    projection_units : tuple of int
        Hidden layers of the projection head of each tower (:class:`~tabemb.nn.towers.TowerVectors`). The vectors before
        it are kept.
    most_seen : int, optional
        If given, a user is not a key, but the mean of the items that the user has seen besides that of the row, from
        the tables of the items; of at most so many, drawn anew in each epoch.
    """

    def __init__(
        self,
        observations: Observations,
        dim: int,
        *,
        unit: bool,
        draws: bool,
        seed: int,
        projection_units: tuple[int, ...] = (),
        most_seen: int | None = None,
    ) -> None:
        from tabemb.nn.network import Network, NetworkSpec
        from tabemb.nn.numeric import Standardized
        from tabemb.nn.seeds import Seeds
        from tabemb.nn.towers import TowerVectors

        n_users, n_items = observations.matrix.matrix.shape
        self._observations, self._draws, self._seeds = observations, draws, Seeds(seed)
        self._most_seen = most_seen
        self._users = _TowerColumns.of("user", n_users, observations.users, has_key=most_seen is None)
        self._items = _TowerColumns.of("item", n_items, observations.items)
        features: list[Any] = []
        names: list[list[str]] = [[]]
        if most_seen is not None:
            features += [replace(each, pooling="sum") for each in self._items.features(dim + 1, 0, "seen ")]
            names[0] += [each.name for each in features]
        for role, side in (("", self._users), ("", self._items), *([("drawn ", self._items)] if draws else [])):
            its = side.features(dim + 1, len(features), role)
            if side is self._users:
                names[0] += [each.name for each in its]
            else:
                names.append([each.name for each in its])
            features += its
        n_outputs = len(names) * (dim + 1)
        spec = NetworkSpec(
            features=tuple(features),
            n_outputs=n_outputs,
            body=TowerVectors(),
            numeric=Standardized(),
            seed=self._seeds["network"],
        )
        places = {feature.name: place for place, feature in enumerate(spec.embedded)}
        towers = tuple(tuple(places[name] for name in tower) for tower in names)
        self._network = Network(replace(spec, body=TowerVectors(towers, unit, projection_units)))
        for layer in self._network.tables.values():
            rows = np.array(layer.embeddings.numpy())
            rows[:, -1] = 0.0
            layer.embeddings.assign(rows)

    def start(self, users: Float32s | None, items: Float32s | None, item_biases: Float32s) -> None:
        """Set the vectors of the keys, unless they are None, and the biases of the items; those of columns become zero.

        Parameters
        ----------
        users, items : ndarray of float32 of shape (n, at most dim) or None
        item_biases : ndarray of float32 of shape (n_items,)
        """
        vectors = {self._users.key: users, self._items.key: items}
        for table, layer in self._network.tables.items():
            rows = np.array(layer.embeddings.numpy())
            its = vectors.get(table.name)
            if items is not None:
                rows[:] = 0.0
            if its is not None:
                rows[FIRST:, : its.shape[1]] = its
                rows[:FIRST, : its.shape[1]] = its.mean(axis=0)
            if table.name == self._items.key:
                # Items that are not known are as rare as the rarest.
                rows[:FIRST, -1], rows[FIRST:, -1] = item_biases.min(), item_biases
            layer.embeddings.assign(rows)

    def trained(self, task: Any, *, batch_size: int, **training: Any) -> tuple[TrainedTower, TrainedTower]:
        """Train until the loss of held-out interactions does not fall any more; return users and items.

        Parameters
        ----------
        task : TowerTask
            The loss.
        batch_size : int
            Number of interactions per step; fewer if an epoch would have less than twenty steps.
        **training
            Further parameters of :class:`~tabemb.training.trainer.Trainer`.
        """
        from tabemb.training.interaction_rows import InteractionRows
        from tabemb.training.seen_items import SeenItems
        from tabemb.training.trainer import Trainer

        observations, seen = self._observations, None
        if self._most_seen is not None:
            seen = SeenItems(observations.matrix.matrix, self._most_seen)
        source = InteractionRows(
            users=self._users.table,
            items=self._items.table,
            user_rows=observations.user_rows,
            item_rows=observations.item_rows,
            shares=observations.item_shares,
            draws=self._draws,
            ratings=observations.ratings,
            weights=observations.weights,
            seen=seen,
            places=None if seen is None else seen.places(observations.user_rows, observations.item_rows),
        )
        train, validation, n = source, None, len(source)
        if n >= FEWEST_TO_SPLIT:
            generator = self._seeds.generator("validation")
            order, held = self._order(generator), min(max(1, round(HELD_SHARE * n)), MOST_HELD)
            train, validation = source.take(np.sort(order[held:])), source.take(np.sort(order[:held])).drawn(generator)
        trainer = Trainer(
            batch_size=min(batch_size, max(SMALLEST_BATCH, len(train) // LEAST_STEPS)),
            n_iter_no_change="auto",
            weight_averaging=2.0,
            **training,
        )
        loop = trainer.loop(self._network, task, self._seeds)
        trainer.fit(loop, train, validation, self._seeds)
        trainer.release(loop)
        tables = {table.name: np.array(layer.embeddings.numpy()) for table, layer in self._network.tables.items()}
        items = self._items.trained(tables)
        if self._most_seen is None:
            return self._users.trained(tables), items
        # Whoever has seen nothing has the vector of a missing key.
        whole = np.column_stack([items.vectors, items.biases])
        matrix = observations.matrix.matrix
        means = (matrix @ whole) / np.asarray(matrix.sum(axis=1))[:, None]
        return self._users.trained(tables, means, tables[self._items.key][MISSING]), items

    def _order(self, generator: np.random.Generator) -> npt.NDArray[np.intp]:
        """Return the interactions in random order; those of a user together, if users are pools of items.

        So no user who is held out is in training: a pair of items of a user would be there the other way round.
        """
        n = len(self._observations)
        if self._most_seen is None:
            return generator.permutation(n)
        users = generator.permutation(self._observations.matrix.matrix.shape[0])[self._observations.user_rows]
        return np.argsort(users, kind="stable")


@dataclass(frozen=True, eq=False)
class _TowerColumns:
    """The columns of one tower: the keys, if they have vectors, then the others, with a table of vectors each."""

    key: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    table: EncodedTable
    side: Side | None

    @classmethod
    def of(cls, key: str, n: int, side: Side | None, *, has_key: bool = True) -> "_TowerColumns":
        keys = np.arange(FIRST, FIRST + n, dtype=np.int32)[:, None][:, : int(has_key)]
        names, sizes, no_numbers = (key,) * has_key, (FIRST + n,) * has_key, np.empty((n, 0), np.float32)
        if side is None:
            return cls(key, names, sizes, EncodedTable(keys, no_numbers), None)
        bags = {position + has_key: _summed(each) for position, each in side.table.bags.items()}
        table = EncodedTable(np.hstack([keys, side.table.indices]), no_numbers, bags)
        names = (*names, *(f"{key}: {name}" for name in side.columns.columns))
        return cls(key, names, (*sizes, *side.columns.sizes), table, side)

    def features(self, dim: int, first: int, role: str) -> list[Any]:
        """Return the features of the network, whose positions begin at ``first``."""
        from tabemb.nn.embedding import FeatureSpec, TableSpec

        return [
            FeatureSpec(
                name=role + name,
                position=first + place,
                table=TableSpec(name=name, vocabulary_size=size, embedding_dim=dim),
                pooling="sum" if place in self.table.bags else None,
            )
            for place, (name, size) in enumerate(zip(self.names, self.sizes, strict=True))
        ]

    def trained(
        self, tables: dict[str, Float32s], vectors: Float32s | None = None, intercept: Float32s | None = None
    ) -> TrainedTower:
        """Return the sums of the vectors of each row; ``vectors`` and ``intercept`` are in place of those of keys."""
        others = [tables[name] for name in self.names]
        if vectors is None or intercept is None:
            keys = others.pop(0)
            # What stands for the key of a new row was trained by dropping keys; unknown values have no vector.
            vectors, intercept = keys[FIRST:], keys[UNKNOWN]
        total = np.array(vectors, np.float32)
        weights = np.empty((0, total.shape[1]), np.float32)
        if self.side is not None:
            weights = np.vstack([np.delete(rows, UNKNOWN, axis=0) for rows in others])
            total += self.side.features @ weights
        return TrainedTower(
            total[:, :-1].copy(),
            total[:, -1].copy(),
            FeatureMap(weights[:, :-1].copy(), intercept[:-1].copy(), weights[:, -1].copy(), float(intercept[-1])),
        )


def _summed(bags: Bags) -> Bags:
    """Return cells whose vectors are the sums of those of their different values, as the features of a row are."""
    cells = np.repeat(np.arange(len(bags)), bags.sizes)
    pairs = np.unique(np.column_stack([cells, bags.values]), axis=0)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 0], minlength=len(bags)))])
    return Bags(pairs[:, 1].astype(np.int32), offsets, pooling="sum")
