"""Plots of a column's vectors. Requires matplotlib (the extra ``plot``)."""
