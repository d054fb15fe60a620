"""The traced loop: many training steps in one call, every batch gathered from tensors in memory."""

from functools import partial

import numpy as np
import tensorflow as tf

from tabemb.nn.network import Network
from tabemb.table.vocabulary import Vocabulary

__all__ = ["TrainingLoop"]

FORWARD_ROWS = 16_384


class TrainingLoop:
    """Compiled training and prediction of one network.

    Parameters
    ----------
    network : Network
        What is trained.
    task : Task
        Gives the loss of each row.
    optimizer : RowAdam
        Applies the gradients.
    batch_size : int
        Rows a step; it may be set anew between two calls of :meth:`run`.
    category_dropout : float
        Share of known cells that a step shows as "unknown", in [0, 1).
    seed : int
        Seed of the category dropout.
    """

    def __init__(self, network: Network, task, optimizer, *, batch_size: int, category_dropout: float, seed: int):
        self.network, self.task, self.optimizer = network, task, optimizer
        self.batch_size, self.category_dropout, self.seed = batch_size, category_dropout, seed
        self._compiled = self._forward = None

    def run(self, rows, order, learning_rates) -> float:
        """Make one step for each learning rate, on batch after batch of ``order``.

        Parameters
        ----------
        rows : dict of str to tensor
            All training rows: indices, numbers, targets, weights.
        order : ndarray of int32
            Rows by number, batch after batch.
        learning_rates : ndarray of float32
            One for each step.

        Returns
        -------
        float
            Sum of the weighted losses of the rows; NaN when a weight is no number any more.
        """
        if self._compiled is None:
            # Shapes are left open in the first axis, so that no chunk and no later call is traced again.
            signature = (
                {name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for name, tensor in rows.items()},
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([], tf.int32),
            )
            # TensorFlow counts tracings by code, and would warn of the fifth network; a partial is counted by itself.
            self._compiled = tf.function(partial(self._run), input_signature=signature, autograph=False)
        return float(
            self._compiled(
                rows,
                tf.constant(order, tf.int32),
                tf.constant(learning_rates, tf.float32),
                tf.constant(self.batch_size, tf.int32),
            )
        )

    def logits(self, table):
        """Return the logits of encoded rows, as :meth:`Network.logits` does, through a compiled function."""
        if self._forward is None:
            inputs = {
                name: tf.TensorSpec([None, *t.shape[1:]], t.dtype) for name, t in self.network.model.input.items()
            }
            forward = partial(self.network.model, training=False)
            self._forward = tf.function(forward, input_signature=[inputs], autograph=False)
        parts = []
        for start in range(0, len(table), FORWARD_ROWS):
            part = table.take(slice(start, start + FORWARD_ROWS))
            rows = {"indices": part.indices, "numbers": part.numbers}
            parts.append(self._forward({name: tf.constant(rows[name]) for name in self.network.model.input}).numpy())
        return np.concatenate(parts)

    def _run(self, rows, order, learning_rates, batch_size):
        def one_more(step, total):
            take = order[step * batch_size : (step + 1) * batch_size]
            batch = {name: tf.gather(tensor, take) for name, tensor in rows.items()}
            return step + 1, total + self._step(batch, learning_rates[step])

        # Written out, since autograph would translate the code of every step anew in each fit.
        n_steps = tf.size(learning_rates)
        _, total = tf.while_loop(lambda step, _: step < n_steps, one_more, [tf.constant(0), tf.constant(0.0)])
        # A fused kernel may turn NaN into 0 before it is seen in a loss; in the weights it stays.
        weights = [tf.reduce_all(tf.math.is_finite(v.value)) for v in self.network.trunk.trainable_variables]
        return tf.where(tf.reduce_all(weights), total, float("nan"))

    def _step(self, batch, learning_rate):
        indices = self._drop_categories(batch["indices"])
        used, places, gathered = [], [], []
        for layer, positions in self._tables:
            ids = tf.gather(indices, positions, axis=1) if len(positions) > 1 else indices[:, positions[0]]
            rows, where = tf.unique(tf.reshape(ids, [-1]))
            used.append(rows)
            places.append(tf.reshape(where, [-1, len(positions)]))
            gathered.append(tf.gather(layer.embeddings.value, rows))
        weights = [variable.value for variable in self.network.trunk.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            tape.watch(gathered)
            logits = self.network.trunk(self._trunk_inputs(indices, batch["numbers"], gathered, places), training=True)
            losses = self.task.loss(batch["targets"], logits)
            loss = tf.reduce_mean(losses * batch["weights"])
        row_gradients, gradients = tape.gradient(loss, [gathered, weights], unconnected_gradients="zero")
        row_gradients = [
            tf.math.unsorted_segment_sum(g.values, g.indices, tf.size(rows)) if isinstance(g, tf.IndexedSlices) else g
            for g, rows in zip(row_gradients, used, strict=True)
        ]
        self.optimizer.apply(used, row_gradients, [tf.convert_to_tensor(g) for g in gradients], learning_rate)
        return tf.reduce_sum(losses * batch["weights"])

    def _trunk_inputs(self, indices, numbers, gathered, places):
        names = {feature.position: name for name, feature in self.network.vector_inputs.items()}
        vectors = {}
        for (_, positions), rows, where in zip(self._tables, gathered, places, strict=True):
            for place, position in enumerate(positions):
                vectors[names[position]] = tf.gather(rows, where[:, place])
        wanted = set(self.network.trunk.input)
        return vectors | {n: t for n, t in (("indices", indices), ("numbers", numbers)) if n in wanted}

    @property
    def _tables(self):
        """Each table's layer with the positions of the columns that read it."""
        return [
            (layer, [feature.position for feature in self.network.spec.features if feature.table == table])
            for table, layer in self.network.tables.items()
        ]

    def _drop_categories(self, indices):
        if not self.category_dropout:
            return indices
        draw = tf.random.stateless_uniform(
            tf.shape(indices), seed=tf.stack([tf.constant(self.seed, tf.int64), self.optimizer.step])
        )
        known = indices >= Vocabulary.FIRST
        return tf.where(known & (draw < self.category_dropout), Vocabulary.UNKNOWN, indices)
