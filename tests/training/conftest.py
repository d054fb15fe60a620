"""A small network and its rows, for the tests of training/."""

from dataclasses import dataclass

import numpy as np
import pytest

from tabemb.nn.bodies import Mlp
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Binary
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.trainer import Trainer


@dataclass(frozen=True)
class Workshop:
    """Makes networks, rows and loops of one kind: two columns of eight categories and a number, two classes."""

    task = Binary(np.array([0, 1]))
    seeds = Seeds(0)

    def rows(self, n=96, *, seed=0, weights=None, columns=2, size=10):
        rng = np.random.default_rng(seed)
        indices = rng.integers(2, size, (n, columns)).astype("int32")
        numbers = rng.normal(size=(n, 1)).astype("float32")
        targets = ((indices[:, 0] % 2) ^ (rng.random(n) < 0.1)).astype("float32")
        return Rows(table=EncodedTable(indices, numbers), targets=targets, weights=weights)

    def network(self, *, shared=False, one_hot=False, body=None, seed=0, size=10, rates=(1.0, 1.0)):
        tables = [
            TableSpec(name="airport" if shared else n, vocabulary_size=size, embedding_dim=3, rate=rate)
            for n, rate in zip("ab", rates, strict=True)
        ]
        features = [FeatureSpec(name=n, position=p, table=tables[p]) for p, n in enumerate("ab")]
        return Network(
            NetworkSpec(
                features=tuple(features[: 1 if one_hot else 2]),
                one_hot=(OneHotSpec(name="b", position=1, vocabulary_size=size),) if one_hot else (),
                n_numbers=1,
                n_outputs=1,
                body=body or Mlp(hidden_units=(8,), dropout=0.0),
                numeric=Standardized(),
                seed=seed,
            )
        )

    def fit(self, network, train, validation=None, **params):
        """Train and return the record and the loop."""
        trainer = Trainer(**{"batch_size": 16, "max_epochs": 3, "learning_rate": 0.01, **params})
        loop = trainer.loop(network, self.task, self.seeds)
        return trainer.fit(loop, train, validation, self.seeds), loop


@pytest.fixture(scope="session")
def workshop():
    return Workshop()
