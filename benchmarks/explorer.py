"""The cost of the page of `tabemb explore`: its size, the time per frame, and the loss from 16 bits per number.

    python benchmarks/explorer.py [--categories 20000] [--dim 32] [--frames 180] [--json FILE]

Frames are timed in Chromium without a graphics card while a script pans and zooms the map; chromium and chromium-driver
must be installed. The ten nearest neighbors are compared to those of the same vectors in float32: of words if
TABEMB_DATA has them (GloVe, 100 dimensions), otherwise of random vectors.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from turns import show, write

import tabemb
from tabemb.experiments.explorer.column_data import to_int16
from tabemb.experiments.explorer.explorer import render_explorer
from tabemb.vectors.similarity import unit_rows

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
MOVED = """
const nFrames = arguments[0], done = arguments[2], {map} = window.explorer, gaps = [], draws = [];
if (arguments[1] !== null) window.explorer.pick(arguments[1]);
const draw = map.draw.bind(map);
map.draw = () => { const begin = performance.now(); draw(); draws.push(performance.now() - begin); };
let last = null;
function step(now) {
  if (last !== null) gaps.push(now - last);
  last = now;
  const i = gaps.length;
  if (i >= nFrames) return done([gaps, draws]);
  if (i % 90 < 45) map.view.pan(6 * Math.cos(i / 10), 6 * Math.sin(i / 10));
  else map.view.zoomAt(i % 90 < 68 ? 1.05 : 1 / 1.05, 400, 300);
  map.move();
  requestAnimationFrame(step);
}
requestAnimationFrame(step);
"""


def made(n, dim):
    """Return vectors in forty clusters, with long-tailed counts."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, dim))[rng.integers(0, 40, n)] * 1.2 + rng.normal(size=(n, dim)) * 0.6
    counts = np.sort(rng.zipf(1.4, n).clip(max=50_000))[::-1]
    return tabemb.CategoryVectors([f"product {i:05d}" for i in range(n)], vectors, counts, name="product")


def frames(path, n_frames):
    """Return {(pixel ratio, what is marked): (milliseconds between frames, milliseconds of drawing)}."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_script_timeout(120)
    found = {}
    try:
        for ratio in (1, 2):
            window = {"width": 1280, "height": 800, "deviceScaleFactor": ratio, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
            for marked, row in (("nothing", None), ("a category", 17)):
                browser.get("about:blank")
                browser.get(path.as_uri())
                found[ratio, marked] = browser.execute_async_script(MOVED, n_frames, row)
    finally:
        browser.quit()
    return found


def stored(vectors):
    """Return the vectors as restored from each storage type, and its bytes per number."""
    unit = unit_rows(vectors.astype(np.float64))
    return {
        "float32": (vectors, 4),
        "int16, by row (the page)": (to_int16(vectors).astype(np.float32), 2),
        "float16": (unit.astype(np.float16).astype(np.float32), 2),
        "int8, by row": (np.round(127 * unit / np.abs(unit).max(axis=1, keepdims=True)).astype(np.float32), 1),
    }


def nearest(vectors, rows, n=10):
    unit = unit_rows(vectors.astype(np.float64))
    scores = unit[rows] @ unit.T
    scores[np.arange(len(rows)), rows] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :n], scores


def precision(vectors):
    """Return one row per storage type: same lists, same sets, and the largest error of a cosine."""
    rows = np.arange(0, len(vectors), max(1, len(vectors) // 1000))
    exact, cosines = nearest(vectors, rows)
    lines = []
    for name, (kept, n_bytes) in stored(vectors).items():
        found, changed = nearest(kept, rows)
        finite = np.isfinite(cosines)
        lines.append(
            {
                "stored as": name,
                "bytes": n_bytes,
                "same_list": float((found == exact).all(axis=1).mean()),
                "same_set": float((np.sort(found) == np.sort(exact)).all(axis=1).mean()),
                "largest_error": float(np.abs(changed[finite] - cosines[finite]).max()),
            }
        )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--categories", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=32)
    parser.add_argument("--frames", type=int, default=180)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "explore.html")
        page.write_text(render_explorer({"product": made(options.categories, options.dim)}), encoding="utf-8")
        megabytes = page.stat().st_size / 1e6
        for (ratio, marked), (gaps, draws) in frames(page, options.frames).items():
            figures = [np.median(gaps), max(gaps), np.median(draws), max(draws)]
            names = ["frame_median", "frame_worst", "drawing_median", "drawing_worst"]
            rows.append({"pixels": ratio, "marked": marked, **dict(zip(names, map(float, figures), strict=True))})
    cells = [[f"{r['pixels']}x, {r['marked']}", *(f"{value:.1f}" for value in list(r.values())[2:])] for r in rows]
    title = f"{options.categories:,} categories x {options.dim}: a page of {megabytes:.1f} MB; milliseconds"
    show(title, ["screen, marked", "frame, median", "worst", "drawing, median", "worst"], cells)

    words = DATA / "glove100_small.parquet"
    if words.exists():
        name, vectors = "words", pd.read_parquet(words).set_index("word").to_numpy(np.float32)
    else:
        name, vectors = "random vectors", np.random.default_rng(0).normal(size=(10_000, 100)).astype(np.float32)
    lines = precision(vectors)
    cells = [
        [r["stored as"], str(r["bytes"]), f"{r['same_list']:.1%}", f"{r['same_set']:.1%}", f"{r['largest_error']:.1e}"]
        for r in lines
    ]
    head = ["stored as", "bytes a number", "same ten, same order", "same ten", "largest error of a cosine"]
    show(f"The nearest ten of {len(vectors):,} {name} x {vectors.shape[1]}", head, cells)
    if options.json:
        write("explorer", [*rows, *lines], options.json, megabytes=megabytes)


if __name__ == "__main__":
    main()
