"""Methods that learn vectors of items from interactions, by name."""

from tabemb.recommend.methods.linear_autoencoder import LinearAutoencoder
from tabemb.recommend.methods.method import METHODS, ItemFactors, Method

__all__ = ["METHODS", "ItemFactors", "LinearAutoencoder", "Method"]
