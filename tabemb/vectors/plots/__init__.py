"""Pictures of a column's vectors. Needs matplotlib, the extra ``plot``."""
