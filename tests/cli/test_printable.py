"""What reaches the terminal."""

import pytest

from tabemb.cli.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("JFK\x1b]0;owned\x07", "JFK\\x1b]0;owned\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\x00\x7f\t", "a\\rb\\x00\\x7f\\t"),
        ("abc\u202edef\u2066", "abc\\u202edef\\u2066"),
        ("\ud800", "\\ud800"),
        ("two\nlines", "two\nlines"),
        ("São Paulo 서울 🛫", "São Paulo 서울 🛫"),
    ],
)
def test_control_characters_are_shown_not_obeyed(text, shown):
    assert printable(text) == shown
