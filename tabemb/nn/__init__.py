"""The network: Keras layers and ``keras.ops``, without direct use of TensorFlow.

Importing this package loads Keras with the TensorFlow backend.
"""

import os
import sys
from contextlib import nullcontext

from tabemb.exceptions import TabembError
from tabemb.nn.banner import hides_banner, without_banner

# Suppresses TensorFlow's messages after its start; read once, when TensorFlow starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The number of threads is left alone if TensorFlow was loaded before tabemb.
TENSORFLOW_WAS_THERE = "tensorflow" in sys.modules

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")

with without_banner() if hides_banner() and not TENSORFLOW_WAS_THERE else nullcontext():
    import keras as keras

if keras.backend.backend() != "tensorflow":
    raise TabembError(
        f"tabemb requires Keras with the TensorFlow backend; the backend is {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before Keras is imported."
    )
