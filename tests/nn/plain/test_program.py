"""Programs, and the copy that is prepared for single rows."""

import pickle

import numpy as np
import pytest

from tabemb.nn.plain import operations as plain
from tabemb.nn.plain.activations import relu
from tabemb.nn.plain.look_ups import LookUp
from tabemb.nn.plain.members import MemberDense
from tabemb.nn.plain.program import PlainNetwork, Program, Step

rng = np.random.default_rng(0)
INDICES = rng.integers(0, 6, (9, 3)).astype("int32")


def kinds(program):
    return [type(step.operation).__name__ for step in program.steps]


def looking_up(tables=(0, 1, 2)):
    """Three columns looked up one by one, side by side, through a dense layer and a batch normalisation."""
    steps = []
    for position, table in enumerate(tables):
        steps.append(Step(plain.Columns(position), (), (0,), 1 + position))
        steps.append(Step(LookUp(), (table,), (1 + position,), 4 + position))
    steps += [
        Step(plain.Concatenate(-1), (), (4, 5, 6), 7),
        Step(plain.Dense(), (3,), (7,), 8),
        Step(plain.BatchNormalize(1e-3, True, True), (4, 5, 6, 7), (8,), 9),
        Step(plain.Activate(relu), (), (9,), 10),
    ]
    return Program({"indices": 0}, tuple(steps), 10)


def weights(dims=(2, 3, 3)):
    tables = [rng.normal(size=(6, dim)).astype("float32") for dim in dims]
    kernel = rng.normal(size=(sum(dims), 4)).astype("float32")
    mean, variance, gamma, beta = rng.uniform(0.5, 2, size=(4, 4)).astype("float32")
    return [*tables, kernel, mean, variance, gamma, beta]


def test_neighbouring_look_ups_become_one_and_the_numbers_stay():
    program, given = looking_up(), weights()
    joined = program.with_lookups_joined()
    assert kinds(joined) == ["LookUpSideBySide", "Dense", "BatchNormalize", "Activate"]
    assert np.array_equal(joined.run(given, {"indices": INDICES}), program.run(given, {"indices": INDICES}))


def test_a_look_up_that_is_read_elsewhere_too_is_kept():
    program = looking_up()
    more = Step(plain.Concatenate(-1), (), (10, 4), 11)
    joined = Program(program.inputs, (*program.steps, more), 11).with_lookups_joined()
    assert kinds(joined) == [
        "Columns",
        "LookUp",
        "LookUpSideBySide",
        "Dense",
        "BatchNormalize",
        "Activate",
        "Concatenate",
    ]
    assert joined.run(weights(), {"indices": INDICES}).shape == (9, 6)


def test_what_nothing_reads_is_left_out():
    program = looking_up()
    idle = Step(plain.Activate(relu), (), (7,), 12)
    assert len(Program(program.inputs, (*program.steps, idle), 10).without_idle_steps().steps) == len(program.steps)


@pytest.mark.parametrize("dims", [(2, 3, 3), (3, 3, 3), (3, 2, 3)])
def test_the_copy_stacks_tables_and_takes_the_normalisation_into_the_dense_layer(dims):
    program, given = looking_up().with_lookups_joined(), weights(dims)
    network = PlainNetwork.copied(program, given)
    assert kinds(network.program) == ["LookUpStacked", "Dense", "Activate"]
    expected = program.run(given, {"indices": INDICES})
    np.testing.assert_allclose(network({"indices": INDICES}), expected, rtol=1e-5, atol=1e-5)


def test_a_dense_layer_that_is_read_elsewhere_keeps_its_numbers():
    program, given = looking_up().with_lookups_joined(), weights()
    both = Program(program.inputs, (*program.steps, Step(plain.Add(), (), (10, 8), 11)), 11)
    network = PlainNetwork.copied(both, given)
    assert kinds(network.program) == ["LookUpStacked", "Dense", "Affine", "Activate", "Add"]
    expected = both.run(given, {"indices": INDICES})
    np.testing.assert_allclose(network({"indices": INDICES}), expected, rtol=1e-5, atol=1e-5)


def test_a_shared_table_is_stacked_once():
    given = weights((3, 3, 3))
    network = PlainNetwork.copied(looking_up(tables=(0, 1, 0)).with_lookups_joined(), given)
    stack = network.weights[network.program.steps[0].weights[2]]
    assert stack.shape == (12, 3)


def test_the_copy_is_a_copy_and_can_be_pickled():
    program, given = looking_up().with_lookups_joined(), weights()
    network = PlainNetwork.copied(program, given)
    before = network({"indices": INDICES})
    for weight in given:
        weight[:] = 7
    assert np.array_equal(network({"indices": INDICES}), before)
    assert np.array_equal(pickle.loads(pickle.dumps(network))({"indices": INDICES}), before)


def test_what_is_a_view_of_a_weight_is_copied_too():
    given = [each.astype("float32") for each in (rng.normal(size=(3, 2)), rng.normal(size=8), np.ones(12), np.ones(8))]
    step = Step(MemberDense(4), (0, 1, 2, 3), (0,), 1)
    network = PlainNetwork.copied(Program({"x": 0}, (step,), 1), given)
    x = {"x": rng.normal(size=(4, 5, 3)).astype("float32")}
    before = network(x)
    for weight in given:
        weight[:] = 7
    assert np.array_equal(network(x), before)


def test_overflow_is_silent():
    program = Program({"x": 0}, (Step(plain.Activate(np.exp), (), (0,), 1),), 1)
    assert program.run([], {"x": np.full((1, 1), 1e4, "float32")}) == np.inf
