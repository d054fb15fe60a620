"""Compare a model with its baselines on the same folds."""
