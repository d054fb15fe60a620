"""The trained network without Keras: NumPy operations on weights, for answers at once."""
