"""The scikit-learn face: estimators and transformers."""
