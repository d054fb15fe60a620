"""What columns with the same categories gain by sharing a table of vectors.

    python benchmarks/shared.py [--rows 10000] [--seeds 2]

Stays in hospital (diabetes130) have three diagnoses each, in three columns with the same codes: is the patient
readmitted? One table of vectors for all three (``shared``) is compared with one for each. For both: the number of
weights in tables, ROC AUC on other rows, and how many of the five nearest codes are in the chapter of a code, among
codes with ten rows or more in the first column; from the target, and without one.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from turns import show
from vector_quality_tables import PAIRS, chapter

import tabemb

DIAGNOSES = ["diag_1", "diag_2", "diag_3"]
FEWEST, NEAREST = 10, 5


def in_chapter(vectors, keys):
    """Return the share of the nearest codes that are in the chapter of a code, among the given ones."""
    rows = vectors[keys]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    alike = rows @ rows.T
    np.fill_diagonal(alike, -np.inf)
    chapters = np.array([chapter(key) for key in keys])
    nearest = np.argsort(-alike, axis=1)[:, :NEAREST]
    return (chapters[nearest] == chapters[:, None]).mean()


def figures(train, test, shared, seed):
    """Return the figures of one fit with and one without a target."""
    (X, y), (others, answers) = train, test
    counts = X["diag_1"].value_counts()
    keys = [key for key in counts.index[counts >= FEWEST] if key is not None]
    model = tabemb.EmbeddingClassifier(shared=shared, random_state=seed).fit(X, y)
    pretrainer = tabemb.EmbeddingPretrainer(shared=shared, random_state=seed).fit(X)
    tables = model.vectors_
    return (
        sum(len(tables[name]) * tables[name].dim for name in tables),
        roc_auc_score(answers, model.predict_proba(others)[:, 1]),
        in_chapter(model.vectors_["diag_1"], keys),
        in_chapter(pretrainer.vectors_["diag_1"], keys),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    X, y = PAIRS["diagnoses"].rows()
    y = pd.Series(np.asarray(y), X.index)
    found = {"a table each": [], "one table": []}
    for seed in range(options.seeds):
        order = np.random.default_rng(seed).permutation(len(X))
        parts = [(X.iloc[rows], y.iloc[rows]) for rows in (order[: options.rows], order[options.rows :][:20_000])]
        for name, shared in zip(found, (None, {"diagnosis": DIAGNOSES}), strict=True):
            found[name].append(figures(*parts, shared, seed))
    cells = [
        [name, *(f"{value:,.{digits}f}" for value, digits in zip(np.mean(each, axis=0), (0, 4, 3, 3), strict=True))]
        for name, each in found.items()
    ]
    headings = ["columns", "weights in tables", "ROC AUC", "nearest in chapter", "the same without a target"]
    show(f"Diagnoses, {options.rows:,} rows, mean of {options.seeds} seeds", headings, cells)


if __name__ == "__main__":
    main()
