"""Dropout that draws one random byte per unit."""

from typing import Any

import keras

__all__ = ["ByteDropout", "MemberDropout"]


@keras.saving.register_keras_serializable("tabemb")
class ByteDropout(keras.layers.Dropout):
    """Keras' dropout with rates in steps of 1/256: one random 32-bit number serves four units.

    Random number generation dominates the cost of dropout, and dropout takes much of the time of a small network. One
    byte per unit takes less than half of the time.

    Parameters
    ----------
    rate : float
        Share of units set to zero in training, in [0, 1); rounded to 1/256, but not to 0.
    noise_shape : None
        Not supported; units are dropped independently.
    seed : int, optional
        Random seed.
    **kwargs
        Other parameters of Keras layers.

    Examples
    --------
    >>> import numpy as np
    >>> units = ByteDropout(0.5, seed=0)(np.ones((100, 100), "float32"), training=True)
    >>> sorted(set(np.asarray(units).ravel().tolist()))
    [0.0, 2.0]
    """

    def __init__(self, rate: float, noise_shape: None = None, seed: int | None = None, **kwargs: Any) -> None:
        if noise_shape is not None:
            raise ValueError(f"ByteDropout drops units independently: noise_shape must be None, got {noise_shape!r}.")
        super().__init__(rate, seed=seed, **kwargs)

    def call(self, inputs, training=False):
        """Return the inputs; in training, with units set to zero and the others scaled to keep the mean."""
        if not training or not self.rate:
            return inputs
        return inputs * self.factors(keras.ops.shape(inputs), inputs.dtype)

    def factors(self, shape, dtype):
        """Return random factors of the given shape: 0, or the inverse of the share of units that are kept."""
        dropped = min(max(round(256 * self.rate), 1), 255)
        *batch, n_units = shape
        # The range covers all 2**32 numbers but one.
        draws = keras.random.randint(
            (*batch, -(-n_units // 4)), -(2**31), 2**31 - 1, dtype="int32", seed=self.seed_generator
        )
        bytes_ = keras.ops.view(draws, "uint8")[..., :n_units]
        return keras.ops.cast(bytes_ >= dropped, dtype) * (256 / (256 - dropped))


@keras.saving.register_keras_serializable("tabemb")
class MemberDropout(ByteDropout):
    """Dropout for separate members: the factors of one member are reused, shifted by rows, for the others.

    Each member has ordinary dropout, and no two members drop the same units of a row, at the cost of drawing for one
    member. (If members dropped the same units of a row, their errors would be more correlated, and their mean worse.)
    Inputs have shape (n_members, batch, units); parameters are those of :class:`ByteDropout`.

    Examples
    --------
    >>> import numpy as np
    >>> units = MemberDropout(0.5, seed=0)(np.ones((2, 100, 100), "float32"), training=True)
    >>> bool(np.array_equal(units[0], np.roll(units[1], 50, axis=0)))
    True
    """

    def factors(self, shape, dtype):
        """Draw factors for one member, and rotate the rows by a part of the batch for each of the others."""
        ops, (n_members, n_rows, n_units) = keras.ops, shape
        drawn = super().factors((n_rows, n_units), dtype)
        shifts = ops.arange(n_members, dtype="int32")[:, None] * ops.maximum(n_rows // n_members, 1)
        return ops.take(drawn, (ops.arange(n_rows, dtype="int32")[None] + shifts) % n_rows, axis=0)
