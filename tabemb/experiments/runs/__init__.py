"""Runs of experiments: running one, its folder, the provenance of its data, and export."""
