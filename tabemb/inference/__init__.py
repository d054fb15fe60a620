"""How a trained network answers: a program of named operations in NumPy, without Keras and TensorFlow."""
