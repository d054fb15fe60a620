"""Adam for the weights, and an exact sparse update for the rows of embedding tables."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

__all__ = ["RowAdam", "row_width"]

# Weights with at least this many elements are updated by TensorFlow's fused operation, which reads and writes memory
# once but needs a separate thread. Below, plain operations are faster.
LARGE = 50_000
# Mark of a row whose average does not differ from its vector: nothing of the past remains after this logarithm.
NEVER = 2.0**100
# The logarithm of a share that is 0 in single precision.
NOTHING = -200.0


def row_width(dim: int, *, decays: bool, holds: bool, averages: bool) -> int:
    """Return the number of values of a row in training: its vector, the state of the optimizer, and its average.

    Parameters
    ----------
    dim : int
        Number of elements of the vector.
    decays, holds, averages : bool
        As of :class:`RowAdam`.

    Examples
    --------
    >>> row_width(16, decays=False, holds=False, averages=False), row_width(16, decays=True, holds=True, averages=True)
    (18, 37)
    """
    return dim + 2 + decays + holds + (dim + 1 if averages else 0)


class RowAdam:
    """Adam for the weights of a network; for its tables, Adam without first moment, with one second moment per row.

    A dense Adam reads and writes every row of a table and of its two moments at every step, although a batch uses few
    of them. Here only the rows of the batch are read and written, yet the result equals that of the same optimizer
    updating all rows at every step:

    - **The second moment** decays at every step, also for skipped rows. When a row is used again after k steps, its
      moment is multiplied by ``beta_2 ** k``; the step of its last use is stored with the row. ("Lazy" Adam variants,
      which do not decay the moments of skipped rows, treat the few gradients of a rare row as a steady stream and move
      it too little.)
    - **The first moment** would move skipped rows: Adam spreads a gradient over about ten subsequent steps. For a row
      used less often than that, the spread adds up to the whole gradient before the next one. Tables therefore have
      ``beta_1 = 0`` (RMSprop with bias correction), which applies the whole gradient at once.
    - **Weight decay** is decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101) and applies to every row at every step,
      as a prior would. When a row is used again, the decay of the k steps it missed is applied first.

    Two regularizers slow down rare rows:

    - **Damping**: Adam moves a row by the same amount whether it occurs in every batch or in one of a thousand, so rare
      rows would overfit to memorized targets. ``damping`` times the mean squared gradient of a single cell of the batch
      is added to the second moment of a row. Rows that occur more often than ``damping`` per step are hardly affected;
      rarer rows move in proportion to their frequency, so that with early stopping they stay near their initialization.
    - **The prior** shrinks rare rows however long training lasts, like shrinkage by count, n / (n + k): a prior that
      all categories of a column are alike, with the weight of ``k`` rows (a random effect; GLMMNet, Avanzi et al. 2023,
      arXiv:2301.12710). The information of a training row about an element of a vector is the mean squared gradient of
      a single cell (Fisher information). The prior pulls each row towards the column mean by a gradient of ``k`` times
      that, spread over the steps of an epoch; missed pulls are applied when a row is used again. The prior is also
      added to the second moment, as damping is, which does not affect the point of convergence. The column mean is
      that of the batch, weighted by category frequency.

    One second moment per row, the mean over its elements, is common in recommender systems (row-wise Adagrad, Mudigere
    et al. 2022, arXiv:2104.05158); it takes two numbers per vector instead of twice its length. Other weights use plain
    Adam (Kingma & Ba 2015, arXiv:1412.6980).

    A row stores its vector, its second moment and the step of its last use (exact up to step 2**24); with weight decay
    also the logarithm of the total decay until then; and if rows may be frozen, whether it is. A frozen row does not
    change at all; only its moment is updated.

    **Averages** of the vectors over the steps are exact as well, although only the rows of a batch are read: a vector
    that was not used did not move, so when it is used again, its average is moved towards it by all missed shares at
    once. A row then stores its average and the logarithm of the share of the past that remained at its last use. (With
    weight decay, a row that was not used counts with its value when it is used again.)

    Parameters
    ----------
    weights : list of tf.Variable
        All trainable weights except tables.
    decays : bool, default=False
        Whether there is weight decay.
    table_factor : float, default=1.0
        Factor of the learning rate of the tables, relative to the other weights.
    damping : float, default=0.0
        Number of occurrences per step at which damping reduces the step of a row by a factor of the square root of 2.
    shrinks : bool, default=False
        Whether there is a prior.
    holds : bool, default=False
        Whether rows may be frozen.
    averages : bool, default=False
        Whether there are averages of the vectors; :meth:`average` moves them.
    beta_1, beta_2 : float
        Decay of the first and the second moment.
    epsilon : float
        Keeps the division finite.

    Attributes
    ----------
    step : tf.Variable of int64
        Number of updates so far.
    weight_decay : tf.Variable of float32
        Share of kernels and rows removed by each update, in units of the learning rate; used with ``decays`` only.
    prior : tf.Variable of float32
        Weight of the prior in occurrences per step: ``k`` times the rows of a step divided by those of an epoch; used
        with ``shrinks`` only.
    """

    def __init__(
        self,
        weights,
        *,
        decays=False,
        table_factor=1.0,
        damping=0.0,
        shrinks=False,
        holds=False,
        averages=False,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
    ):
        self.weights = list(weights)
        self.decays, self.table_factor = bool(decays), float(table_factor)
        self.damping, self.shrinks, self.holds = float(damping), bool(shrinks), bool(holds)
        self.averages = bool(averages)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.weight_decay = tf.Variable(0.0, trainable=False)
        self.prior = tf.Variable(0.0, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._log_decay = tf.Variable(0.0, trainable=False)
        # The logarithm of the share of the past in the averages.
        self._log_kept = tf.Variable(NEVER, trainable=False)
        self._moments = [(_zeros(v), _zeros(v)) for v in self.weights]

    def row_width(self, dim: int) -> int:
        """Return the number of values of a row whose vector has ``dim`` elements."""
        return row_width(dim, decays=self.decays, holds=self.holds, averages=self.averages)

    @property
    def _state_width(self):
        return row_width(0, decays=self.decays, holds=self.holds, averages=False)

    def _dim(self, rows):
        width = rows.shape[1] - self._state_width
        return (width - 1) // 2 if self.averages else width

    def reset(self, weight_decay: float = 0.0) -> None:
        """Reset all moments, averages and the step counter."""
        self.weight_decay.assign(weight_decay)
        for variable in (self.step, self._log_decay, *(m for pair in self._moments for m in pair)):
            variable.assign(tf.zeros_like(variable))
        self._log_kept.assign(NEVER)

    def begin_step(self, learning_rate):
        """Increment the step counter and record the decay; call before reading the rows of the step."""
        step = self.step.assign_add(1)
        if self.decays:
            self._log_decay.assign_add(tf.math.log1p(-learning_rate * self.weight_decay))
        return step

    def average(self, share: float) -> None:
        """Move all averages of vectors to the vectors by a share of the difference; the first time, entirely."""
        before = float(self._log_kept)
        if before == NEVER:
            self._log_kept.assign(0.0)
        else:
            self._log_kept.assign(before + (math.log1p(-share) if share < 1 else NOTHING))

    def vectors(self, rows):
        """Return the current vectors (n, dim) of stored rows (n, ``row_width(dim)``)."""
        dim = self._dim(rows)
        vectors = rows[:, :dim]
        if not self.decays:
            return vectors
        decayed = vectors * tf.exp(self._log_decay - rows[:, dim + 2 : dim + 3])
        return tf.where(self._held(rows) > 0, vectors, decayed) if self.holds else decayed

    def averaged(self, rows):
        """Return the average vectors (n, dim) of stored rows."""
        return self._averaged(rows, self.vectors(rows))

    def _averaged(self, rows, vectors):
        dim = self._dim(rows)
        kept = tf.exp(self._log_kept - rows[:, -1:])
        return vectors + kept * (rows[:, -1 - dim : -1] - vectors)

    def with_vectors(self, rows, vectors):
        """Return rows with new vectors, as of the current step, unchanged moments, and averages that start anew."""
        dim = vectors.shape[1]
        never = tf.fill(tf.shape(rows[:, :1]), NEVER)
        averages = [vectors, never] if self.averages else []
        return self._row(vectors, rows[:, dim : dim + 1], rows[:, dim + 1 : dim + 2], self._held(rows), averages)

    def with_held(self, rows, held):
        """Return rows that are frozen from now on, or released, by a mask of shape (n,)."""
        vectors, step = self.vectors(rows), tf.cast(self.step, tf.float32)
        dim, second = vectors.shape[1], self.second_moments(rows)
        averages = [rows[:, -1 - dim :]] if self.averages else []
        # Decay and prior that a frozen row missed are not applied later.
        return self._row(vectors, second, tf.fill(tf.shape(second), step), tf.cast(held, tf.float32)[:, None], averages)

    def second_moments(self, rows):
        """Return the second moments (n, 1) of stored rows, as of the current step."""
        place = self._dim(rows)
        skipped = tf.cast(self.step, tf.float32) - rows[:, place + 1 : place + 2]
        return tf.exp(math.log(self.beta_2) * skipped) * rows[:, place : place + 1]

    def with_second_moments(self, rows, second):
        """Return rows with other second moments, as of the current step; vectors and frozen rows are unchanged."""
        vectors = self.vectors(rows)
        averages = [rows[:, -1 - vectors.shape[1] :]] if self.averages else []
        last = tf.fill(tf.shape(second), tf.cast(self.step, tf.float32))
        return self._row(vectors, second, last, self._held(rows), averages)

    def moments(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return copies of the first and the second moments of the weights."""
        return [(np.array(first.numpy()), np.array(second.numpy())) for first, second in self._moments]

    def resume(self, step: int, moments: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Continue from a step, with these moments of the weights."""
        self.step.assign(step)
        for pair, its in zip(self._moments, moments, strict=True):
            for variable, values in zip(pair, its, strict=True):
                variable.assign(values)

    def _row(self, vectors, second, last, held, averages):
        state = [second, last]
        if self.decays:
            state.append(tf.fill(tf.shape(second), self._log_decay.read_value()))
        return tf.concat([vectors, *state, *([held] if self.holds else []), *averages], axis=1)

    def _held(self, rows):
        place = self._dim(rows) + self._state_width
        return rows[:, place - 1 : place] if self.holds else None

    def updated(self, rows, vectors, gradient, learning_rate, of_cells=None, means=None):
        """Return the updated rows.

        Parameters
        ----------
        rows : tensor of shape (n, row_width(dim))
            Rows as stored.
        vectors : tensor of shape (n, dim)
            Their current vectors, from :meth:`vectors`.
        gradient : tensor of shape (n, dim)
            Gradient of each row; zero for a row that was not in the batch.
        learning_rate : tensor of shape () or (n, 1)
            Learning rate.
        of_cells : tensor, optional
            Gradients of the single cells of the batch, (rows of the batch, width), for damping and prior.
        means : tensor of shape (n, dim), optional
            Column means towards which the prior pulls each row.
        """
        dim = vectors.shape[1]
        step = tf.cast(self.step, tf.float32)
        skipped = step - rows[:, dim + 1 : dim + 2]
        second = tf.exp(math.log(self.beta_2) * skipped) * rows[:, dim : dim + 1]
        second += (1 - self.beta_2) * tf.reduce_mean(tf.square(gradient), axis=1, keepdims=True)
        correction = 1 - tf.pow(self.beta_2, step)
        length = self.table_factor * learning_rate * tf.sqrt(correction)
        held = self.damping + self.prior if self.shrinks else self.damping
        of_cell = tf.reduce_mean(tf.square(of_cells)) if self.shrinks or self.damping else 0.0
        stride = length / (tf.sqrt(second + held * correction * of_cell) + self.epsilon)
        moved = vectors - stride * gradient
        if self.shrinks:
            # An implicit step: an explicit gradient step of the prior could overshoot.
            pull = stride * skipped * self.prior * tf.cast(tf.shape(of_cells)[0], tf.float32) * of_cell
            moved = (moved + pull * means) / (1 + pull)
        if self.holds:
            moved = tf.where(self._held(rows) > 0, vectors, moved)
        averages = []
        if self.averages:
            averages = [self._averaged(rows, vectors), tf.fill(tf.shape(second), self._log_kept.read_value())]
        return self._row(moved, second, tf.fill(tf.shape(second), step), self._held(rows), averages)

    def apply(self, gradients, learning_rate):
        """Update the weights other than tables.

        Parameters
        ----------
        gradients : list of tensor
            One per weight.
        learning_rate : scalar tensor
            Learning rate.
        """
        step = tf.cast(self.step, tf.float32)
        length = learning_rate * tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        for weight, (first, second), gradient in zip(self.weights, self._moments, gradients, strict=True):
            if self.decays and weight.shape.rank > 1:
                weight.assign_sub(learning_rate * self.weight_decay * weight)
            if math.prod(weight.shape) >= LARGE:
                self._apply_fused(weight, first, second, gradient, learning_rate, step)
                continue
            m = first.assign(first + (gradient - first) * (1 - self.beta_1), read_value=True)
            v = second.assign(second + (tf.square(gradient) - second) * (1 - self.beta_2), read_value=True)
            weight.assign_sub(length * m / (tf.sqrt(v) + self.epsilon))

    def _apply_fused(self, weight, first, second, gradient, learning_rate, step):
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=first.handle,
            v=second.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _zeros(variable):
    return tf.Variable(tf.zeros(variable.shape, dtype=variable.dtype), trainable=False)
