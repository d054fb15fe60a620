"""The common parts of the benchmarks: run several sides in turns, and print and write the results.

On a noisy machine, only results of the same turn are comparable. The sides therefore run one after the other, several
times, in reverse order every other turn. Results are the median and the range of the ratios within a turn.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
VERSIONS = ("numpy", "pandas", "pyarrow", "scikit-learn", "keras", "tensorflow")


def seconds(call: Callable[[], object]) -> float:
    """Return the time of a call in seconds."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turn(sides: Mapping[str, Callable[[], float]], turns: int, *, warm: bool = False) -> dict[str, list[float]]:
    """Return the result of each side (seconds, or a rate) per turn; ``warm`` adds a first turn that is not counted."""
    if warm:
        for side in sides.values():
            side()
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(turns):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            figures[name].append(sides[name]())
    return figures


def ratio(above: list[float], below: list[float]) -> dict[str, float]:
    """Return the median, minimum and maximum of the ratios within a turn."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}


def shown(figures: Mapping[str, float]) -> str:
    """Return a ratio as text: ``1.25 (1.10 to 1.31)``."""
    return f"{figures['median']:.2f} ({figures['low']:.2f} to {figures['high']:.2f})"


def machine() -> dict[str, object]:
    """Return a description of the machine: cores, arithmetic and memory speed, versions."""
    rng = np.random.default_rng(0)
    matrix = rng.random((2048, 2048), dtype="float32")
    block = np.zeros(2**27, "uint8")
    product = min(seconds(lambda: matrix @ matrix) for _ in range(5))
    copy = min(seconds(block.copy) for _ in range(5))
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "gflops_of_a_float32_product": 2 * 2048**3 / product / 1e9,
        "gigabytes_a_second_of_a_copy": 2 * block.nbytes / copy / 1e9,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in VERSIONS},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def write(name: str, rows: list[dict[str, object]], path: Path | None = None, **more: object) -> Path:
    """Write the results and the machine as JSON, to ``benchmarks/results/NAME.json`` unless a path is given."""
    path = path or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"benchmark": name, "machine": machine(), **more, "rows": rows}
    path.write_text(json.dumps(record, indent=1, default=str), encoding="utf-8")
    return path


def show(title: str, columns: list[str], cells: list[list[str]]) -> None:
    """Print a table; the first column is text, the others are right-aligned."""
    table = Table()
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in cells:
        table.add_row(*row)
    console = Console(width=140)
    console.print(title)
    console.print(table)
