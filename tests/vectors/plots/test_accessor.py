"""The plots as methods: each passes its arguments on."""

import pytest

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
from matplotlib.figure import Figure


@pytest.fixture
def ax():
    return Figure().subplots()


def test_a_map_with_every_argument(airports, ax):
    coast = {"JFK": "east", "LGA": "east", "SFO": "west", "OAK": "west"}
    drawn = airports.plot("tsne", color=coast, top=2, ax=ax, title="Airports")
    assert drawn is ax
    assert ax.get_title(loc="left") == "Airports"
    assert ax.get_xlabel() == "t-SNE, perplexity 1"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["east", "west"]
    assert "4 categories; the 2 most frequent labeled; area of a dot: count" in [text.get_text() for text in ax.texts]


def test_a_heatmap_and_a_dendrogram_with_every_argument(airports):
    for method in ("heatmap", "dendrogram"):
        ax = Figure().subplots()
        assert getattr(airports.plot, method)(["SFO", "JFK", "OAK"], ax=ax, title="Three") is ax
        assert sorted(text.get_text() for text in ax.get_yticklabels()) == ["JFK", "OAK", "SFO"]
        assert ax.get_title(loc="left") == "Three"
        few = getattr(airports.plot, method)(top=2, ax=Figure().subplots())
        assert len(few.get_yticklabels()) == 2


def test_a_new_figure_is_created_by_default(airports):
    import matplotlib.pyplot as plt

    assert airports.plot().get_title(loc="left") == "dest"
    plt.close("all")
