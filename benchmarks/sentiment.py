"""Sentiment of reviews: vectors of words, learned with the target, against TF-IDF and a linear model.

    TABEMB_DATA=DIR python benchmarks/sentiment.py [--seeds 2] [--epochs 100] [--ways WAY ...]
        [--json FILE]

The 22,641 reviews of women's clothes with a text; the only column is the text, and a fifth of the rows is the test. Two
targets: whether the reviewer recommends the product (ROC AUC), and the rating, 1 to 5 (R squared). Rivals: TF-IDF with
sublinear counts of words, and of words and pairs of words, in at least two reviews, before logistic or ridge
regression, whose penalty is chosen by three folds. tabemb reads the words of a review as the values of one cell
(``multi_valued={"Review Text": "words"}``), or its words and pairs of words ("bigrams", in at least three reviews).
GloVe vectors are the start of the words that have one.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

from tabemb import EmbeddingClassifier, EmbeddingRegressor

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TEXT = "Review Text"
RIVALS = {"TF-IDF, words": (1, 1), "TF-IDF, words and pairs": (1, 2)}
WAYS = {
    "tabemb, words and pairs, sqrtn": ("sqrtn", False),
    "tabemb, words and pairs, attention": ("attention", False),
    "tabemb, mean": ("mean", False),
    "tabemb, sqrtn": ("sqrtn", False),
    "tabemb, attention": ("attention", False),
    "tabemb, mean, from GloVe": ("mean", True),
    "tabemb, attention, from GloVe": ("attention", True),
}


def by_tf_idf(texts, y, train, test, grams, *, classifies):
    """Return the answers of a linear model for the test rows."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=grams)
    X = vectorizer.fit_transform(texts[train])
    if classifies:
        model = LogisticRegressionCV(Cs=[1, 3, 10, 30], cv=3, scoring="roc_auc", max_iter=1000)
        return model.fit(X, y[train]).predict_proba(vectorizer.transform(texts[test]))[:, 1]
    return RidgeCV(alphas=[0.3, 1, 3, 10], cv=3).fit(X, y[train]).predict(vectorizer.transform(texts[test]))


def by_vectors(frame, y, train, test, split, pooling, words, *, classifies, seed, epochs):
    """Return the answers of tabemb for the test rows, and the neighbors of "comfortable"."""
    kind = EmbeddingClassifier if classifies else EmbeddingRegressor
    model = kind(
        multi_valued={TEXT: {"split": split, "pooling": pooling}},
        min_frequency=2 if split == "words" else 3,
        pretrained={TEXT: words} if words else None,
        max_epochs=epochs,
        random_state=seed,
    ).fit(frame.iloc[train], y[train])
    answers = model.predict_proba(frame.iloc[test])[:, 1] if classifies else model.predict(frame.iloc[test])
    return answers, [key for key, _ in model.vectors_[TEXT].most_similar("comfortable", topn=6)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--ways", nargs="+", default=[*RIVALS, *WAYS], choices=[*RIVALS, *WAYS])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    reviews = pd.read_parquet(DATA / "womens_ecommerce.parquet")
    reviews = reviews[reviews[TEXT].notna()].reset_index(drop=True)
    glove = pd.read_parquet(DATA / "glove100_small.parquet").set_index("word")
    words = dict(zip(glove.index, glove.to_numpy("float32"), strict=True))
    targets = {"recommended": reviews["Recommended IND"].to_numpy(), "rating": reviews["Rating"].to_numpy(float)}
    rows = []
    for seed in range(options.seeds):
        train, test = train_test_split(
            np.arange(len(reviews)), test_size=0.2, random_state=seed, stratify=targets["recommended"]
        )
        for target, y in targets.items():
            classifies = target == "recommended"
            score = roc_auc_score if classifies else r2_score
            for name in options.ways:
                start = time.process_time()
                near = []
                if name in RIVALS:
                    answers = by_tf_idf(reviews[TEXT], y, train, test, RIVALS[name], classifies=classifies)
                else:
                    pooling, from_glove = WAYS[name]
                    answers, near = by_vectors(
                        reviews[[TEXT]],
                        y,
                        train,
                        test,
                        "bigrams" if "pairs" in name else "words",
                        pooling,
                        words if from_glove else None,
                        classifies=classifies,
                        seed=seed,
                        epochs=options.epochs,
                    )
                seconds = time.process_time() - start
                figure = float(score(y[test], answers))
                rows.append(
                    {"target": target, "seed": seed, "way": name, "score": figure, "processor_seconds": seconds}
                )
                print(f"{target}, seed {seed}, {name}: {figure:.4f}, {seconds:.0f} s  {', '.join(near)}", flush=True)
    cells = []
    for name in options.ways:
        own = [row for row in rows if row["way"] == name]
        scores = [[row["score"] for row in own if row["target"] == target] for target in targets]
        seconds = np.mean([row["processor_seconds"] for row in own])
        cells.append([name, *(" ".join(f"{each:.4f}" for each in of_target) for of_target in scores), f"{seconds:.0f}"])
    show("words of reviews", ["way", "recommended (ROC AUC)", "rating (R squared)", "processor seconds"], cells)
    print("written:", write("sentiment", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
