"""Estimators and transformers with the API of scikit-learn."""
