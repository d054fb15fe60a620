"""Answers with the weights as they are now, in NumPy and through TensorFlow, for few rows and for many."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tabemb.inference.blocks import BLOCK_ROWS
from tabemb.nn.bodies import BODIES, Mlp, TabM
from tabemb.training import forward as module
from tabemb.training.forward import COMPILED_ROWS, Forward, forward_of

# Its activation has no NumPy form.
STRANGE = Mlp(hidden_units=(6,), activation="sparsemax")
KINDS = {
    "plain": {"body": Mlp(hidden_units=(8,), normalization="batch")},
    "shared": {"shared": True},
    "one-hot": {"one_hot": True},
    "members": {"body": TabM(n_members=3, hidden_units=(8,))},
    "strange": {"body": STRANGE},
}
kinds = pytest.mark.parametrize("kind", sorted(KINDS))


def differ(a, b):
    return not np.allclose(a, b, atol=1e-4)


@kinds
@pytest.mark.parametrize("n", [1, 5, BLOCK_ROWS + 1, COMPILED_ROWS + 1])
def test_logits_are_those_of_the_model(kind, n, workshop):
    network, table = workshop.network(**KINDS[kind]), workshop.rows(n).table
    logits = forward_of(network).logits(table)
    assert logits.dtype == "float32"
    np.testing.assert_allclose(logits, network.logits(table), rtol=1e-5, atol=1e-5)


@kinds
def test_no_rows_have_no_logits(kind, workshop):
    assert Forward(workshop.network(**KINDS[kind]).model).logits(workshop.rows(5).table.take(slice(0, 0))).shape == (
        0,
        1,
    )


@pytest.mark.parametrize("name", sorted(BODIES))
def test_the_answer_of_a_row_does_not_depend_on_the_rows_beside_it(name, workshop, rtol_of_rows):
    network, table = workshop.network(body=BODIES.resolve(name)), workshop.rows(BLOCK_ROWS + 5).table
    forward = forward_of(network)
    together = forward.logits(table)
    for some in (slice(0, 1), slice(3, 6), slice(7, 40), slice(BLOCK_ROWS - 3, BLOCK_ROWS + 5)):
        np.testing.assert_allclose(
            forward.logits(table.take(some)), together[some], rtol=rtol_of_rows, atol=rtol_of_rows - 1e-7
        )


def test_what_stands_in_the_way_is_said(workshop):
    assert forward_of(workshop.network()).obstacle is None
    assert (
        "the activation of the layer 'hidden_0_activation' is sparsemax"
        in forward_of(workshop.network(body=STRANGE)).obstacle
    )


@kinds
def test_weights_that_change_are_seen_at_once(kind, workshop, uncompiled):
    def fit():
        with uncompiled():
            workshop.fit(network, workshop.rows(64), learning_rate=0.1)

    network, table = workshop.network(**KINDS[kind]), workshop.rows(20).table
    forward, bias = forward_of(network), network.trunk.get_layer("logits").bias
    answers = [forward.logits(table)]
    for change in (
        lambda: network.model.set_weights([weight + 0.5 for weight in network.model.get_weights()]),
        fit,
        lambda: [layer.embeddings.value.scatter_nd_update([[3]], [[9.0] * 3]) for layer in network.tables.values()],
        lambda: bias.value.assign_add(np.ones(bias.shape)),
    ):
        change()
        answers.append(forward.logits(table))
        np.testing.assert_allclose(answers[-1], network.logits(table), rtol=1e-5, atol=1e-5)
        assert differ(answers[-1], answers[-2])


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"members"}))
def test_layers_that_get_other_variables_are_read_anew(kind, workshop):
    network, table = workshop.network(**KINDS[kind]), workshop.rows(20).table
    forward = forward_of(network)
    before = forward.logits(table)
    dense = network.trunk.get_layer("logits")
    dense.enable_lora(1)
    dense.lora_kernel_b.assign(np.ones(dense.lora_kernel_b.shape))
    after = forward.logits(table)
    np.testing.assert_allclose(after, network.logits(table), rtol=1e-5, atol=1e-5)
    assert differ(after, before)
    assert "logits" in forward.obstacle or "hidden_0_activation" in forward.obstacle


@pytest.mark.parametrize("row_by_row", [False, True])
def test_reading_leaves_the_tables_as_they_are(row_by_row, workshop):
    """Numbers are read where they are: no copy of a table is made, and none is written to."""
    network, table = workshop.network(size=200_000), workshop.rows(3).table
    variable = next(iter(network.tables.values())).embeddings.value
    if row_by_row:
        tf.raw_ops.ResourceScatterUpdate(resource=variable.handle, indices=[3], updates=[[9.0] * 3])
    view = module._view(variable)
    assert np.shares_memory(view, module._view(variable))
    assert not view.flags.writeable
    before = network.model.get_weights()
    forward_of(network).logits(table)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.model.get_weights(), strict=True))


def test_a_prepared_program_keeps_the_weights_of_its_time(workshop):
    network, table = workshop.network(), workshop.rows(20).table
    forward = forward_of(network)
    before, prepared = forward.logits(table), forward.program().prepared()
    network.model.set_weights([weight + 0.5 for weight in network.model.get_weights()])
    inputs = {"indices": table.indices, "numbers": table.numbers}
    np.testing.assert_allclose(prepared.run(inputs), before, rtol=1e-5, atol=1e-5)
    assert differ(forward.logits(table), before)
    assert forward_of(workshop.network(body=STRANGE)).program() is None


def test_numpy_answers_compile_nothing_and_tensorflow_compiles_once(workshop, monkeypatch):
    made = []
    function = tf.function
    monkeypatch.setattr(module.tf, "function", lambda *a, **k: made.append(function(*a, **k)) or made[-1])
    for n in (1, 3, BLOCK_ROWS + 1):
        forward_of(workshop.network()).logits(workshop.rows(n).table)
    assert made == []
    strange = workshop.network(body=STRANGE)
    for n in (1, 3, 500):
        forward_of(strange).logits(workshop.rows(n).table)
    assert len(made) == 1
    assert made[0].experimental_get_tracing_count() == 1


def test_a_forward_is_made_once_and_goes_with_its_network(workshop):
    network = workshop.network(body=STRANGE)
    assert forward_of(network) is forward_of(network)
    forward_of(network).logits(workshop.rows(3).table)
    gc.collect()
    n_before, gone = len(module._forwards), weakref.ref(network.model)
    del network
    gc.collect()
    assert len(module._forwards) == n_before - 1
    assert gone() is None


def test_places_name_the_weights_of_the_program(workshop):
    network = workshop.network(body=Mlp(hidden_units=(8,), normalization="batch"), one_hot=True)
    forward, weights = forward_of(network), network.model.get_weights()
    places = forward.places()
    for name, array in forward.program().arrays.items():
        assert np.array_equal(weights[places[name]], array)
