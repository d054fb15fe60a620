"""Short labels, and fonts that have their characters."""

import warnings
from types import SimpleNamespace

import pytest

from tabemb.vectors.plots import labels
from tabemb.vectors.plots.labels import display_width, fonts_for, shorten, unique_labels


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("JFK", 3, "JFK"),
        ("JFKX", 3, "J…X"),
        ("abcdef", 1, "…"),
        ("abcdef", 2, "a…"),
        (12345, 4, "12…5"),
        (" two\n\tlines ", 20, "two lines"),
        ("", 5, ""),
        ("東京都中央区", 12, "東京都中央区"),
        ("東京都中央区", 11, "東京都…央区"),
        ("e\u0301" * 10, 5, "e\u0301e\u0301…e\u0301e\u0301"),
    ],
)
def test_a_text_is_shortened_in_the_middle(text, longest, short):
    assert shorten(text, longest) == short
    assert display_width(short) <= longest


def test_the_end_may_have_any_share():
    text = "".join(map(str, range(10))) * 3
    assert [shorten(text, 11, share) for share in (0.0, 0.5, 1.0)] == ["0123456789…", "01234…56789", "…0123456789"]


def test_labels_differ():
    names = ["a" * 30 + middle + "b" * 30 for middle in "12345678901"] + ["short", "", " "]
    short = unique_labels(names, 12)
    assert len(set(short)) == len(names)
    assert max(map(display_width, short)) <= 12
    assert short[-3:] == ["short", "(blank)", "(blank) (2)"]
    assert short[:2] == ["aaaaaa…bbbbb", "aaaa…bbb (2)"]
    assert unique_labels([], 12) == []


@pytest.mark.parametrize("place", [0, 10, 50])
def test_names_are_shortened_where_they_differ(place):
    names = ["x" * place + str(number) + "x" * (50 - place) for number in range(9)]
    short = unique_labels(names, 26)
    assert not any("(" in label for label in short)
    for number, label in enumerate(short):
        assert str(number) in label


def test_many_equal_labels_take_linear_time():
    assert len(set(unique_labels(["x" * 99] * 20_000, 20))) == 20_000


@pytest.fixture
def installed(monkeypatch):
    """Replace the installed fonts, given as the characters of each."""
    font_manager = pytest.importorskip("matplotlib.font_manager")
    fonts = {}

    def characters_of(path):
        return frozenset(map(ord, fonts[path])) if path in fonts else frozenset(range(256))

    def install(weight=400, style="normal", **characters):
        fonts.update(characters)
        font_manager.fontManager.ttflist.extend(
            SimpleNamespace(name=name, fname=name, weight=weight, style=style) for name in characters
        )

    labels._choose.cache_clear()
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findfont", lambda name: name)
    monkeypatch.setattr(labels, "_characters_of", characters_of)
    yield install
    labels._choose.cache_clear()


def test_fonts_that_have_the_characters_are_added(installed):
    installed(Kana="かな", Kanji="東京都かな", Hangul="서울")
    assert fonts_for(["JFK"]) == ["DejaVu Sans"]
    assert fonts_for(["東京", "かな"]) == ["DejaVu Sans", "Kanji"]
    assert fonts_for(["東京", "서울"]) == ["DejaVu Sans", "Kanji", "Hangul"]


def test_regular_letters_come_first_and_italic_ones_are_not_used(installed):
    installed(weight=700, Bold="東京")
    installed(style="italic", Italic="東京都")
    installed(Regular="東京")
    assert fonts_for(["東京"]) == ["DejaVu Sans", "Regular"]
    with pytest.warns(UserWarning, match="no installed font has"):
        assert fonts_for(["都"]) == ["DejaVu Sans"]


def test_characters_that_no_font_has_are_warned_of_once(installed):
    installed(Kanji="東京")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for text in ("東京都", "서울", "กรุงเทพ"):
            # From one line, as Python remembers it.
            fonts = fonts_for([text])
    assert fonts == ["DejaVu Sans"]
    assert len(caught) == 1
    assert "Install a font with these characters, such as Noto Sans CJK" in str(caught[0].message)


def test_control_characters_and_joiners_need_no_font(installed):
    assert fonts_for(["a\x00\u200d\u202e b"]) == ["DejaVu Sans"]


def test_a_damaged_font_has_no_characters(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "font.ttf").write_bytes(b"no font")
    assert labels._characters_of(str(tmp_path / "font.ttf")) == frozenset()
