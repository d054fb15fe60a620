"""How a network learns: the package that imports TensorFlow."""
