import io

from rich.console import Console

from tabemb.cli.downstream_screen import downstream_table


def test_the_matrix_has_a_line_a_model_and_all_its_figures(small_downstream):
    out = io.StringIO()
    Console(file=out, width=140).print(downstream_table(small_downstream))
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert " ".join(lines[5:]) == small_downstream.sentence()
    assert lines[:5] == [
        "model on one-hot on vectors difference 95 % interval p features bytes per row fit",
        *(" ".join(row.values()) for row in small_downstream.table()),
        "",
    ]
