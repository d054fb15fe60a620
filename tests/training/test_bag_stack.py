"""Tables of cells with several values in training: their steps, predictions and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.bodies import Ensemble, Mlp
from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.tasks import Regression
from tabemb.table.bags import POOLINGS, Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.forward import forward_of
from tabemb.training.steps import TrainingLoop

N = 50
TASK = Regression(0.0, 1.0)


def features(size, pooling, *, shared=False):
    tables = [TableSpec(name=f"t{place}", vocabulary_size=size, embedding_dim=3, rate=2.0) for place in range(3)]
    single = FeatureSpec(name="single", position=0, table=tables[1] if shared else tables[0])
    return (
        single,
        FeatureSpec(name="several", position=1, table=tables[1], pooling=pooling),
        FeatureSpec(name="other", position=2, table=tables[1] if shared else tables[2], pooling="mean"),
    )


def network_of(spec_features, body=None):
    body = body or Mlp(hidden_units=(4,), dropout=0.0)
    spec = NetworkSpec(features=spec_features, n_outputs=1, body=body, numeric=Standardized(), seed=0)
    network, rng = Network(spec), np.random.default_rng(1)
    for layer in network.tables.values():
        layer.embeddings.assign(rng.normal(size=layer.embeddings.shape))
    for query in network.queries:
        query.assign(rng.normal(size=query.shape))
    return network


def rows_of(size, pooling, *, weighted=False, folds=None):
    rng = np.random.default_rng(2)

    def bags(how):
        sizes = np.r_[1, 1, rng.integers(1, 5, 20)]
        values = np.r_[0, 1, rng.integers(0, size, sizes[2:].sum())].astype(np.int32)
        weights = rng.uniform(0.5, 2, len(values)).astype(np.float32) if weighted else None
        return Bags(values, np.r_[0, np.cumsum(sizes)], weights, how)

    indices = np.column_stack([rng.integers(0, size, N), rng.integers(0, 22, N), rng.integers(0, 22, N)])
    table = EncodedTable(indices.astype(np.int32), np.empty((N, 0), np.float32), {1: bags(pooling), 2: bags("mean")})
    return Rows(table=table, targets=rng.normal(size=N).astype(np.float32), folds=folds)


def loop_of(network, **options):
    loop = TrainingLoop(network.spec, TASK, **options)
    loop.begin(network, batch_size=N, category_dropout=0.5 if options.get("drops") else 0.0)
    return loop


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("size", [9, 5000])
@pytest.mark.usefixtures("without_compiling")
def test_a_step_equals_a_step_of_the_whole_model(size, shared, pooling):
    network, rows = network_of(features(size, pooling, shared=shared)), rows_of(size, pooling, weighted=shared)
    loop = loop_of(network)
    loop.run(rows.tensors, np.arange(N), np.array([0.01]))
    with tf.GradientTape() as tape:
        inputs = {name: rows.tensors[name] for name in network.model.input}
        loss = tf.reduce_mean(TASK.loss(rows.targets, network.model(inputs, training=True)))
    weights = [*network.trunk.trainable_variables, *network.queries]
    tables = [each.embeddings for each in network.tables.values()]
    of_weights, of_tables = tape.gradient(loss, [[v.value for v in weights], [v.value for v in tables]])
    keras.optimizers.Adam(0.01).apply([tf.convert_to_tensor(each) for each in of_weights], weights)
    expected = [np.array(each.numpy()) for each in weights]
    moved = []
    for table, gradient in zip(tables, of_tables, strict=True):
        dense = tf.convert_to_tensor(gradient).numpy()
        stride = 0.02 / (np.sqrt((dense**2).mean(axis=1, keepdims=True)) + 1e-7 / np.sqrt(0.001))
        moved.append(table.numpy() - stride * dense)
    loop.store()
    for mine, its in zip([*weights, *tables], [*expected, *moved], strict=True):
        np.testing.assert_allclose(mine.numpy(), its, rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("body", [Mlp(hidden_units=(4,)), Ensemble(n_members=3)])
@pytest.mark.usefixtures("without_compiling")
def test_all_ways_to_predict_agree(pooling, body):
    network, rows = network_of(features(9, pooling), body), rows_of(9, pooling, weighted=True)
    expected = network.logits(rows.table)
    inputs = {name: rows.tensors[name] for name in network.model.input}
    loop = loop_of(network)
    assert forward_of(network).obstacle is None
    for answers in (network.model(inputs).numpy(), loop.logits(rows.table), forward_of(network).logits(rows.table)):
        np.testing.assert_allclose(answers, expected, rtol=1e-4, atol=1e-5)
    some = rows.table.take(np.array([3, 3, 7]))
    np.testing.assert_allclose(forward_of(network).logits(some), expected[[3, 3, 7]], rtol=1e-4, atol=1e-5)


def test_rows_of_a_network_are_looked_up_as_the_model_does():
    network, rows = network_of(features(9, "attention")), rows_of(9, "attention")
    outputs = [network.model.get_layer(f"{name}_pooling_rows").output for name in ("several", "other")]
    model = keras.Model(network.model.input, outputs)
    expected = model({name: rows.tensors[name] for name in network.model.input})
    for feature, vectors in zip(network.spec.features[1:], expected, strict=True):
        np.testing.assert_allclose(network.looked_up(feature, rows.table), vectors, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("without_compiling")
def test_whole_cells_are_dropped():
    network, rows = network_of(features(9, "mean")), rows_of(9, "mean")
    before = network.tables[network.spec.features[1].table].embeddings.numpy()[1].copy()
    for bags in rows.table.bags.values():
        bags.values[1:][bags.values[1:] == 1] = 2
        bags.values[1] = 1
    loop = loop_of(network, drops=True)
    loop.run(rows.tensors, np.arange(N), np.array([0.01]))
    loop.store()
    assert not np.allclose(network.tables[network.spec.features[1].table].embeddings.numpy()[1], before)


@pytest.mark.parametrize("options", [{"damping": 5.0}, {"shrinks": True}, {"decays": True}, {"averages": True}])
def test_training_with_every_option_lowers_the_loss(options):
    network, rows = network_of(features(9, "attention")), rows_of(9, "attention")
    loop = loop_of(network, **options)
    loop.optimizer.prior.assign(1.0 if "shrinks" in options else 0.0)
    first = loop.run(rows.tensors, np.arange(N), np.array([0.01]))
    for _ in range(30):
        last = loop.run(rows.tensors, np.arange(N), np.array([0.01]))
        if options.get("averages"):
            loop.average(0.5)
    assert last < 0.9 * first
    with loop.averaged():
        averaged = loop.logits(rows.table)
    loop.store_averages()
    np.testing.assert_allclose(network.logits(rows.table), averaged, rtol=1e-4, atol=1e-5)
