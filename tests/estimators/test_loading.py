"""What is saved is loaded by its class; Keras is imported only for networks."""

import json
import subprocess
import sys
from importlib import import_module

import pandas as pd
import pytest

import tabemb
from tabemb import EmbeddingPretrainer, TwoTowerRecommender
from tabemb.estimators.loading import CLASSES
from tabemb.exceptions import FormatError
from tabemb.inference.saved import read_saved, write_saved

SEEN = pd.DataFrame({"user": list("aaabbbcccd"), "film": list("xyzxyzxyvx"), "genre": list("ppqppqppqp")})

IN_A_NEW_PROCESS = """
import json, sys
import tabemb
path = sys.argv[1]
try:
    found = type(tabemb.load(path)).__name__
except tabemb.TabembError as error:
    found = str(error)
print(json.dumps([found, sorted({"keras", "tensorflow"} & set(sys.modules))]))
"""


def loaded_in_a_new_process(path):
    """Return the class that was loaded, or the message of the error, and which of the two libraries were imported."""
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_recommender_is_loaded_without_keras(tmp_path):
    model = TwoTowerRecommender("user", ["film", "genre"], random_state=0).fit(SEEN)
    model.save(tmp_path / "saved")
    assert loaded_in_a_new_process(tmp_path / "saved") == ["TwoTowerRecommender", []]
    again = tabemb.load(tmp_path / "saved")
    pd.testing.assert_frame_equal(again.recommend(["a", "d"], k=1), model.recommend(["a", "d"], k=1))


def test_nothing_is_imported_for_what_cannot_be_loaded(tmp_path):
    path = tmp_path / "none"
    assert loaded_in_a_new_process(path) == [f"There is no saved estimator at {path}: expected a directory.", []]


def test_an_estimator_is_loaded_by_its_class(tmp_path):
    table = pd.DataFrame({"film": list("xyz") * 20, "genre": list("ppq") * 20})
    model = EmbeddingPretrainer(random_state=0).fit(table)
    model.save(tmp_path / "saved")
    again = tabemb.load(tmp_path / "saved")
    assert type(again) is EmbeddingPretrainer
    assert (again.transform(table) == model.transform(table)).all()


@pytest.mark.parametrize("name", [None, 3, "os.system", "embeddingclassifier"])
def test_another_class_is_refused(name, tmp_path):
    TwoTowerRecommender("user", "film", random_state=0).fit(SEEN).save(tmp_path / "saved")
    state, groups = read_saved(tmp_path / "saved")
    (tmp_path / "other").mkdir()
    write_saved(tmp_path / "other", {**state, "class": name}, groups)
    with pytest.raises(FormatError, match=rf"names an unknown class: {name!r}\. Known: EmbeddingClassifier, "):
        tabemb.load(tmp_path / "other")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_each_class_and_its_reader_are_there(name):
    home, reader, function = CLASSES[name]
    assert getattr(import_module(home), name) is getattr(tabemb, name)
    assert callable(getattr(import_module(reader), function))
