"""A page to look around in the vectors of a run: one HTML file that needs neither server nor network."""

from tabemb.experiments.explorer.explorer import write_explorer

__all__ = ["write_explorer"]
