import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tabemb.nn import banner
from tabemb.nn.banner import BANNER, hides_banner

FIT = """
import numpy as np, pandas as pd
from tabemb import EmbeddingClassifier
table = pd.DataFrame({"dest": list("abcd") * 15, "distance": np.arange(60.0)})
model = EmbeddingClassifier(max_epochs=1, random_state=0).fit(table, table["dest"].isin(["a", "b"]))
print(model.predict_proba(table)[:5].tolist())
"""
LINES = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795892948.650180   28206 port.cc:153] oneDNN custom operations are on. You may see slightly",
    "I0000 00:00:1795892948.651248   28206 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU",
    "E0000 00:00:1742390000.123456    1234 cuda_fft.cc:477] Unable to register cuFFT factory: Attempting to register",
    "W0000 00:00:1742390000.123456    1234 computation_placer.cc:177] computation placer already registered. Please",
]
OTHERS = [
    "E0000 00:00:1795893161.287292   29154 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error",
    "F0000 00:00:1795893161.287292   29154 cpu_feature_guard.cc:1] The TensorFlow library was compiled to use AVX",
    "[libprotobuf FATAL] File already exists in database: tensorflow/a.proto",
    "WARNING: a warning of another library",
    "Traceback (most recent call last):",
    "",
]


def run(code, **environment):
    """Run code in a fresh process, with what the user set of TensorFlow's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True, timeout=300
    )


def test_a_first_fit_writes_nothing_but_its_result_to_the_streams():
    quiet = run(FIT)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    loud = run(FIT, TF_CPP_MIN_LOG_LEVEL="0")
    assert loud.returncode == 0
    # What TensorFlow has to say depends on the processor.
    assert "log messages" in loud.stderr
    assert quiet.stdout == loud.stdout


def test_settings_of_the_user_are_kept():
    names = ["TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"]
    code = f"import os, tabemb; tabemb.load; print(*map(os.environ.get, {names}))"
    done = run(code, TF_CPP_MIN_LOG_LEVEL="2", TF_ENABLE_ONEDNN_OPTS="0")
    assert done.stdout == "2 0\n"
    # At this level, TensorFlow writes errors, such as that no GPU answers.
    assert [line for line in done.stderr.splitlines() if not line.startswith("E")] == []


@pytest.mark.parametrize("level", ["", "1", "2", "3"])
def test_only_the_level_of_information_shows_the_banner(level):
    assert hides_banner({"TF_CPP_MIN_LOG_LEVEL": level})
    assert not hides_banner({"TF_CPP_MIN_LOG_LEVEL": "0"})


def test_the_banner_is_matched_and_nothing_else():
    assert [line for line in LINES if not re.match(BANNER, line)] == []
    assert [line for line in OTHERS if re.match(BANNER, line)] == []


# Without the package around the module, which loads Keras.
WRITE = """
import os, sys
sys.path.insert(0, {folder!r})
import banner
banner.SECONDS_TO_END = {patience}
with banner.without_banner():
    os.write(2, {lines!r}.encode())
    {last}
os.write(2, b"after\\n")
"""


def write(lines, last="", *, patience=5, **environment):
    folder = str(Path(banner.__file__).parent)
    return run(WRITE.format(folder=folder, lines=lines, last=last, patience=patience), **environment)


@pytest.fixture(params=["grep", "no grep"])
def path(request):
    return os.environ["PATH"] if request.param == "grep" else "/nowhere"


def test_other_lines_are_passed_on(path):
    lines = "\n".join([OTHERS[0], *LINES, *OTHERS[1:], "no newline at the end"])
    done = write(lines, PATH=path)
    assert done.returncode == 0
    assert done.stderr.replace("the endafter", "the end\nafter").splitlines() == [
        *OTHERS,
        "no newline at the end",
        "after",
    ]


def test_an_error_in_the_block_is_raised_after_its_lines(path):
    done = write(LINES[0] + "\nwhy\n", "raise ImportError('libcudart is broken')", PATH=path)
    assert done.returncode == 1
    assert done.stderr.startswith("why\nTraceback")
    assert done.stderr.endswith("ImportError: libcudart is broken\n")


def test_the_reason_of_an_abort_is_shown():
    done = write(LINES[1] + "\n" + OTHERS[1] + "\n", "os.abort()")
    assert done.returncode != 0
    assert done.stderr == OTHERS[1] + "\n"


def test_a_process_that_lives_on_keeps_its_lines():
    late = "import sys, time; time.sleep(0.3); sys.stderr.write('late\\n')"
    done = write("one\n", f"import subprocess; subprocess.Popen([sys.executable, '-c', {late!r}])", patience=0.01)
    assert done.returncode == 0
    assert sorted(done.stderr.splitlines()) == ["after", "late", "one"]


def test_a_closed_stream_is_left_alone():
    done = run(
        f"import os, sys; sys.path.insert(0, {str(Path(banner.__file__).parent)!r}); os.close(2)\nimport banner\n"
        "with banner.without_banner():\n    print('in')"
    )
    assert (done.returncode, done.stdout) == (0, "in\n")
