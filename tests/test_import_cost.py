"""``import tabemb`` is fast: it loads none of the heavy libraries."""

import json
import subprocess
import sys

HEAVY = ["tensorflow", "keras", "sklearn", "pandas", "pyarrow", "narwhals", "pydantic", "matplotlib", "numpy", "rich"]


def modules_after(code):
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_importing_tabemb_loads_no_heavy_library():
    assert not set(modules_after("import tabemb; dir(tabemb); tabemb.__all__")) & set(HEAVY)


def test_exceptions_and_vectors_load_no_keras():
    loaded = modules_after("import tabemb; tabemb.TabembError; tabemb.CategoryVectors; import tabemb.table")
    assert not set(loaded) & {"tensorflow", "keras"}


def test_recommenders_load_no_keras():
    loaded = modules_after("from tabemb import TwoTowerRecommender; TwoTowerRecommender('user', 'item')")
    assert not set(loaded) & {"tensorflow", "keras"}


def test_databases_load_the_packages_of_none():
    loaded = modules_after("import tabemb.vectors.databases")
    assert not set(loaded) & {"pymilvus", "milvus_lite", "lancedb", "tensorflow", "keras"}
