"""Compiled loops that wait for the next network of their shape: a search or a cross-validation compiles once."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from tabemb.nn.network import NetworkSpec
from tabemb.nn.tasks import Task
from tabemb.training.steps import TrainingLoop, small_stacks, with_rates

__all__ = ["POOL", "LoopPool", "shape_key"]

# A loop keeps the weights outside of tables, and two moments of each.
MOST_WEIGHTS = 1_000_000
# In a variable that was used before, TensorFlow copies what is assigned, so that tables would be there twice. Where it
# matters, training takes so long that compiling does not.
MOST_ROWS = 1_000_000


def shape_key(
    spec: NetworkSpec, task: Task, *, decays: bool, drops: bool, shrinks: bool = False, holds: bool = False
) -> Hashable:
    """Return what two networks have in common exactly when one loop can train them both.

    Names, seeds and the sizes of vocabularies do not matter, except that small stacks are updated in another way.

    Parameters
    ----------
    spec : NetworkSpec
        The shape.
    task : Task
        Its loss is compiled in.
    decays, drops, shrinks, holds : bool
        Whether there is weight decay, category dropout, a prior, and rows that are held.

    Returns
    -------
    hashable or None
        None when the parts cannot be compared, or the tables are large; their loop is made anew each time.
    """
    tables = list(dict.fromkeys(feature.table for feature in spec.embedded))
    if sum(table.vocabulary_size for table in tables) > MOST_ROWS:
        return None
    key = (
        tuple((f.position, f.table.embedding_dim, tables.index(f.table)) for f in spec.embedded),
        with_rates(spec),
        small_stacks(spec),
        tuple((each.position, each.vocabulary_size) for each in spec.one_hot),
        (spec.n_numbers, spec.n_indicators, spec.n_outputs, decays, drops, shrinks, holds),
        tuple((type(part), *_frozen(part.get_params())) for part in (spec.body, spec.numeric)),
        task.loss_key(),
    )
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _frozen(params):
    return [(name, tuple(value) if isinstance(value, list) else value) for name, value in sorted(params.items())]


class LoopPool:
    """Loops that nobody uses now; one that is taken is its taker's alone until it is given back.

    Parameters
    ----------
    most : int
        How many are kept; the one that waited longest goes first.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._waiting: OrderedDict[Hashable, list[TrainingLoop]] = OrderedDict()
        self._lock = Lock()

    def take(
        self,
        spec: NetworkSpec,
        task: Task,
        *,
        decays: bool,
        drops: bool,
        table_factor: float,
        damping: float = 0.0,
        shrinks: bool = False,
        holds: bool = False,
        chains: int = 2,
    ) -> TrainingLoop:
        """Return a loop for networks of this shape, from the pool or new."""
        key = shape_key(spec, task, decays=decays, drops=drops, shrinks=shrinks, holds=holds)
        key = None if key is None else (key, table_factor, damping, chains)
        with self._lock:
            waiting = self._waiting.get(key) if key is not None else None
            loop = waiting.pop() if waiting else None
            if waiting is not None and not waiting:
                del self._waiting[key]
        if loop is None:
            loop = TrainingLoop(
                spec,
                task,
                decays=decays,
                drops=drops,
                table_factor=table_factor,
                damping=damping,
                shrinks=shrinks,
                holds=holds,
                chains=chains,
            )
            loop.key = key
        return loop

    def give_back(self, loop: TrainingLoop) -> None:
        """Let go of the loop's network, and keep the loop for the next one."""
        loop.end()
        if loop.key is None or loop.n_weights > MOST_WEIGHTS:
            return
        with self._lock:
            self._waiting.setdefault(loop.key, []).append(loop)
            self._waiting.move_to_end(loop.key)
            while len(self) > self._most:
                key, loops = next(iter(self._waiting.items()))
                loops.pop(0)
                if not loops:
                    del self._waiting[key]

    def clear(self) -> None:
        """Drop all loops."""
        with self._lock:
            self._waiting.clear()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))


POOL = LoopPool()
