"""The tables in the console."""

import dataclasses
import io

from rich.console import Console


def shown(figures, width=120):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(figures.shown(width))
    return stream.getvalue()


def test_a_table_a_split_with_the_published_figures(figures):
    lines = [" ".join(line.split()) for line in shown(figures).splitlines()]
    assert lines[0] == figures.headline()[1]
    assert "in <time>" in lines
    assert "method without (published) with (published) encoded" in lines
    assert "KNN shop 2 0.300 (0.290) 0.240 (0.200) 0.250" in lines
    assert "shop 4 0.190 (0.200)" in lines
    assert lines[-1] == figures.verdict()


def test_one_line_needs_no_name_and_nothing_published_no_column(figures):
    one = dataclasses.replace(figures, lines=("shop 2",), all=figures.all[3:])
    lines = [" ".join(line.split()) for line in shown(one).splitlines()]
    assert "method without with encoded" in lines
    assert "KNN 0.250" in lines


def test_a_narrow_console_breaks_heads_and_no_figure(figures):
    told = shown(figures, 60)
    assert "0.240 (0.200)" in told
    assert "…" not in told
