"""The progress bar of a fit, in terminals and in notebooks.

In a notebook, rich would draw into a widget, of which a saved or exported notebook keeps nothing, and which needs
ipywidgets. Here the bar is an output of the cell that is updated in place, so that its last state remains.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["Advance", "NotebookProgress", "training_progress"]

PER_SECOND = 5


class Advance(Protocol):
    """Moves the bar."""

    def __call__(self, epoch: int, steps: int, figures: dict[str, float]) -> None:
        """Set the current epoch (from 0) and the values to show, after so many steps more."""


@contextmanager
def training_progress(n_epochs: int, n_steps: int, *, enabled: bool) -> Iterator[Advance]:
    """Show a progress bar of a fit, with the loss, the validation metric and the remaining time.

    A fit that ends early, because nothing improves any more, fills the bar as well. If it fails, the bar stays where it
    was.

    Parameters
    ----------
    n_epochs : int
        Maximum number of epochs.
    n_steps : int
        Number of steps per epoch.
    enabled : bool
        Whether to show the progress bar.

    Yields
    ------
    callable
        ``advance(epoch, steps, figures)``: the current epoch (from 0), the number of steps since the last call, and the
        values to show.
    """
    if not enabled:
        yield lambda epoch, steps, figures: None
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}/" + str(n_epochs)),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[of_time]}"),
    )
    with _shown(columns) as bar:
        task = bar.add_task("fit", total=n_epochs * n_steps, epoch=1, figures="", of_time="left")

        def advance(epoch: int, steps: int, figures: dict[str, float]) -> None:
            text = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != "learning_rate")
            bar.update(task, advance=steps, epoch=epoch + 1, figures=text)

        yield advance
        bar.update(task, total=bar.tasks[0].completed, of_time="in all")


class NotebookProgress(Progress):
    """A progress bar that is an output of a notebook's cell, updated in place, at most five times per second.

    Parameters
    ----------
    *columns : rich.progress.ProgressColumn
        What to show.
    display : callable
        ``IPython.display.display``.
    clock : callable, default=time.monotonic
        Returns the time in seconds.
    """

    def __init__(self, *columns: Any, display: Callable[..., Any], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(*columns, auto_refresh=False, console=Console(force_jupyter=True))
        self._show, self._clock = display, clock
        self._handle: Any = None
        self._last = float("-inf")

    def start(self) -> None:
        """Wait for the first task."""

    def stop(self) -> None:
        """Show the last state."""
        self.refresh()

    def update(self, *args: Any, **changes: Any) -> None:
        """Update a task, and what is shown of it if it was not updated just now."""
        super().update(*args, **changes)
        if self._clock() >= self._last + 1 / PER_SECOND:
            self.refresh()

    def refresh(self) -> None:
        """Show the current state."""
        if not self.tasks:
            return
        self._last, state = self._clock(), self.make_tasks_table(self.tasks)
        if self._handle is None:
            self._handle = self._show(state, display_id=True)
        else:
            self._handle.update(state)


def _shown(columns: tuple[Any, ...]) -> AbstractContextManager[Progress]:
    console = Console(stderr=True)
    if not console.is_jupyter:
        return Progress(*columns, console=console, refresh_per_second=PER_SECOND)
    from IPython.display import display

    return NotebookProgress(*columns, display=display)
