"""Adam for the weights, and for rows of tables an update that costs what the batch holds and loses nothing by it."""

import math

import tensorflow as tf

__all__ = ["RowAdam"]

# From so many numbers on, a weight is updated by TensorFlow's fused operation, which reads and writes memory once. It
# waits for a thread of its own; below, plain operations that run at once where they are ready are faster.
LARGE = 50_000


class RowAdam:
    """Adam for the weights of a network; for its tables, Adam without a first moment, one second moment a row.

    A dense Adam reads and writes every row of a table, and of its two moments, at every step, though a batch holds few
    of them. Here only the rows of the batch are read and written, and yet every row is, when it is read, what the same
    optimizer would have made of it by updating all rows at every step:

    - **The second moment** decays at every step, for a row that is skipped too. When a row is met again after k steps,
      its moment is multiplied by ``beta_2 ** k``; which step it was last met at is kept beside it. (Optimizers that
      leave the moments of skipped rows alone, as "lazy" Adams do, take a rare row's few gradients for a steady stream
      and move it too little.)
    - **The first moment** is what would move a skipped row: Adam spreads a gradient over the ten steps or so after it.
      For a row that is met less often than that, the spreading adds up to the whole gradient before the next one comes;
      so tables have ``beta_1 = 0`` (RMSprop with a bias correction), which moves a row by the whole gradient at once.
    - **Weight decay** is decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101) and pulls at every row at every step,
      as a prior does: a row that is met again has first the decay of the k steps that it missed.

    - **Damping** keeps rare rows from running ahead. Adam moves a row by as much whether it is met in every batch or in
      one of a thousand; by the few that it has, a rare row would learn its targets by heart. To the second moment of a
      row, ``damping`` times the mean square of what a single cell of the batch gives is added. A row that comes more
      often than that in a step hardly feels it; rarer ones move in proportion to how often they are met, so that when
      training stops early, they are near to where they began.
    - **The prior** holds rare rows back however long training lasts, as shrinkage by count does (n / (n + k)): that the
      categories of a column are all alike is believed as if ``k`` rows had said so (a random effect; GLMMNet, Avanzi et
      al. 2023, arXiv:2301.12710). A row of training says as much of a number in a vector as the mean square of a single
      cell's gradient (Fisher information), so that the prior pulls each row to the column's mean by a gradient of ``k``
      times that, spread over the steps of an epoch; a row that is met again first has what it missed. What the prior
      says is added to the second moment as damping is; where a row comes to rest does not depend on this. The
      column's mean is that of the batch, in which each category has its share.

    One second moment for a row instead of one for each of its numbers, the mean of the squares, is what recommendation
    systems do (row-wise Adagrad, Mudigere et al. 2022, arXiv:2104.05158): two numbers beside a vector instead of twice
    its length. Weights outside of tables get plain Adam (Kingma & Ba 2015, arXiv:1412.6980).

    A row holds its vector, its second moment and the step at which it was last met (exact up to step 2**24); with
    weight decay also the logarithm of all decay until then, and where rows are held, as the last number, whether this
    one is. A held row stays to the last bit what it was; its moment goes on.

    Parameters
    ----------
    weights : list of tf.Variable
        All trainable weights that are no tables.
    decays : bool, default=False
        Whether there is weight decay.
    table_factor : float, default=1.0
        The learning rate of the tables, as a multiple of that of the other weights.
    damping : float, default=0.0
        How many times a step a row is met that moves by a factor of the square root of 2 less for it.
    shrinks : bool, default=False
        Whether there is a prior.
    holds : bool, default=False
        Whether some rows may be held.
    beta_1, beta_2 : float
        Decay of the first and the second moment.
    epsilon : float
        Keeps the division finite.

    Attributes
    ----------
    step : tf.Variable of int64
        Updates so far.
    weight_decay : tf.Variable of float32
        Share of a weight, in units of the learning rate, that each update takes off kernels and rows; read with
        ``decays`` only.
    prior : tf.Variable of float32
        How many times a step a row is met that knows as much as the prior: ``k`` times the rows of a step, divided by
        those of an epoch; read with ``shrinks`` only.
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
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
    ):
        self.weights = list(weights)
        self.decays, self.table_factor = bool(decays), float(table_factor)
        self.damping, self.shrinks, self.holds = float(damping), bool(shrinks), bool(holds)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.weight_decay = tf.Variable(0.0, trainable=False)
        self.prior = tf.Variable(0.0, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._log_decay = tf.Variable(0.0, trainable=False)
        self._moments = [(_zeros(v), _zeros(v)) for v in self.weights]

    @property
    def row_extra(self) -> int:
        """How many numbers a row holds beside its vector."""
        return 2 + self.decays + self.holds

    def reset(self, weight_decay: float = 0.0) -> None:
        """Forget all moments and begin at step 0."""
        self.weight_decay.assign(weight_decay)
        for variable in (self.step, self._log_decay, *(m for pair in self._moments for m in pair)):
            variable.assign(tf.zeros_like(variable))

    def begin_step(self, learning_rate):
        """Count a step, and note its decay; call it before the rows of the step are read."""
        step = self.step.assign_add(1)
        if self.decays:
            self._log_decay.assign_add(tf.math.log1p(-learning_rate * self.weight_decay))
        return step

    def vectors(self, rows):
        """Return the vectors (n, dim) that rows (n, dim + ``row_extra``) stand for now."""
        dim = rows.shape[1] - self.row_extra
        vectors = rows[:, :dim]
        if not self.decays:
            return vectors
        decayed = vectors * tf.exp(self._log_decay - rows[:, dim + 2 : dim + 3])
        return tf.where(self._held(rows) > 0, vectors, decayed) if self.holds else decayed

    def with_vectors(self, rows, vectors):
        """Return rows with other vectors, as of now, and with the moments that they had."""
        dim = vectors.shape[1]
        return self._row(vectors, rows[:, dim : dim + 1], rows[:, dim + 1 : dim + 2], self._held(rows))

    def with_held(self, rows, held):
        """Return rows that are held from now on, or let go of, by truth values of shape (n,)."""
        vectors, step = self.vectors(rows), tf.cast(self.step, tf.float32)
        dim = vectors.shape[1]
        second, last = rows[:, dim : dim + 1], rows[:, dim + 1 : dim + 2]
        second = tf.exp(math.log(self.beta_2) * (step - last)) * second
        # What a row that was held missed of decay and prior is not made up for.
        return self._row(vectors, second, tf.fill(tf.shape(second), step), tf.cast(held, tf.float32)[:, None])

    def _row(self, vectors, second, last, held=None):
        beside = [second, last]
        if self.decays:
            beside.append(tf.fill(tf.shape(second), self._log_decay.read_value()))
        return tf.concat([vectors, *beside, *([held] if self.holds else [])], axis=1)

    def _held(self, rows):
        return rows[:, -1:] if self.holds else None

    def updated(self, rows, vectors, gradient, learning_rate, of_cells=None, means=None):
        """Return what rows become.

        Parameters
        ----------
        rows : tensor of shape (n, dim + row_extra)
            Rows as they were read.
        vectors : tensor of shape (n, dim)
            What :meth:`vectors` made of them.
        gradient : tensor of shape (n, dim)
            The gradient of each; zero for a row that was not in the batch.
        learning_rate : tensor of shape () or (n, 1)
            The length of the step.
        of_cells : tensor, optional
            The gradients of the batch's cells one by one, (rows of the batch, width), for the prior.
        means : tensor of shape (n, dim), optional
            What the prior pulls each row to.
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
            # A step against the prior's own gradient could go too far; this goes to where that gradient is met.
            pull = stride * skipped * self.prior * tf.cast(tf.shape(of_cells)[0], tf.float32) * of_cell
            moved = (moved + pull * means) / (1 + pull)
        if self.holds:
            moved = tf.where(self._held(rows) > 0, vectors, moved)
        return self._row(moved, second, tf.fill(tf.shape(second), step), self._held(rows))

    def apply(self, gradients, learning_rate):
        """Update the weights outside of tables.

        Parameters
        ----------
        gradients : list of tensor
            One for each weight.
        learning_rate : scalar tensor
            The length of the step.
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
