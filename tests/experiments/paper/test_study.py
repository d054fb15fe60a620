"""What every study must do."""

import inspect

import pytest

from tabemb.experiments.paper import STUDIES, Study


@pytest.mark.parametrize("name", sorted(STUDIES))
def test_a_study_runs_on_what_every_study_is_given(name):
    assert issubclass(STUDIES[name], Study)
    assert inspect.signature(STUDIES[name].run).parameters.keys() == inspect.signature(Study.run).parameters.keys()


def test_a_study_must_say_what_it_does(sales):
    with pytest.raises(TypeError, match="a study defines run"):
        Study().run(sales, categorical=[], seed=0)
