"""Methods that learn vectors of users and items from interactions, by name."""

from tabemb.recommend.methods.linear_autoencoder import LinearAutoencoder
from tabemb.recommend.methods.method import METHODS, RecommendMethod

__all__ = ["METHODS", "LinearAutoencoder", "RecommendMethod"]
