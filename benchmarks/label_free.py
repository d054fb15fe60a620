"""Do vectors learned without labels help with few labels?

    TABEMB_DATA=../shared/data python benchmarks/label_free.py [--tables amazon late] [--seeds 2] [--shares 0.01 0.05]
        [--objectives masked corrupted]

All training rows of a table of ``quality_tables.py``, or of the ratings of ``movielens100k``, are known, but only a
share of their labels. Vectors are learned from all rows without labels, by each objective of ``EmbeddingPretrainer``.
Then, with the labeled rows alone:

- a linear model and LightGBM on the frozen vectors (and the numbers), beside the same models on one-hot columns and on
  native categories, and on vectors that the same objective learns from the labeled rows alone;
- a classifier that starts from the vectors, beside one without pretraining, which starts from the co-occurrences of the
  labeled rows.

ROC AUC of the test rows, mean over the seeds, which draw the labeled rows.
"""

import argparse
import os
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from quality_rivals import as_text
from quality_tables import AUC, PROBLEMS, Problem, split_of
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from turns import RESULTS, show, write

import tabemb

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TABLES = ("amazon", "late", "census", "diabetes", "movies")
OBJECTIVES = ("cooccurrence", "masked", "corrupted", "contrastive", "skip_gram")
CLOSED_FORM = OBJECTIVES[0]
NOTHING = "no pretraining"
MOVIES = Problem(
    about="four stars or more; users, movies and who the users are; a random fifth is the test",
    file="movielens100k_ratings",
    target=lambda ratings: ratings["rating"] >= 4,
    prepared=lambda ratings: ratings.merge(pd.read_parquet(DATA / "movielens100k_users.parquet"), on="user_id"),
    codes=("user_id", "movie_id"),
    dropped=("rating", "timestamp"),
    metrics=(AUC,),
    classes=True,
)


def linear(on):
    """Return a logistic regression behind a transformer."""
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(on, scaled, LogisticRegression(max_iter=500, C=0.1))


def one_hot_linear(categorical, numeric):
    """Return a logistic regression on one-hot columns and scaled numbers."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = [("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=2), categorical)]
    return make_pipeline(ColumnTransformer([*columns, ("numbers", numbers, numeric)]), LogisticRegression(max_iter=500))


def trees(X_train, y_train, X_test):
    """Return the probabilities of LightGBM, with settings for few rows."""
    import lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=100, learning_rate=0.05, min_child_samples=10, n_jobs=2, verbose=-1)
    return model.fit(X_train, y_train).predict_proba(X_test)[:, 1]


def native(table, categorical, known):
    """Return the table with category columns whose categories are those of known rows."""
    kinds = {name: pd.CategoricalDtype(pd.unique(known[name])) for name in categorical}
    return table.astype(kinds)


def answers(split, rows, seed, pretrained):
    """Yield the name of each model, what it reads, and its ROC AUC, with the labels of some rows."""
    train, y = split.X_train.iloc[rows], split.y_train[rows]
    numeric = [name for name in train if name not in split.categorical]
    text_train, text_test = as_text(train, split.categorical), as_text(split.X_test, split.categorical)

    def auc(chances):
        return roc_auc_score(split.y_test, chances)

    plain = one_hot_linear(split.categorical, numeric).fit(text_train, y)
    yield "linear", "one-hot", auc(plain.predict_proba(text_test)[:, 1])
    yield (
        "LightGBM",
        "native",
        auc(
            trees(
                native(text_train, split.categorical, text_train), y, native(text_test, split.categorical, text_train)
            )
        ),
    )
    sides = {**pretrained, f"{CLOSED_FORM}, labeled rows": pretrainer(split, CLOSED_FORM, seed).fit(train)}
    for name, each in sides.items():
        seen, new = each.transform(train), each.transform(split.X_test)
        yield "linear", name, auc(linear("passthrough").fit(seen, y).predict_proba(new)[:, 1])
        yield "LightGBM", name, auc(trees(seen, y, new))
    for name, start in {NOTHING: None, **{name: each.vectors_ for name, each in pretrained.items()}}.items():
        model = tabemb.EmbeddingClassifier(split.categorical, pretrained=start, random_state=seed)
        yield "classifier", name, auc(model.fit(train, y).predict_proba(split.X_test)[:, 1])


def pretrainer(split, objective, seed):
    """Return an unfitted pretrainer; quantities are numbers, also if they are integers."""
    return Quantities(split.categorical, objective=objective, random_state=seed)


class Quantities:
    """A pretrainer for which all columns but the categorical ones are floats."""

    def __init__(self, categorical, **params):
        self.categorical, self.model = categorical, tabemb.EmbeddingPretrainer(categorical, **params)

    def fit(self, X):
        """Learn the vectors."""
        self.model.fit(self._typed(X))
        return self

    def transform(self, X):
        """Return the vectors and numbers."""
        return self.model.transform(self._typed(X))

    @property
    def vectors_(self):
        """The vectors by column."""
        return self.model.vectors_

    def _typed(self, X):
        return X.astype({name: "float64" for name in X if name not in self.categorical})


def measured(tables, shares, seeds, objectives):
    """Return one line per table, share, seed, model and input."""
    lines = []
    for table in tables:
        problem = MOVIES if table == "movies" else PROBLEMS[table]
        split = split_of(problem, pd.read_parquet(DATA / f"{problem.file}.parquet"))
        for seed in range(seeds):
            pretrained = {name: pretrainer(split, name, seed).fit(split.X_train) for name in objectives}
            for share in shares:
                rng = np.random.default_rng(seed)
                rows = np.sort(rng.permutation(len(split.y_train))[: round(share * len(split.y_train))])
                for model, reads, auc in answers(split, rows, seed, pretrained):
                    line = {"table": table, "share": share, "rows": len(rows), "seed": seed, "model": model}
                    lines.append({**line, "reads": reads, "auc": auc})
                    print(f"{table}, {share:.0%}, seed {seed}, {model} on {reads}: {auc:.4f}", flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--shares", nargs="+", type=float, default=[0.01, 0.05, 0.2, 1.0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, default=list(OBJECTIVES))
    parser.add_argument("--json", type=Path, default=RESULTS / "label_free.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = measured(options.tables, options.shares, options.seeds, options.objectives)
    frame = pd.DataFrame(lines)
    for table, part in frame.groupby("table", sort=False):
        means = part.pivot_table(index=["model", "reads"], columns="share", values="auc", sort=False)
        cells = [
            [*names, *(f"{each:.4f}" for each in row)] for names, row in zip(means.index, means.values, strict=True)
        ]
        show(f"{table}: ROC AUC", ["model", "reads", *(f"{share:.0%} of the labels" for share in means)], cells)
    path = write("label_free", lines, options.json, options=vars(options))
    print("\nwritten:", path)


if __name__ == "__main__":
    main()
