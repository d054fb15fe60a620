"""A trained network as a program: a sequence of named operations, and their arrays."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.inference.gathers import Gather, GatherColumns
from tabemb.inference.operations import OPERATIONS, Affine, Concatenate, Dense, Operation, TakeColumn

__all__ = ["Program", "Step"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a program.

    Parameters
    ----------
    operation : Operation
        The operation.
    arrays : tuple of str
        Names of the arrays that it reads.
    inputs : tuple of int
        Slots that it reads.
    output : int
        Slot that it writes.
    """

    operation: Operation
    arrays: tuple[str, ...]
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True, eq=False)
class Program:
    """A sequence of operations from named inputs to logits. Each slot is written once.

    Parameters
    ----------
    inputs : mapping of str to int
        The slot of each input.
    steps : tuple of Step
        In the order of execution.
    output : int
        The slot of the logits.
    arrays : mapping of str to ndarray
        The weights by name.

    Examples
    --------
    >>> steps = (Step(Dense(), ("kernel",), (0,), 1),)
    >>> program = Program({"numbers": 0}, steps, 1, {"kernel": np.array([[1.0], [2.0]])})
    >>> program.run({"numbers": np.array([[3.0, 4.0]])})
    array([[11.]])
    """

    inputs: Mapping[str, int]
    steps: tuple[Step, ...]
    output: int
    arrays: Mapping[str, Array] = field(default_factory=dict, repr=False)

    def run(self, inputs: Mapping[str, Array]) -> Array:
        """Return the logits, of shape (n, n_outputs).

        Parameters
        ----------
        inputs : mapping of str to ndarray
            The inputs by name, each with n rows.
        """
        slots = {slot: inputs[name] for name, slot in self.inputs.items()}
        # As in TensorFlow, an overflow gives infinity without a warning.
        with np.errstate(all="ignore"):
            for step in self.steps:
                slots[step.output] = step.operation(
                    [self.arrays[name] for name in step.arrays], *[slots[slot] for slot in step.inputs]
                )
        return slots[self.output]

    def bind(self, arrays: Mapping[str, Array]) -> "Program":
        """Return the same steps with other arrays, which are not copied."""
        return replace(self, arrays=arrays)

    def with_gathers_joined(self) -> "Program":
        """Return an equivalent program that gathers concatenated vectors in one step."""
        made_by = {step.output: step for step in self.steps}
        columns = {
            slot: made_by[step.inputs[0]]
            for slot, step in made_by.items()
            if isinstance(step.operation, Gather)
            and isinstance(getattr(made_by.get(step.inputs[0]), "operation", None), TakeColumn)
        }

        def joined(step: Step) -> Step:
            adjacent = isinstance(step.operation, Concatenate) and step.operation.axis in (-1, 1)
            if not adjacent or not all(slot in columns for slot in step.inputs):
                return step
            readers = [columns[slot] for slot in step.inputs]
            if len({reader.inputs for reader in readers}) > 1:
                return step
            tables = tuple(name for slot in step.inputs for name in made_by[slot].arrays)
            positions = tuple(reader.operation.position for reader in readers)  # type: ignore[attr-defined]
            return Step(GatherColumns(positions), tables, readers[0].inputs, step.output)

        return replace(self, steps=tuple(map(joined, self.steps))).without_idle_steps()

    def without_idle_steps(self) -> "Program":
        """Return an equivalent program without steps whose output is not used."""
        kept, read = [], {self.output}
        for step in reversed(self.steps):
            if step.output in read:
                kept.append(step)
                read.update(step.inputs)
        return replace(self, steps=tuple(reversed(kept)))

    def prepared(self) -> "Program":
        """Return an equivalent program with its own arrays, optimized for single rows.

        Tables of one dimension are stacked, and a batch normalization is merged into the dense layer before it.
        """
        uses = Counter(slot for step in self.steps for slot in step.inputs)
        made: dict[int, tuple[Step, list[Array]]] = {}
        for step in self.steps:
            operation, values = step.operation.prepared([self.arrays[name] for name in step.arrays])
            step, before = replace(step, operation=operation), made.get(step.inputs[0])
            if (
                isinstance(operation, Affine)
                and before is not None
                and isinstance(before[0].operation, Dense)
                and uses[step.inputs[0]] == 1
            ):
                del made[step.inputs[0]]
                step, values = replace(before[0], output=step.output), _scaled(before[1], *values)
            made[step.output] = step, values
        given = {id(array) for array in self.arrays.values()}
        names: dict[int, str] = {}
        arrays: dict[str, Array] = {}
        steps = []
        for step, values in made.values():
            for value in values:
                if id(value) not in names:
                    names[id(value)] = str(len(names))
                    # A view would change with the network's weights.
                    own = value.flags.owndata and id(value) not in given
                    arrays[names[id(value)]] = value if own else np.array(value)
            steps.append(replace(step, arrays=tuple(names[id(value)] for value in values)))
        return Program(self.inputs, tuple(steps), self.output, arrays)

    # ---------------------------------------------------------------- state

    def to_state(self) -> dict[str, Any]:
        """Return the program without its arrays as JSON values.

        Raises
        ------
        UnknownNameError
            If an operation is not registered in ``OPERATIONS``.

        Examples
        --------
        >>> Program({"x": 0}, (Step(Dense(), ("kernel",), (0,), 1),), 1).to_state()["steps"]
        [{'operation': 'dense', 'attributes': {}, 'arrays': ['kernel'], 'inputs': [0], 'output': 1}]
        """
        return {
            "inputs": dict(self.inputs),
            "steps": [
                {
                    "operation": OPERATIONS.name_of(step.operation),
                    "attributes": asdict(step.operation),  # type: ignore[call-overload]
                    "arrays": list(step.arrays),
                    "inputs": list(step.inputs),
                    "output": step.output,
                }
                for step in self.steps
            ],
            "output": self.output,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> "Program":
        """Return the program from the output of :meth:`to_state` and its arrays.

        Parameters
        ----------
        state : mapping
            From :meth:`to_state`.
        arrays : mapping of str to ndarray
            At least the arrays that the steps name.

        Raises
        ------
        FormatError
            If an operation is unknown, its attributes do not fit, an array is missing, or a step reads a slot that no
            step before it has written.
        """
        try:
            inputs = {str(name): int(slot) for name, slot in state["inputs"].items()}
            written = set(inputs.values())
            steps = tuple(_step_from_state(each, arrays, written) for each in state["steps"])
            output = int(state["output"])
        except UnknownNameError as error:
            raise FormatError(f"The saved program has an operation that this version does not know: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"The saved program is damaged: {error!r}. Save the estimator again.") from error
        if output not in written:
            raise FormatError("The saved program is damaged: no step writes its output. Save the estimator again.")
        used = {name for step in steps for name in step.arrays}
        return cls(inputs, steps, output, {name: arrays[name] for name in sorted(used)})


def _step_from_state(state: Mapping[str, Any], arrays: Mapping[str, Array], written: set[int]) -> Step:
    attributes = {name: _as_tuples(value) for name, value in state["attributes"].items()}
    step = Step(
        OPERATIONS[state["operation"]](**attributes),
        tuple(map(str, state["arrays"])),
        tuple(map(int, state["inputs"])),
        int(state["output"]),
    )
    if missing := [name for name in step.arrays if name not in arrays]:
        raise FormatError(f"The saved program lacks the array {missing[0]!r}. Save the estimator again.")
    if not step.inputs or not written.issuperset(step.inputs) or step.output in written:
        raise ValueError(f"the step {state['operation']!r} reads {step.inputs} and writes {step.output}")
    written.add(step.output)
    return step


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _scaled(arrays: Sequence[Array], scale: Array, shift: Array) -> list[Array]:
    kernel, *bias = arrays
    return [kernel * scale, bias[0] * scale + shift if bias else shift]
