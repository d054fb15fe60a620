"""How a network learns: the package that imports TensorFlow."""

# nn first: it notes whether TensorFlow was there before.
from tabemb import nn as nn
from tabemb.training import threads as threads
