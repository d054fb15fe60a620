"""Programs: run, joined, prepared for single rows, and brought back from their description."""

import json
import pickle

import numpy as np
import pytest

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.inference import operations as ops
from tabemb.inference.gathers import Gather
from tabemb.inference.program import Program, Step

rng = np.random.default_rng(0)
INDICES = rng.integers(0, 6, (9, 3)).astype("int32")
ROWS = {"indices": INDICES}


def kinds(program):
    return [type(step.operation).__name__ for step in program.steps]


def gathering(dims=(2, 3, 3), tables=("t0", "t1", "t2")):
    """Three columns gathered one by one, concatenated, through a dense layer and a batch normalization."""
    steps = []
    for position, table in enumerate(tables):
        steps.append(Step(ops.TakeColumn(position), (), (0,), 1 + position))
        steps.append(Step(Gather(), (table,), (1 + position,), 4 + position))
    steps += [
        Step(ops.Concatenate(-1), (), (4, 5, 6), 7),
        Step(ops.Dense(), ("kernel",), (7,), 8),
        Step(ops.BatchNormalize(1e-3, True, True), ("mean", "variance", "gamma", "beta"), (8,), 9),
        Step(ops.Activate("relu"), (), (9,), 10),
    ]
    arrays = {f"t{place}": rng.normal(size=(6, dim)).astype("float32") for place, dim in enumerate(dims)}
    arrays["kernel"] = rng.normal(size=(sum(dims), 4)).astype("float32")
    arrays |= {name: rng.uniform(0.5, 2, 4).astype("float32") for name in ("mean", "variance", "gamma", "beta")}
    return Program({"indices": 0}, tuple(steps), 10, arrays)


def test_gathers_that_are_concatenated_become_one_and_the_numbers_stay():
    program = gathering()
    joined = program.with_gathers_joined()
    assert kinds(joined) == ["GatherColumns", "Dense", "BatchNormalize", "Activate"]
    assert np.array_equal(joined.run(ROWS), program.run(ROWS))


def test_a_gather_that_is_read_elsewhere_too_is_kept():
    program = gathering()
    more = Step(ops.Concatenate(-1), (), (10, 4), 11)
    joined = Program(program.inputs, (*program.steps, more), 11, program.arrays).with_gathers_joined()
    assert kinds(joined) == [
        "TakeColumn",
        "Gather",
        "GatherColumns",
        "Dense",
        "BatchNormalize",
        "Activate",
        "Concatenate",
    ]
    assert joined.run(ROWS).shape == (9, 6)


def test_steps_that_nothing_reads_are_left_out():
    program = gathering()
    idle = Step(ops.Activate("relu"), (), (7,), 12)
    assert len(Program(program.inputs, (*program.steps, idle), 10).without_idle_steps().steps) == len(program.steps)


@pytest.mark.parametrize("dims", [(2, 3, 3), (3, 3, 3), (3, 2, 3)])
def test_preparing_stacks_tables_and_folds_the_normalization_into_the_dense_layer(dims):
    program = gathering(dims).with_gathers_joined()
    prepared = program.prepared()
    assert kinds(prepared) == ["GatherStacked", "Dense", "Activate"]
    np.testing.assert_allclose(prepared.run(ROWS), program.run(ROWS), rtol=1e-5, atol=1e-5)


def test_a_dense_layer_that_is_read_elsewhere_keeps_its_numbers():
    program = gathering().with_gathers_joined()
    both = Program(program.inputs, (*program.steps, Step(ops.Add(), (), (10, 8), 11)), 11, program.arrays)
    prepared = both.prepared()
    assert kinds(prepared) == ["GatherStacked", "Dense", "Affine", "Activate", "Add"]
    np.testing.assert_allclose(prepared.run(ROWS), both.run(ROWS), rtol=1e-5, atol=1e-5)


def test_a_shared_table_is_stacked_once():
    prepared = gathering((3, 3, 3), tables=("t0", "t1", "t0")).with_gathers_joined().prepared()
    assert prepared.arrays[prepared.steps[0].arrays[2]].shape == (12, 3)


def test_a_prepared_program_owns_its_arrays_and_can_be_pickled():
    program = gathering().with_gathers_joined()
    prepared = program.prepared()
    before = prepared.run(ROWS)
    for array in program.arrays.values():
        array[:] = 7
    assert np.array_equal(prepared.run(ROWS), before)
    assert np.array_equal(pickle.loads(pickle.dumps(prepared)).run(ROWS), before)


def test_a_view_of_a_weight_is_copied_too():
    drawn = {"kernel": rng.normal(size=(3, 2)), "bias": rng.normal(size=8), "in": np.ones(12), "out": np.ones(8)}
    arrays = {name: array.astype("float32") for name, array in drawn.items()}
    prepared = Program({"x": 0}, (Step(ops.ScaledDense(4), tuple(arrays), (0,), 1),), 1, arrays).prepared()
    x = {"x": rng.normal(size=(4, 5, 3)).astype("float32")}
    before = prepared.run(x)
    for array in arrays.values():
        array[:] = 7
    assert np.array_equal(prepared.run(x), before)


def test_binding_gives_other_arrays_without_a_copy():
    program = gathering()
    other = {name: array * 2 for name, array in program.arrays.items()}
    bound = program.bind(other)
    assert bound.arrays["kernel"] is other["kernel"]
    assert not np.array_equal(bound.run(ROWS), program.run(ROWS))


def test_overflow_is_silent():
    program = Program({"x": 0}, (Step(ops.Activate("exponential"), (), (0,), 1),), 1)
    assert program.run({"x": np.full((1, 1), 1e4, "float32")}) == np.inf


# ---------------------------------------------------------------- state


@pytest.mark.parametrize("change", [lambda program: program, Program.with_gathers_joined, Program.prepared])
def test_a_description_through_json_gives_the_same_program(change):
    program = change(gathering())
    again = Program.from_state(json.loads(json.dumps(program.to_state())), program.arrays)
    assert (again.steps, again.inputs, again.output) == (program.steps, program.inputs, program.output)
    assert np.array_equal(again.run(ROWS), program.run(ROWS))


def test_nested_attributes_come_back_as_tuples():
    step = Step(ops.SplitMembers(((0, 1, 4, True),), 2), (), (0,), 1)
    state = json.loads(json.dumps(Program({"x": 0}, (step,), 1).to_state()))
    assert Program.from_state(state, {}).steps == (step,)


def test_an_operation_that_is_not_registered_cannot_be_described():
    class Own(ops.Operation):
        pass

    with pytest.raises(UnknownNameError, match="Own is not a registered operation"):
        Program({"x": 0}, (Step(Own(), (), (0,), 1),), 1).to_state()


DAMAGES = {
    "no steps": (lambda s: s.pop("steps"), "is damaged"),
    "steps are no list": (lambda s: s.update(steps=3), "is damaged"),
    "an unknown operation": (lambda s: s["steps"][0].update(operation="take_colum"), "does not know.*take_column"),
    "an attribute more": (lambda s: s["steps"][0]["attributes"].update(more=1), "is damaged"),
    "an attribute less": (lambda s: s["steps"][0]["attributes"].clear(), "is damaged"),
    "an array that is missing": (lambda s: s["steps"][1].update(arrays=["t9"]), "lacks the array 't9'"),
    "a slot that nothing has written": (lambda s: s["steps"][0].update(inputs=[3]), "is damaged"),
    "a slot written twice": (lambda s: s["steps"][1].update(output=1), "is damaged"),
    "no input": (lambda s: s["steps"][0].update(inputs=[]), "is damaged"),
    "no output": (lambda s: s.update(output=99), "no step writes its output"),
    "an input that is no number": (lambda s: s["inputs"].update(indices="a"), "is damaged"),
}


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_a_damaged_description_is_a_format_error(name):
    damage, message = DAMAGES[name]
    program = gathering()
    state = json.loads(json.dumps(program.to_state()))
    damage(state)
    with pytest.raises(FormatError, match=message):
        Program.from_state(state, program.arrays)


@pytest.mark.parametrize("state", [None, [], "program", {}, {"inputs": {}, "steps": [], "output": 0}])
def test_something_else_is_a_format_error(state):
    with pytest.raises(FormatError):
        Program.from_state(state, {})
