"""Methods that learn vectors of items from interactions, by name."""

from tabemb.recommend.methods.linear_autoencoder import LinearAutoencoder
from tabemb.recommend.methods.method import METHODS, FactorizationMethod, ItemFactors

__all__ = ["METHODS", "FactorizationMethod", "ItemFactors", "LinearAutoencoder"]
