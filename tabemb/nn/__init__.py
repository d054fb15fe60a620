"""The network: Keras layers and ``keras.ops``, without direct use of TensorFlow.

Importing this package loads Keras with the TensorFlow backend.
"""

import os
import sys

from tabemb.exceptions import TabembError

# Suppresses TensorFlow's start-up messages; read once, when TensorFlow starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The number of threads is left alone if TensorFlow was loaded before tabemb.
TENSORFLOW_WAS_THERE = "tensorflow" in sys.modules

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402

if keras.backend.backend() != "tensorflow":
    raise TabembError(
        f"tabemb requires Keras with the TensorFlow backend; the backend is {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before Keras is imported."
    )
