"""Recommendation: users and items in one space, splits of interactions, and methods that learn the vectors."""

from tabemb.recommend.recommender import ColdStartWarning, TwoTowerRecommender

__all__ = ["ColdStartWarning", "TwoTowerRecommender"]
