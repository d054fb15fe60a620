"""The progress bar of a fit."""

from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["training_progress"]


@contextmanager
def training_progress(n_epochs, n_steps, *, enabled):
    """Show how far a fit is, with the loss, the validation figure and the time left.

    Parameters
    ----------
    n_epochs : int
        The most epochs there will be.
    n_steps : int
        Steps of an epoch.
    enabled : bool
        Whether anything is shown.

    Yields
    ------
    callable
        ``advance(epoch, steps, figures)``: the current epoch (from 0), steps just made, figures to show.
    """
    if not enabled:
        yield lambda epoch, steps, figures: None
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}/" + str(n_epochs)),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as bar:
        task = bar.add_task("fit", total=n_epochs * n_steps, epoch=1, figures="")

        def advance(epoch, steps, figures):
            text = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != "learning_rate")
            bar.update(task, advance=steps, epoch=epoch + 1, figures=text)

        yield advance
