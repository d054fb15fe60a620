"""A web page to explore the vectors of a run: one HTML file that needs no server and no network."""

from tabemb.experiments.explorer.explorer import write_explorer

__all__ = ["write_explorer"]
