"""Whether vectors have learned anything: checks of one column, of a table, and of a model with refits."""
