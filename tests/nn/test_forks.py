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
before, method, where = sys.argv[1] == "before", sys.argv[2], sys.argv[3]


def work(model, told):
    try:
        if method == "fit":
            EmbeddingClassifier(max_epochs=1, random_state=0, body="mlp", one_hot_max_categories=0).fit(X, y)
        else:
            getattr(model, method)(X, *[y] * (method == "partial_fit"))
        told.put("done")
    except ForkedProcessError as error:
        told.put(str(error))


if __name__ == "__main__":
    if before:
        model.fit(X, y)
    context = multiprocessing.get_context(where)
    told = context.Queue()
    process = context.Process(target=work, args=(model, told), daemon=True)
    process.start()
    print(told.get(timeout=100))
    process.join(20)
"""


def said(tmp_path, *arguments):
    (tmp_path / "script.py").write_text(CODE)
    command = [sys.executable, str(tmp_path / "script.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_in_a_fork_after_a_fit_is_refused_with_the_way_out(tmp_path, method):
    message = said(tmp_path, "before", method, "fork")
    assert "was forked from one in which TensorFlow already ran" in message
    assert "multiprocessing.get_context('spawn') or joblib's default, loky" in message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_predictions_in_a_fork_and_fits_in_a_fork_before_the_first_network_work(tmp_path):
    assert said(tmp_path, "before", "predict", "fork") == "done"
    assert said(tmp_path, "without", "fit", "fork") == "done"


def test_a_spawned_process_trains(tmp_path):
    assert said(tmp_path, "before", "fit", "spawn") == "done"
