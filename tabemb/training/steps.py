"""The compiled training loop: many steps per call, with batches gathered from tensors in memory."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import pairwise

import numpy as np
import tensorflow as tf

from tabemb.nn.members import deal_to_members, portions_of_members
from tabemb.nn.network import Network, NetworkSpec, build_trunk
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.bag_stack import BagStack
from tabemb.training.moments import LoopMoments, one_hot_sizes
from tabemb.training.optimizers import RowAdam
from tabemb.training.stacks import SMALL, TableStack, stack_features

__all__ = [
    "TrainingLoop",
    "small_stacks",
    "with_rates",
]

FORWARD_ROWS = 8192
# What has one entry per row; the other tensors are bags of cells with several values.
ROW_BY_ROW = ("indices", "numbers", "targets", "weights", "folds")
BAG_PARTS = ("values", "weights", "offsets")


class TrainingLoop:
    """Compiled training and prediction of networks of one shape.

    The loop has its own weights. The weights of a network are loaded, trained, and stored back, so that the code
    compiled for one network is reused for others of the same shape, whatever their vocabulary sizes. During training,
    the current tables are in the loop; the network has those stored last.

    Parameters
    ----------
    spec : NetworkSpec
        Specification of the networks.
    task : Task
        Task, which defines the loss of each row.
    decays : bool, default=False
        Whether there is weight decay.
    drops : bool, default=False
        Whether there is category dropout.
    table_factor : float, default=1.0
        Factor of the learning rate of the tables, relative to the other weights.
    damping : float, default=0.0
        Damping of rare rows; see :class:`RowAdam`.
    shrinks : bool, default=False
        Whether there is a prior on rows; see :class:`RowAdam`, whose ``prior`` is then set before each call.
    holds : bool, default=False
        Whether networks may have frozen rows; see :attr:`Network.held`.
    averages : bool, default=False
        Whether there are averages of the weights; see :meth:`average`.
    chains : int, default=2
        Number of portions of a batch that are processed in parallel; each is traced.

    Attributes
    ----------
    network : Network or None
        The network being trained.
    batch_size : int
        Number of rows per step; may be changed between calls of :meth:`run`.
    key : hashable
        Key of the loop in the pool.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        task,
        *,
        decays: bool = False,
        drops: bool = False,
        table_factor: float = 1.0,
        damping: float = 0.0,
        shrinks: bool = False,
        holds: bool = False,
        averages: bool = False,
        chains: int = 2,
    ):
        self.task, self._drops, self._chains = task, drops, chains
        self.network: Network | None = None
        self.batch_size = 1
        self.key: Hashable = None
        self._trunk = build_trunk(spec)
        queries = {
            f.name: tf.Variable(tf.zeros([f.table.embedding_dim])) for f in spec.embedded if f.pooling == "attention"
        }
        self._queries = list(queries.values())
        self.optimizer = RowAdam(
            [*(v.value for v in self._trunk.trainable_variables), *self._queries],
            decays=decays,
            table_factor=table_factor,
            damping=damping,
            shrinks=shrinks,
            holds=holds,
            averages=averages,
        )
        # A table may have bags of columns that this network does not read.
        self._read = {*ROW_BY_ROW, *(f"{part}_{f.position}" for f in spec.embedded if f.pooling for part in BAG_PARTS)}
        self._epoch = 0
        self._stacks = [
            _stack(
                features,
                queries,
                optimizer=self.optimizer,
                small=small,
                with_rates=with_rates(spec),
                narrows=any(feature.table.blocks for feature in features),
            )
            for features, small in zip(_stacked(spec), small_stacks(spec), strict=True)
        ]
        self._share = tf.Variable(0.0, trainable=False)
        self._seed = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._compiled, self._answers = {}, {}
        # All but the states of the random generators.
        self._numbers = [each.value for each in self._trunk.variables if each.value.dtype.is_floating] + self._queries
        self._averages: list[tf.Variable] = []
        self._averaged = False

    @property
    def n_weights(self) -> int:
        """Number of weights that an idle loop keeps."""
        return self._trunk.count_params()

    # ------------------------------------------------------------------ the network

    def begin(
        self,
        network: Network,
        *,
        batch_size: int,
        weight_decay: float = 0.0,
        category_dropout: float = 0.0,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        """Load a network to train, and reset all moments.

        Parameters
        ----------
        network : Network
            A network of the shape of the loop.
        batch_size : int
            Number of rows per step.
        weight_decay : float, default=0.0
            See :class:`RowAdam`; 0 unless the loop ``decays``.
        category_dropout : float, default=0.0
            Share of known cells replaced by "unknown" in a step, in [0, 1); 0 unless the loop ``drops``.
        seed : int, default=0
            Seed of the category dropout.
        epoch : int, default=0
            Number of epochs the network was already trained for; counts towards the epochs of frozen rows.
        """
        self.network, self.batch_size, self._epoch = network, batch_size, epoch
        self.optimizer.reset(weight_decay)
        self._share.assign(category_dropout)
        self._seed.assign(seed)
        for stack, features in zip(self._stacks, _stacked(network.spec), strict=True):
            stack.open(features)
        self.load()
        self._hold({table: rows.which for table, rows in network.held.items() if rows.lasts(epoch)})

    def moments(self) -> LoopMoments:
        """Return copies of the moments of all weights and rows, to go on from them with a grown network."""
        rows = {name: each for stack in self._stacks for name, each in stack.second_moments(self.optimizer).items()}
        return LoopMoments(
            step=int(self.optimizer.step.numpy()),
            weights=self.optimizer.moments(),
            kernels=one_hot_sizes(self._trunk),
            rows={table.name: each for table, each in rows.items()},
        )

    def resume(self, moments: LoopMoments, shares: Mapping[str, np.ndarray]) -> None:
        """Go on from moments, after :meth:`begin`, perhaps with a network that has more rows.

        Parameters
        ----------
        moments : LoopMoments
            The moments of a loop for the same network with fewer categories.
        shares : mapping of str to ndarray of shape (vocabulary_size,)
            Share of the rows that have each index, by name of the table; see :meth:`LoopMoments.of_table`.
        """
        self.optimizer.resume(moments.step, moments.of_weights(one_hot_sizes(self._trunk)))
        for stack, features in zip(self._stacks, _stacked(self.network.spec), strict=True):
            tables = dict.fromkeys(feature.table for feature in features)
            second = {table: moments.of_table(table.name, shares[table.name]) for table in tables}
            stack.resume(second, self.optimizer)

    def can_load(self, network: Network) -> bool:
        """Return whether :meth:`begin` accepts a network of the same columns and parts, but other vocabularies."""
        small = tuple(stack.small for stack in self._stacks)
        sizes = [size for each in one_hot_sizes(self._trunk).values() for size in each]
        new = [size for each in one_hot_sizes(network.trunk).values() for size in each]
        return small == small_stacks(network.spec) and sizes == new and (self.optimizer.holds or not network.held)

    def begin_epoch(self) -> None:
        """Increment the epoch counter, and release the rows that are not frozen any more."""
        held = self.network.held
        due = [table for table, rows in held.items() if rows.n_epochs == self._epoch]
        self._hold({table: np.zeros_like(held[table].which) for table in due})
        self._epoch += 1

    def _hold(self, held):
        if held:
            for stack in self._stacks:
                stack.hold(held, self.optimizer)

    def load(self) -> None:
        """Copy the weights from the network; moments are kept, and averages become these weights."""
        for mine, its in zip(self._trunk.variables, self.network.trunk.variables, strict=True):
            mine.assign(its)
        for query, its in zip(self._queries, self.network.queries, strict=True):
            query.assign(its.value)
        if self._averages:
            _assign(self._averages, self._numbers)
        for stack in self._stacks:
            stack.load(self.network, self.optimizer)

    def store(self) -> None:
        """Copy the weights to the network, and their averages within :meth:`averaged`."""
        for mine, its in zip(self._trunk.variables, self.network.trunk.variables, strict=True):
            its.assign(mine)
        for query, its in zip(self._queries, self.network.queries, strict=True):
            its.assign(query)
        for stack in self._stacks:
            stack.store(self.network, self.optimizer, averaged=self._averaged)

    def store_averages(self) -> None:
        """Copy the averages of the weights to the network; without averages, the weights."""
        with self.averaged():
            self.store()

    def average(self, share: float) -> None:
        """Move the averages of all weights to the current weights by a share of the difference.

        The first time, they become the current weights. Call only between :meth:`run` of a loop with ``averages``.
        """
        if not self._averages:
            self._averages, share = [tf.Variable(each) for each in self._numbers], 1.0
        for average, now in zip(self._averages, self._numbers, strict=True):
            average.assign_add(share * (now - average))
        self.optimizer.average(share)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Predict with the averages of the weights, and store them, within the block; if there are any."""
        if not self._averages:
            yield
            return
        before = [tf.identity(each) for each in self._numbers]
        _assign(self._numbers, self._averages)
        self._averaged = True
        try:
            yield
        finally:
            self._averaged = False
            _assign(self._numbers, before)

    def end(self) -> None:
        """Release the network and free the memory of its tables."""
        self.network, self._averages = None, []
        for stack in self._stacks:
            stack.close()

    # ------------------------------------------------------------------ training and prediction

    def run(self, rows, order, learning_rates) -> float:
        """Train one step per learning rate, on consecutive batches of ``order``.

        Parameters
        ----------
        rows : dict of str to tensor
            Indices, numbers, targets and weights of the rows; ``folds``, if members of the network leave rows out; and
            the bags of cells with several values.
        order : ndarray of int32
            Row numbers, batch after batch.
        learning_rates : ndarray of float32
            One per step.

        Returns
        -------
        float
            Sum of the weighted losses of the rows, averaged over members if there are any; NaN if a weight became NaN
            or infinite.
        """
        rows, compiled = self._needed(rows), self._compiled.get("folds" in rows)
        if compiled is None:
            # The first axis is unspecified, so that chunks of other lengths are not traced again.
            signature = (
                {name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for name, tensor in rows.items()},
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([], tf.int32),
            )
            # TensorFlow counts tracings per function and would warn at the fifth network; partials count separately.
            compiled = tf.function(partial(self._run), input_signature=signature, autograph=False)
            self._compiled["folds" in rows] = compiled
        return float(
            compiled(
                rows,
                tf.constant(order, tf.int32),
                tf.constant(learning_rates, tf.float32),
                tf.constant(self.batch_size, tf.int32),
            )
        )

    def logits(self, table, members: np.ndarray | None = None) -> np.ndarray:
        """Return the logits of encoded rows with the current weights of the loop, without dropout.

        For a network with members, the mean over the members. If ``members`` is given, each row is predicted by the
        member with this number; the members must be separate.
        """
        if members is not None:
            return self._logits_of_members(table, members)
        parts = []
        for start in range(0, len(table), FORWARD_ROWS):
            logits = self._forward(table.take(slice(start, start + FORWARD_ROWS)), in_portions=False)
            parts.append(logits if logits.ndim == 2 else logits.mean(axis=1))
        return np.concatenate(parts)

    def _logits_of_members(self, table, members):
        n_members, n_outputs = self._trunk.output.shape[1:]
        logits = np.empty((len(members), n_outputs), np.float32)
        for rows, real, member in deal_to_members(members, n_members, FORWARD_ROWS):
            answers = self._forward(table.take(rows), in_portions=True)
            logits[rows[real]] = answers[real % len(answers), member]
        return logits

    def _forward(self, table, *, in_portions):
        kind = in_portions, self._averaged
        compiled, rows = self._answers.get(kind), self._needed(table.compact().inputs())
        if compiled is None:
            signature = ({name: tf.TensorSpec([None, *each.shape[1:]], each.dtype) for name, each in rows.items()},)
            answer = partial(self._answer, in_portions=in_portions, averaged=self._averaged)
            compiled = self._answers[kind] = tf.function(answer, input_signature=signature, autograph=False)
        return compiled({name: tf.constant(each) for name, each in rows.items()}).numpy()

    def _needed(self, rows):
        return {name: each for name, each in rows.items() if name in self._read}

    def _answer(self, rows, in_portions, averaged):
        indices = rows["indices"]
        vectors = [
            stack.look_up(stack.cells(indices), self.optimizer, rows, averaged=averaged) for stack in self._stacks
        ]
        with portions_of_members() if in_portions else nullcontext():
            return self._trunk(self._trunk_inputs(indices, rows["numbers"], vectors), training=False)

    def _run(self, rows, order, learning_rates, batch_size):
        # Gather the rows of all steps at once, in order of use, so that each step takes a contiguous slice.
        taken = {name: tf.gather(tensor, order) for name, tensor in rows.items() if name in ROW_BY_ROW}
        bags = {name: tensor for name, tensor in rows.items() if name not in ROW_BY_ROW}
        taken["indices"] = self._drop_categories(taken["indices"])
        cells = [stack.cells(taken["indices"]) for stack in self._stacks]

        def one_more(step, total):
            start, stop = step * batch_size, (step + 1) * batch_size
            batch = {name: each[start:stop] for name, each in taken.items()}
            of_batch = [each[start:stop] for each in cells]
            return step + 1, total + self._step(batch, of_batch, bags, learning_rates[step])

        # An explicit loop, since autograph would convert the code of each step again in each fit.
        n_steps = tf.size(learning_rates)
        _, total = tf.while_loop(lambda step, _: step < n_steps, one_more, [tf.constant(0), tf.constant(0.0)])
        # A fused kernel may turn NaN into 0 before it shows in a loss; in the weights it persists.
        weights = [tf.reduce_all(tf.math.is_finite(v.value)) for v in self._trunk.trainable_variables]
        return tf.where(tf.reduce_all(weights), total, float("nan"))

    def _step(self, batch, cells, bags, learning_rate):
        self.optimizer.begin_step(learning_rate)
        touched = [stack.touch(each, bags) for stack, each in zip(self._stacks, cells, strict=True)]
        vectors = [self.optimizer.vectors(each.rows) for each in touched]
        looked_up = [
            stack.vectors(of_rows, each) for stack, of_rows, each in zip(self._stacks, vectors, touched, strict=True)
        ]
        inputs = self._trunk_inputs(batch["indices"], batch["numbers"], looked_up)
        total, of_inputs, of_weights = self._gradients(inputs, batch["targets"], self._weights(batch))
        gradients = tf.split(of_inputs, [stack.width for stack in self._stacks], axis=1) if self._stacks else []
        for stack, each, of_rows, of_cells, gradient in zip(
            self._stacks, touched, vectors, looked_up, gradients, strict=True
        ):
            means = stack.narrowed(stack.means(of_cells, each), each) if self.optimizer.shrinks else None
            of_each, of_queries = stack.gradients(of_rows, gradient, each)
            of_weights += of_queries
            of_each = stack.narrowed(of_each, each)
            rates, scaled = stack.rates(each) * learning_rate, stack.of_cells(gradient, each)
            stack.write(each, self.optimizer.updated(each.rows, of_rows, of_each, rates, scaled, means))
        self.optimizer.apply(of_weights, learning_rate)
        return total

    def _weights(self, batch):
        """Return the weight of each row, or of each row and member: 0 for the member that leaves it out."""
        if "folds" not in batch:
            return batch["weights"]
        n_members = self._trunk.output.shape[1]
        learned = tf.cast(batch["folds"][:, None] != tf.range(n_members)[None], tf.float32)
        return batch["weights"][:, None] * learned

    def _gradients(self, inputs, targets, weights):
        """Return the sum of the losses, and the gradients of their mean with respect to vectors and weights."""
        n_rows = tf.shape(targets)[0]
        chains = 1 if self._trunk.non_trainable_weights else self._chains
        bounds = [n_rows * chain // chains for chain in range(chains + 1)]
        parts = []
        for start, stop in pairwise(bounds):
            portion = {name: each[start:stop] for name, each in inputs.items()}
            parts.append(self._chain(portion, targets[start:stop], weights[start:stop], n_rows))
        if chains == 1:
            return parts[0]
        totals, of_inputs, of_weights = zip(*parts, strict=True)
        joined = tf.concat(of_inputs, axis=0) if self._stacks else None
        return tf.add_n(totals), joined, [tf.add_n(each) for each in zip(*of_weights, strict=True)]

    def _chain(self, inputs, targets, weights, n_rows):
        variables = [variable.value for variable in self._trunk.trainable_variables]
        vectors = [inputs["vectors"]] if self._stacks else []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            tape.watch(vectors)
            total = self._loss(targets, self._trunk(inputs, training=True), weights)
            mean = total / tf.cast(n_rows, tf.float32)
        of_inputs, of_weights = tape.gradient(mean, [vectors, variables], unconnected_gradients="zero")
        return total, of_inputs[0] if vectors else None, [tf.convert_to_tensor(each) for each in of_weights]

    def _loss(self, targets, logits, weights):
        """Return the sum of the weighted losses of the rows; for members, the mean of their sums."""
        if logits.shape.rank == 2:
            return tf.reduce_sum(self.task.training_loss(targets, logits) * weights)
        losses = self.task.member_losses(targets, logits)
        if weights.shape.rank == 1:
            return tf.reduce_sum(tf.reduce_mean(losses, axis=1) * weights)
        # Averaged over the members trained on the row, so that the loss does not depend on how many leave it out.
        n_learning = tf.reduce_sum(tf.cast(weights > 0, tf.float32), axis=1)
        return tf.reduce_sum(tf.math.divide_no_nan(tf.reduce_sum(losses * weights, axis=1), n_learning))

    def _trunk_inputs(self, indices, numbers, vectors):
        given = {"indices": indices, "numbers": numbers}
        if vectors:
            given["vectors"] = tf.concat(vectors, axis=1) if len(vectors) > 1 else vectors[0]
        return {name: given[name] for name in self._trunk.input}

    def _drop_categories(self, indices):
        if not self._drops:
            return indices
        seed = tf.stack([self._seed.read_value(), self.optimizer.step.read_value()])
        draw = tf.random.stateless_uniform(tf.shape(indices), seed=seed)
        return tf.where((indices >= Vocabulary.FIRST) & (draw < self._share), Vocabulary.UNKNOWN, indices)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _stack(features, queries, **options):
    if all(feature.pooling is None for feature in features):
        return TableStack(features, **options)
    return BagStack(features, queries=[queries.get(feature.name) for feature in features], **options)


def _stacked(spec: NetworkSpec):
    return stack_features(spec.embedded) if spec.embedded else []


def with_rates(spec: NetworkSpec) -> bool:
    """Return whether any table of a network has a separate learning rate."""
    return any(feature.table.rate != 1 for feature in spec.features)


def small_stacks(spec: NetworkSpec) -> tuple[bool, ...]:
    """Return, for each stack of tables of a network, whether it is updated as a whole in each step."""
    sizes = [sum(table.vocabulary_size for table in {f.table for f in features}) for features in _stacked(spec)]
    return tuple(size <= SMALL for size in sizes)
