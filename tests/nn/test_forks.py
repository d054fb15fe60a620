"""Work in forked processes, in processes of their own so that no network was made before."""

import subprocess
import sys

import pytest

CODE = """
import multiprocessing, sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
from tabemb import EmbeddingClassifier
from tabemb.exceptions import ForkedProcessError

X, y = pd.DataFrame({"a": list("abcdefghij") * 8}), ["p", "q", "q", "q"] * 20
model = EmbeddingClassifier(max_epochs=1, random_state=0, body="mlp", one_hot_max_categories=0)


def work(model, method, told):
    try:
        if method == "fit":
            EmbeddingClassifier(max_epochs=1, random_state=0, body="mlp", one_hot_max_categories=0).fit(X, y)
        else:
            getattr(model, method)(X, *[y] * (method == "partial_fit"))
        told.put("done")
    except ForkedProcessError as error:
        told.put(str(error))


if __name__ == "__main__":
    if sys.argv[1] == "before":
        model.fit(X, y)
    for each in sys.argv[2:]:
        method, where = each.split("-")
        context = multiprocessing.get_context(where)
        told = context.Queue()
        process = context.Process(target=work, args=(model, method, told), daemon=True)
        process.start()
        print(told.get(timeout=100))
        process.join(20)
"""


def said(folder, *arguments):
    (folder / "script.py").write_text(CODE)
    command = [sys.executable, str(folder / "script.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout.splitlines()


@pytest.fixture(scope="module")
def after_a_fit(tmp_path_factory):
    """Return what processes say that were started, one after another, by one that has fitted a model."""
    works = ["predict-fork", "fit-fork", "partial_fit-fork"] if sys.platform != "win32" else []
    works.append("fit-spawn")
    told = said(tmp_path_factory.mktemp("after"), "before", *works)
    return dict(zip(works, told, strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_in_a_fork_after_a_fit_is_refused_with_the_way_out(after_a_fit, method):
    message = after_a_fit[f"{method}-fork"]
    assert "was forked from one in which TensorFlow already ran" in message
    assert "multiprocessing.get_context('spawn') or joblib's default, loky" in message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_predictions_in_a_fork_and_fits_in_a_fork_before_the_first_network_work(after_a_fit, tmp_path):
    assert after_a_fit["predict-fork"] == "done"
    assert said(tmp_path, "without", "fit-fork") == ["done"]


def test_a_spawned_process_trains(after_a_fit):
    assert after_a_fit["fit-spawn"] == "done"
