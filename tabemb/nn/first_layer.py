"""What the first layer of a network makes of the vectors of each column."""

import keras
import numpy as np

from tabemb.nn.network import Network

__all__ = ["first_kernels"]


def first_kernels(network: Network) -> dict[str, np.ndarray] | None:
    """Return, for each embedded column, the part of the first layer's kernel that its vectors are multiplied by.

    The layer is linear in the vectors, so that its kernel is what it answers to unit vectors, less what it answers to
    none; this holds for members with slices or scales of their own, too.

    Parameters
    ----------
    network : Network

    Returns
    -------
    dict of str to ndarray of float64 of shape (embedding_dim, n_units), or None
        The units of all members side by side; None where the body has no such layer.
    """
    layer = network.spec.body.first_layer
    if layer is None or not network.spec.embedded:
        return None
    dims = [feature.table.embedding_dim for feature in network.spec.embedded]
    trunk = network.trunk
    first = keras.Model(trunk.input, trunk.get_layer(layer).output)
    units = np.eye(1 + sum(dims), sum(dims), k=-1, dtype="float32")
    asked = {
        name: keras.ops.convert_to_tensor(units)
        if name == "vectors"
        else keras.ops.zeros((len(units), *tensor.shape[1:]), dtype=tensor.dtype)
        for name, tensor in trunk.input.items()
    }
    answers = np.asarray(keras.ops.convert_to_numpy(first(asked, training=False)), np.float64)
    # Rows stand in the last axis but one; members before them.
    by_row = np.moveaxis(answers, -2, 0).reshape(len(units), -1)
    kernels = np.split(by_row[1:] - by_row[0], np.cumsum(dims)[:-1])
    return {feature.name: kernel for feature, kernel in zip(network.spec.embedded, kernels, strict=True)}
