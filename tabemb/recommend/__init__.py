"""Recommendation: vectors of users and items from the interactions between them."""
