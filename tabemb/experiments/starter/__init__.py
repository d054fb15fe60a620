"""The first YAML file of an experiment, with comments: one writer for each kind of experiment."""
