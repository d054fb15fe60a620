"""How a network learns: the package that imports TensorFlow."""

from tabemb.training import threads as threads
