"""A network as a list of NumPy operations, and the copy of it that answers without Keras."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tabemb.nn.plain.look_ups import LookUp, LookUpSideBySide
from tabemb.nn.plain.operations import Affine, Columns, Concatenate, Dense, Operation

__all__ = ["PlainNetwork", "Program", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a program.

    Parameters
    ----------
    operation : Operation
        What is done.
    weights : tuple of int
        Which of the program's weights it takes.
    inputs : tuple of int
        Which places it reads.
    output : int
        The place that it writes.
    """

    operation: Operation
    weights: tuple[int, ...]
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Program:
    """Operations one after the other; every place is written once.

    Parameters
    ----------
    inputs : dict of str to int
        The place of each input.
    steps : tuple of Step
        In the order in which they are made.
    output : int
        The place of the logits.
    """

    inputs: Mapping[str, int]
    steps: tuple[Step, ...]
    output: int

    def run(self, weights: Sequence[np.ndarray], inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the logits, of shape (n, n_outputs).

        Parameters
        ----------
        weights : sequence of ndarray
            In the order that the steps count them in.
        inputs : mapping of str to ndarray
            The inputs by name, of n rows each.
        """
        places = {place: inputs[name] for name, place in self.inputs.items()}
        # As in TensorFlow, what overflows is infinite and says nothing.
        with np.errstate(all="ignore"):
            for step in self.steps:
                places[step.output] = step.operation(
                    [weights[each] for each in step.weights], *[places[each] for each in step.inputs]
                )
        return places[self.output]

    def with_lookups_joined(self) -> "Program":
        """Return the same program where vectors that stand side by side are written there at once."""
        made_by = {step.output: step for step in self.steps}
        columns = {
            place: made_by[step.inputs[0]]
            for place, step in made_by.items()
            if isinstance(step.operation, LookUp)
            and isinstance(getattr(made_by.get(step.inputs[0]), "operation", None), Columns)
        }

        def joined(step):
            beside = isinstance(step.operation, Concatenate) and step.operation.axis in (-1, 1)
            if not beside or not all(place in columns for place in step.inputs):
                return step
            readers = [columns[place] for place in step.inputs]
            if len({reader.inputs for reader in readers}) > 1:
                return step
            tables = tuple(weight for place in step.inputs for weight in made_by[place].weights)
            positions = tuple(reader.operation.which for reader in readers)
            return Step(LookUpSideBySide(positions), tables, readers[0].inputs, step.output)

        return replace(self, steps=tuple(map(joined, self.steps))).without_idle_steps()

    def without_idle_steps(self) -> "Program":
        """Return the same program without what nothing reads."""
        kept, wanted = [], {self.output}
        for step in reversed(self.steps):
            if step.output in wanted:
                kept.append(step)
                wanted.update(step.inputs)
        return replace(self, steps=tuple(reversed(kept)))


@dataclass(frozen=True)
class PlainNetwork:
    """A program with weights of its own: numbers that nothing changes any more.

    Parameters
    ----------
    program : Program
        What is done.
    weights : tuple of ndarray
        What it is done with.
    """

    program: Program
    weights: tuple[np.ndarray, ...]

    @classmethod
    def copied(cls, program: Program, weights: Sequence[np.ndarray]) -> "PlainNetwork":
        """Return a network with a copy of the weights, prepared for single rows.

        Tables of one dimension are put one above the other, and a batch normalisation goes into the dense layer before
        it.
        """
        uses = Counter(place for step in program.steps for place in step.inputs)
        steps: dict[int, tuple[Step, list[np.ndarray]]] = {}
        for step in program.steps:
            step, values = _prepared(step, [weights[each] for each in step.weights])
            before = steps.get(step.inputs[0])
            if (
                isinstance(step.operation, Affine)
                and before is not None
                and isinstance(before[0].operation, Dense)
                and uses[step.inputs[0]] == 1
            ):
                del steps[step.inputs[0]]
                step, values = replace(before[0], output=step.output), _scaled(before[1], *values)
            steps[step.output] = step, values
        given = {id(weight) for weight in weights}
        numbers: dict[int, int] = {}
        own, numbered = [], []
        for step, values in steps.values():
            for value in values:
                if id(value) not in numbers:
                    numbers[id(value)] = len(own)
                    # A view of a weight would go on with the network.
                    own.append(np.array(value) if id(value) in given or not value.flags.owndata else value)
            numbered.append(replace(step, weights=tuple(numbers[id(value)] for value in values)))
        return cls(replace(program, steps=tuple(numbered)), tuple(own))

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the logits of some rows; see :meth:`Program.run`."""
        return self.program.run(self.weights, inputs)


def _prepared(step, weights):
    operation, weights = step.operation.prepared(weights)
    return replace(step, operation=operation), weights


def _scaled(weights, scale, shift):
    kernel, *bias = weights
    return [kernel * scale, bias[0] * scale + shift if bias else shift]
