"""The training of networks; the only package that imports TensorFlow."""

# nn first: it checks whether TensorFlow was already loaded.
from tabemb import nn as nn
from tabemb.training import threads as threads
