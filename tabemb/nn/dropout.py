"""Dropout that draws a byte for each unit."""

from typing import Any

import keras

__all__ = ["ByteDropout"]


@keras.saving.register_keras_serializable("tabemb")
class ByteDropout(keras.layers.Dropout):
    """Keras' dropout with shares in steps of 1/256: one random number of 32 bits decides about four units.

    Drawing is most of what dropout takes, and dropout much of what a small network takes; so drawn, it takes less than
    half of the time.

    Parameters
    ----------
    rate : float
        Share of units that are silenced in a training step, in [0, 1); rounded to 1/256, but never to none.
    noise_shape : None
        Each unit is silenced by itself.
    seed : int, optional
        Seed of the draws.
    **kwargs
        Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> units = ByteDropout(0.5, seed=0)(np.ones((100, 100), "float32"), training=True)
    >>> sorted(set(np.asarray(units).ravel().tolist()))
    [0.0, 2.0]
    """

    def __init__(self, rate: float, noise_shape: None = None, seed: int | None = None, **kwargs: Any) -> None:
        if noise_shape is not None:
            raise ValueError(
                f"ByteDropout silences each unit by itself: noise_shape must be None, got {noise_shape!r}."
            )
        super().__init__(rate, seed=seed, **kwargs)

    def call(self, inputs, training=False):
        """Return the inputs, in training with a share of zeros and the others so much larger that the mean stays."""
        if not training or not self.rate:
            return inputs
        silenced = min(max(round(256 * self.rate), 1), 255)
        *batch, n_units = keras.ops.shape(inputs)
        # All 2**32 numbers but one.
        draws = keras.random.randint(
            (*batch, -(-n_units // 4)), -(2**31), 2**31 - 1, dtype="int32", seed=self.seed_generator
        )
        bytes_ = keras.ops.view(draws, "uint8")[..., :n_units]
        kept = keras.ops.cast(bytes_ >= silenced, inputs.dtype)
        return inputs * kept * (256 / (256 - silenced))
