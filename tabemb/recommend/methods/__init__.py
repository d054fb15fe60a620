"""Methods that learn vectors of users and items from interactions, by name."""

from tabemb.recommend.methods.linear_autoencoder import LinearAutoencoder
from tabemb.recommend.methods.matrix_factorization import MatrixFactorization
from tabemb.recommend.methods.method import METHODS, RecommendMethod
from tabemb.recommend.methods.two_towers import TwoTowers

__all__ = ["METHODS", "LinearAutoencoder", "MatrixFactorization", "RecommendMethod", "TwoTowers"]
