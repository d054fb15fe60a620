"""Adam that touches the rows of a batch only."""

import tensorflow as tf

__all__ = ["RowAdam"]


class RowAdam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) whose tables of vectors are updated row by row.

    A dense Adam reads and writes every row of a table, and of its two moments, at every step, though a batch holds few
    of them. Here a row that is not in the batch keeps its vector and its moments as they are (as in the "lazy" Adam of
    TensorFlow Addons); a row that is in it is updated as Adam does. Other weights get plain Adam. Weight decay is
    decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101) and, in tables, falls on the rows of the batch.

    Parameters
    ----------
    tables : list of tf.Variable of shape (vocabulary, dim)
        The tables of vectors.
    weights : list of tf.Variable
        All other trainable weights.
    table_factor : float, default=1.0
        The learning rate of the tables, as a multiple of that of the other weights.
    weight_decay : float, default=0.0
        Share of a weight, in units of the learning rate, that each update takes off kernels and rows.
    beta_1, beta_2 : float
        Decay of the first and the second moment.
    epsilon : float
        Keeps the division finite.
    """

    def __init__(self, tables, weights, *, table_factor=1.0, weight_decay=0.0, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.tables, self.weights = list(tables), list(weights)
        self.table_factor, self.weight_decay = float(table_factor), float(weight_decay)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._moments = [(_zeros(v), _zeros(v)) for v in self.tables]
        self._weight_moments = [(_zeros(v), _zeros(v)) for v in self.weights]
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    def apply(self, rows, row_gradients, gradients, learning_rate):
        """Make one update.

        Parameters
        ----------
        rows : list of int tensor of shape (n_rows,)
            For each table, the distinct rows of the batch.
        row_gradients : list of float tensor of shape (n_rows, dim)
            Their gradients.
        gradients : list of float tensor
            For each other weight, its gradient.
        learning_rate : scalar tensor
            The length of the step.
        """
        step = tf.cast(self.step.assign_add(1), tf.float32)
        power_1, power_2 = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        corrected = learning_rate * tf.sqrt(1 - power_2) / (1 - power_1)
        for table, (first, second), where, gradient in zip(
            self.tables, self._moments, rows, row_gradients, strict=True
        ):
            self._update_rows(table, first, second, where, gradient, self.table_factor * corrected, learning_rate)
        for weight, (first, second), gradient in zip(self.weights, self._weight_moments, gradients, strict=True):
            if self.weight_decay and weight.shape.rank > 1:
                weight.assign_sub(learning_rate * self.weight_decay * weight)
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                lr=learning_rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )

    def _update_rows(self, table, first, second, where, gradient, corrected, learning_rate):
        m = self.beta_1 * tf.gather(first, where) + (1 - self.beta_1) * gradient
        v = self.beta_2 * tf.gather(second, where) + (1 - self.beta_2) * tf.square(gradient)
        first.scatter_update(tf.IndexedSlices(m, where))
        second.scatter_update(tf.IndexedSlices(v, where))
        change = corrected * m / (tf.sqrt(v) + self.epsilon)
        if self.weight_decay:
            change += learning_rate * self.weight_decay * tf.gather(table, where)
        table.scatter_sub(tf.IndexedSlices(change, where))


def _zeros(variable):
    return tf.Variable(tf.zeros(variable.shape, dtype=variable.dtype), trainable=False)
