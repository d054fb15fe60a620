"""Rows that differ in each epoch."""

from dataclasses import dataclass

import numpy as np
import pytest

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.redrawn_rows import RedrawnRows

TABLE = EncodedTable(np.arange(1000, dtype=np.int32)[:, None], np.empty((1000, 0), np.float32))


@dataclass(frozen=True, kw_only=True)
class Noisy(RedrawnRows):
    """The rows, with a random number as target."""

    def draw(self, rows, generator):
        return Rows(table=self.table.take(rows), targets=generator.random(len(rows)))


class Twice(Noisy):
    """Each row twice."""

    n_views = 2

    def draw(self, rows, generator):
        return super().draw(np.repeat(rows, 2), generator)


@pytest.mark.parametrize(("kind", "sizes"), [(Noisy, [192] * 5 + [40]), (Twice, [192] * 10 + [80])])
def test_an_epoch_has_each_row_once_and_draws_it_anew(kind, sizes):
    generator, source, epochs = np.random.default_rng(0), kind(table=TABLE), []
    for _ in range(2):
        chunks = list(source.epoch(generator, batch_size=64, n_steps=3))
        assert [len(chunk.order) for chunk in chunks] == sizes
        assert all(np.array_equal(chunk.order, np.arange(len(chunk.order))) for chunk in chunks)
        seen = np.concatenate([chunk.tensors["indices"].numpy()[:, 0] for chunk in chunks])
        assert np.array_equal(np.sort(seen), np.repeat(np.arange(1000), source.n_views))
        # Views of a row are neighbors, so that no batch of an even size has only one of them.
        assert (seen[:: source.n_views] == seen[source.n_views - 1 :: source.n_views]).all()
        epochs.append((seen, np.concatenate([chunk.tensors["targets"].numpy() for chunk in chunks])))
    assert not np.array_equal(epochs[0][0], epochs[1][0])
    assert not np.intersect1d(epochs[0][1], epochs[1][1]).size
    assert len(source) == 1000 * source.n_views


def test_some_rows():
    part = Noisy(table=TABLE).take(np.array([3, 5]))
    assert (len(part), part.drawn(np.random.default_rng(0)).table.indices.tolist()) == (2, [[3], [5]])


def test_subclasses_define_what_is_drawn():
    source = RedrawnRows(table=TABLE)
    with pytest.raises(TypeError, match="define draw"):
        source.drawn(np.random.default_rng(0))
    with pytest.raises(TypeError, match="define n_columns"):
        source.n_columns  # noqa: B018
