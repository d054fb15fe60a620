"""The cost of the progress bar: the processor time of drawing it in a terminal.

    python benchmarks/progress_bar.py [--rows 1000000] [--json FILE]

A difference of less than a percent between two training runs cannot be measured on a busy machine. Instead, the time
of the code of the bar (updates, and drawing in its thread) is summed up, on a pseudo-terminal, and compared to the time
of the training and to the processor time of the process.
"""

import argparse
import os
import pty
import sys
import threading
import time
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
from rich.live import Live
from rich.progress import Progress
from train_speed import network_of
from workload import make_rows

from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Binary
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.training.trainer import Trainer


def timed(owner, name, spent):
    """Patch a method to add the processor time of its outermost calls, in its thread, to ``spent``."""
    method, inside = getattr(owner, name), threading.local()

    def measured(*args, **kwargs):
        if getattr(inside, "yes", False):
            return method(*args, **kwargs)
        inside.yes, start = True, time.thread_time()
        try:
            return method(*args, **kwargs)
        finally:
            inside.yes = False
            spent.append(time.thread_time() - start)

    setattr(owner, name, measured)


def drain(terminal):
    """Read the output like a terminal."""
    while True:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    os.environ["TERM"] = "xterm-256color"
    terminal, drawn = pty.openpty()
    threading.Thread(target=drain, args=(terminal,), daemon=True).start()
    spent, rows = [], []
    timed(Live, "refresh", spent)
    timed(Progress, "update", spent)
    categories, targets = make_rows(options.rows, 10_000)
    table = EncodedTable(categories + np.int32(Vocabulary.FIRST), np.empty((len(targets), 0), "float32"))
    task, seeds, data = Binary.from_targets(np.array([0, 1])), Seeds(0), Rows(table=table, targets=targets)
    stderr, sys.stderr = sys.stderr, os.fdopen(drawn, "w")
    for batch in options.batch:
        trainer = Trainer(batch_size=batch, max_epochs=1, category_dropout=0.05, verbose=1)
        loop = trainer.loop(network_of(10_000), task, seeds)
        trainer.fit(loop, data.only(np.arange(10 * batch)), None, seeds)
        spent.clear()
        start, used = time.perf_counter(), time.process_time()
        trainer.fit(loop, data, None, seeds)
        seconds, used = time.perf_counter() - start, time.process_time() - used
        rows.append({"batch": batch, "bar": sum(spent), "calls": len(spent), "seconds": seconds, "processor": used})
    sys.stderr = stderr
    show(
        f"the progress bar over {options.rows:,} rows",
        ["batch", "calls", "bar, ms", "of the time", "of the processor time"],
        [
            [
                f"{r['batch']:,}",
                f"{r['calls']:,}",
                f"{1000 * r['bar']:.0f}",
                f"{r['bar'] / r['seconds']:.2%}",
                f"{r['bar'] / r['processor']:.2%}",
            ]
            for r in rows
        ],
    )
    print("written:", write("progress_bar", rows, options.json))


if __name__ == "__main__":
    main()
