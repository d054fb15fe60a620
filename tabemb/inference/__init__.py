"""Inference in NumPy: a trained network as a program of named operations, without Keras and TensorFlow."""
