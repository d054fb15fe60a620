"""The network: Keras layers and ``keras.ops``, no TensorFlow by name.

Importing this package is what loads Keras, with TensorFlow behind it.
"""

import os
import sys

from tabemb.exceptions import TabembError

# Read once, when TensorFlow starts: its start-up notes are no news to a user of tabemb.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Whoever loads TensorFlow first says how many threads it has.
TENSORFLOW_WAS_THERE = "tensorflow" in sys.modules

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402

if keras.backend.backend() != "tensorflow":
    raise TabembError(
        f"tabemb trains with Keras on TensorFlow; Keras is set to {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before Keras is imported."
    )
