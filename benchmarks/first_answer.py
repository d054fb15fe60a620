"""Seconds and memory from the start of Python to the first answer of a saved model.

    python benchmarks/first_answer.py [--turns 5] [--categories 1000] [--json FILE]

A classifier with ten columns of text is saved once. Each turn starts a new process for each side, which imports what it
needs, reads the model and answers one row: ``tabemb.load_predictor``, an unpickled predictor, and ``tabemb.load``,
which needs Keras and TensorFlow. "pandas alone" only imports pandas and makes the row: no side can be faster. Seconds
are from before the process starts until its answer has arrived; memory is the peak of the process (Linux only).
"""

import argparse
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import turns  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from workload import COLUMNS, make_rows

from tabemb import EmbeddingClassifier

ROW = "import pandas as pd; row = pd.DataFrame({{c: ['v1'] for c in {columns!r}}})"
SIDES = {
    "pandas alone": "{row}; row.shape",
    "load_predictor": "import tabemb; {row}; tabemb.load_predictor({model!r}).predict_proba(row)",
    "unpickled predictor": "import pickle; {row}; pickle.load(open({pickled!r}, 'rb')).predict_proba(row)",
    "load": "import tabemb; {row}; tabemb.load({model!r}).predict_proba(row)",
}
PEAK = "; import re; print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"


def measure(code):
    """Return seconds and megabytes of a new process that runs the code."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code + PEAK], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(done.stdout.split()[-1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--categories", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    indices, targets = make_rows(options.rows, options.categories)
    table = pd.DataFrame({f"c{place}": [f"v{each}" for each in indices[:, place]] for place in range(COLUMNS)})
    model = EmbeddingClassifier(max_epochs=1, random_state=0).fit(table, np.where(targets > 0, "yes", "no"))
    with tempfile.TemporaryDirectory() as folder:
        path, pickled = Path(folder, "model"), Path(folder, "predictor.pickle")
        model.save(path)
        pickled.write_bytes(pickle.dumps(model.predictor()))
        row = ROW.format(columns=list(table.columns))
        codes = {name: code.format(row=row, model=str(path), pickled=str(pickled)) for name, code in SIDES.items()}
        figures = {name: [] for name in codes}
        for turn in range(options.turns + 1):
            for name, code in codes.items():
                figure = measure(code)
                if turn:  # the first turn fills the file cache
                    figures[name].append(figure)
    rows = [
        {
            "side": name,
            "seconds": statistics.median(seconds for seconds, _ in found),
            "least_seconds": min(seconds for seconds, _ in found),
            "peak_megabytes": statistics.median(megabytes for _, megabytes in found),
        }
        for name, found in figures.items()
    ]
    cells = [
        [row["side"], f"{row['seconds']:.2f}", f"{row['least_seconds']:.2f}", f"{row['peak_megabytes']:.0f}"]
        for row in rows
    ]
    turns.show(
        f"From the start of Python to the first answer ({options.turns} turns)",
        ["side", "seconds, median", "least", "peak MB"],
        cells,
    )
    turns.write("first_answer", rows, options.json)


if __name__ == "__main__":
    main()
