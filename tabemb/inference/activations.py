"""Keras' activation functions in NumPy, with Keras' names and defaults."""

import numpy as np

__all__ = [
    "ACTIVATIONS",
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh_shrink",
]


def celu(x):
    """Return ``max(x, 0) + exp(min(x, 0)) - 1``."""
    return np.maximum(x, 0) + np.expm1(np.minimum(x, 0))


def elu(x):
    """Return ``x`` above 0, ``exp(x) - 1`` below."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def gelu(x):
    """Return ``x`` times the normal distribution function at ``x``."""
    from scipy.special import erf  # takes 0.1 s to import

    return 0.5 * x * (1 + erf(x * np.float32(0.5**0.5)))


def glu(x):
    """Return the first half of the columns times the sigmoid of the second."""
    values, gates = np.split(x, 2, axis=-1)
    return values * sigmoid(gates)


def hard_shrink(x):
    """Return ``x`` where its size is above one half, else 0."""
    return np.where(np.abs(x) > 0.5, x, np.float32(0))


def hard_sigmoid(x):
    """Return ``x / 6 + 1/2`` within [0, 1]."""
    return np.clip(x + 3, 0, 6) / 6


def hard_silu(x):
    """Return ``x`` times its hard sigmoid."""
    return x * hard_sigmoid(x)


def hard_tanh(x):
    """Return ``x`` within [-1, 1]."""
    return np.clip(x, -1, 1)


def leaky_relu(x):
    """Return ``x`` above 0, a fifth of it below."""
    return np.maximum(x, np.float32(0.2) * x)


def linear(x):
    """Return ``x``."""
    return x


def log_sigmoid(x):
    """Return the logarithm of the sigmoid."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def log_softmax(x):
    """Return the logarithm of the softmax over columns."""
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def mish(x):
    """Return ``x * tanh(log(1 + exp(x)))``."""
    return x * np.tanh(softplus(x))


def relu(x):
    """Return ``max(x, 0)``."""
    return np.maximum(x, 0)


def relu6(x):
    """Return ``x`` within [0, 6]."""
    return np.clip(x, 0, 6)


def selu(x):
    """Return the elu, scaled so that variance stays (Klambauer et al. 2017, arXiv:1706.02515)."""
    scale, alpha = np.float32(1.0507009873554805), np.float32(1.6732632423543772)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def sigmoid(x):
    """Return ``1 / (1 + exp(-x))``."""
    # Precise for small probabilities too; where exp overflows, the result is 0.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def silu(x):
    """Return ``x`` times its sigmoid."""
    return x * sigmoid(x)


def soft_shrink(x):
    """Return ``x`` moved one half towards 0."""
    return x - np.clip(x, -0.5, 0.5)


def softmax(x):
    """Return probabilities over columns."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softplus(x):
    """Return ``log(1 + exp(x))``."""
    return np.logaddexp(x, np.float32(0))


def softsign(x):
    """Return ``x / (1 + |x|)``."""
    return x / (1 + np.abs(x))


def sparse_plus(x):
    """Return 0 up to -1, ``x`` from 1, and a quarter of ``(x + 1) ** 2`` between."""
    return np.where(x < 1, np.square(np.maximum(x, -1) + 1) / 4, x)


def sparse_sigmoid(x):
    """Return ``(x + 1) / 2`` within [0, 1]."""
    return np.clip(x / 2 + 0.5, 0, 1)


def squareplus(x):
    """Return ``(x + sqrt(x ** 2 + 4)) / 2``."""
    return (x + np.sqrt(np.square(x) + 4)) / 2


def tanh_shrink(x):
    """Return ``x - tanh(x)``."""
    return x - np.tanh(x)


_HERE = [
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    tanh_shrink,
]
# By the name of the function in keras.activations (its aliases are the same function). Without sparsemax: Keras 3.15
# computes something else under that name, and later versions may not.
ACTIVATIONS = {each.__name__: each for each in _HERE} | {"exponential": np.exp, "tanh": np.tanh}
