"""The standard workload in plain TensorFlow, written by hand for this one network.

Ten tables, two hidden layers, one logit; an Adam that reads and writes only the rows of the batch; all batches gathered
within one traced loop. It has no validation, no category dropout, no callbacks and a fixed architecture: the reference
for a library that has them.
"""

import time
from itertools import pairwise

import numpy as np
import tensorflow as tf
from workload import DIM, HIDDEN

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


class Floor:
    """The network, its optimizer and its loop.

    Parameters
    ----------
    n_columns, vocabulary : int
        Number of tables, and of rows of each.
    batch : int
        Number of rows per step.
    """

    def __init__(self, n_columns, vocabulary, batch):
        rng = np.random.default_rng(1)
        self.batch = batch
        self.tables = [_variable(rng.normal(0, 0.05, (vocabulary, DIM))) for _ in range(n_columns)]
        widths = [n_columns * DIM, *HIDDEN, 1]
        self.kernels = [_variable(rng.normal(0, a**-0.5, (a, b))) for a, b in pairwise(widths)]
        self.biases = [_variable(np.zeros(b)) for b in widths[1:]]
        self.moments = {v.ref(): (_variable(np.zeros(v.shape)), _variable(np.zeros(v.shape))) for v in self._all}

    @property
    def _all(self):
        return [*self.tables, *self.kernels, *self.biases]

    def rate(self, categories, targets):
        """Return rows per second of one epoch, without tracing and three warm-up steps."""
        steps = len(targets) // self.batch
        order = np.random.default_rng(2).permutation(len(targets)).astype("int32")[: steps * self.batch]
        order = tf.constant(order.reshape(steps, self.batch))
        rows = tf.constant(categories), tf.constant(targets)
        any_number = tf.TensorSpec([None, self.batch], tf.int32)
        run = tf.function(self.run).get_concrete_function(*rows, any_number)
        run(*rows, order[:3]).numpy()
        start = time.perf_counter()
        run(*rows, order).numpy()
        return steps * self.batch / (time.perf_counter() - start)

    def run(self, categories, targets, order):
        """Make one step for each row of ``order``; return the sum of the losses."""
        total = tf.constant(0.0)
        for step in tf.range(tf.shape(order)[0]):
            rows = tf.ensure_shape(order[step], [self.batch])
            total += self._step(tf.gather(categories, rows), tf.gather(targets, rows))
        return total

    def _step(self, categories, targets):
        with tf.GradientTape() as tape:
            hidden = tf.concat([tf.gather(table, categories[:, c]) for c, table in enumerate(self.tables)], axis=1)
            for depth, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
                hidden = tf.nn.bias_add(hidden @ kernel, bias)
                if depth < len(HIDDEN):
                    hidden = tf.nn.relu(hidden)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, hidden[:, 0]))
        for variable, gradient in zip(self._all, tape.gradient(loss, self._all), strict=True):
            first, second = self.moments[variable.ref()]
            if isinstance(gradient, tf.IndexedSlices):
                self._update_rows(variable, first, second, gradient)
            else:
                tf.raw_ops.ResourceApplyAdam(
                    var=variable.handle,
                    m=first.handle,
                    v=second.handle,
                    beta1_power=BETA_1,
                    beta2_power=BETA_2,
                    lr=RATE,
                    beta1=BETA_1,
                    beta2=BETA_2,
                    epsilon=EPSILON,
                    grad=gradient,
                )
        return loss

    def _update_rows(self, table, first, second, gradient):
        rows, where = tf.unique(gradient.indices)
        summed = tf.math.unsorted_segment_sum(gradient.values, where, tf.size(rows))
        m = BETA_1 * tf.gather(first, rows) + (1 - BETA_1) * summed
        v = BETA_2 * tf.gather(second, rows) + (1 - BETA_2) * tf.square(summed)
        new = tf.gather(table, rows) - RATE * m / (tf.sqrt(v) + EPSILON)
        for variable, value in ((first, m), (second, v), (table, new)):
            tf.raw_ops.ResourceScatterUpdate(resource=variable.handle, indices=rows, updates=value)


def _variable(value):
    return tf.Variable(value.astype("float32"))
