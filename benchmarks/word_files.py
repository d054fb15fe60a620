"""How fast are the vectors of a few words read from a large file, and with how much memory?

    python benchmarks/word_files.py [--words 200000] [--dim 100] [--wanted 5000] [--turns 3] [--json FILE]

Compared to gensim, which always reads the whole file. Each run is a separate process; its memory is the peak minus the
memory with libraries loaded.
"""

import argparse
import gzip
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from turns import in_turn, ratio, show, shown, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np

READ = """
import json, resource, sys, time
side, path, n_wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
wanted = {f"word{number}" for number in range(n_wanted)}
if side == "tabemb":
    from tabemb.vectors.formats import find_format
    read = lambda: find_format(path).select(path, wanted.__contains__).vectors
else:
    from gensim.models import KeyedVectors
    kind = {"binary": ".bin" in path, "no_header": ".glove" in path}
    read = lambda: KeyedVectors.load_word2vec_format(path, **kind)[sorted(wanted)]
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
assert len(read()) == n_wanted
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}))
"""


def written(folder, options):
    """Write the same vectors in all formats; return the paths by name."""
    from tabemb import CategoryVectors

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(options.words, options.dim)).astype(np.float32).round(5)
    order = rng.permutation(options.words)
    vectors = CategoryVectors([f"word{number}" for number in order], rows)
    paths = {}
    for name, suffix in (("word2vec text", ".txt"), ("GloVe", ".glove"), ("word2vec binary", ".bin")):
        paths[name] = folder / f"words{suffix}"
        vectors.save(paths[name])
    paths["word2vec text, gzip"] = folder / "words.txt.gz"
    with gzip.open(paths["word2vec text, gzip"], "wb", compresslevel=4) as file:
        file.write(paths["word2vec text"].read_bytes())
    return paths


def read(side, path, options):
    """Return the seconds and the megabytes of one run."""
    command = [sys.executable, "-W", "ignore", "-c", READ, side, str(path), str(options.wanted)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(child.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--wanted", type=int, default=5_000, help="number of words to look up")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.wanted = min(options.wanted, options.words)
    sides = ["tabemb", *(["gensim"] if importlib.util.find_spec("gensim") else [])]

    rows, cells = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in written(Path(folder), options).items():
            size, memory = path.stat().st_size / 1e6, {side: [] for side in sides}

            def one(side, path=path, memory=memory):
                figures = read(side, path, options)
                memory[side].append(figures["mb"])
                return figures["seconds"]

            took = in_turn({side: lambda side=side: one(side) for side in sides}, options.turns)
            for side in sides:
                seconds, mb = statistics.median(took[side]), max(memory[side])
                rows.append({"file": name, "side": side, "mb": size, "seconds": seconds, "peak_mb": mb})
                beside = shown(ratio(took["gensim"], took["tabemb"])) if side == "tabemb" and len(sides) > 1 else ""
                cells.append([f"{name}, {side}", f"{size:.0f}", f"{seconds:.2f}", f"{size / seconds:.0f}", f"{mb:.0f}"])
                cells[-1].append(beside)
    title = f"{options.wanted:,} of {options.words:,} words, vectors of {options.dim} numbers"
    show(title, ["file and reader", "MB", "seconds", "MB/s", "peak MB more", "times gensim's speed"], cells)
    print("written:", write("word_files", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
