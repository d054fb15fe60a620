"""Comparing a model with its baselines on the same folds, and recording what came out."""
