"""Experiments: compare a model with baselines on the same folds, and save the results."""
