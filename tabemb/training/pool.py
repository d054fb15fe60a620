"""A pool of compiled loops, so that a search or a cross-validation compiles once per network shape."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from tabemb.nn.network import NetworkSpec
from tabemb.nn.tasks import Task
from tabemb.training.steps import TrainingLoop, small_stacks, with_rates

__all__ = ["POOL", "LoopPool", "shape_key"]

# A loop keeps the weights other than tables, and two moments of each.
MAX_WEIGHTS = 1_000_000
# TensorFlow copies values assigned to a used variable, so that tables would be in memory twice. For large tables, the
# time to compile is small compared to the time to train.
MAX_ROWS = 1_000_000


def shape_key(
    spec: NetworkSpec,
    task: Task,
    *,
    decays: bool,
    drops: bool,
    shrinks: bool = False,
    holds: bool = False,
    averages: bool = False,
) -> Hashable:
    """Return a key that is equal for two networks exactly if one loop can train both.

    Names, seeds and vocabulary sizes do not matter, except that small stacks are updated differently.

    Parameters
    ----------
    spec : NetworkSpec
        Specification of the network.
    task : Task
        Task; its loss is compiled into the loop.
    decays, drops, shrinks, holds, averages : bool
        Whether there are weight decay, category dropout, a prior, frozen rows, and averages of the weights.

    Returns
    -------
    hashable or None
        None if the parts cannot be compared, or the tables are large; such loops are not reused.
    """
    tables = list(dict.fromkeys(feature.table for feature in spec.embedded))
    if sum(table.vocabulary_size for table in tables) > MAX_ROWS:
        return None
    key = (
        tuple(
            (f.position, f.table.embedding_dim, tables.index(f.table), f.pooling, bool(f.table.blocks))
            for f in spec.embedded
        ),
        with_rates(spec),
        small_stacks(spec),
        tuple((each.position, each.vocabulary_size) for each in spec.one_hot),
        (spec.n_numbers, spec.n_indicators, spec.n_unread, spec.n_outputs, decays, drops, shrinks, holds, averages),
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
    """A pool of idle loops; a loop that was taken is used exclusively until it is given back.

    Parameters
    ----------
    most : int
        Maximum number of idle loops; the oldest is dropped first.
    """

    def __init__(self, most: int = 8) -> None:
        self.most = most
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
        averages: bool = False,
        chains: int = 2,
    ) -> TrainingLoop:
        """Return a loop for networks of this shape, from the pool or newly created."""
        compiled_in = {"decays": decays, "drops": drops, "shrinks": shrinks, "holds": holds, "averages": averages}
        key = shape_key(spec, task, **compiled_in)
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
                **compiled_in,
                table_factor=table_factor,
                damping=damping,
                chains=chains,
            )
            loop.key = key
        return loop

    def give_back(self, loop: TrainingLoop) -> None:
        """Release the network of a loop, and keep the loop for the next network."""
        loop.end()
        if loop.key is None or loop.n_weights > MAX_WEIGHTS:
            return
        with self._lock:
            self._waiting.setdefault(loop.key, []).append(loop)
            self._waiting.move_to_end(loop.key)
            while len(self) > self.most:
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
