"""How a layer's plain form is said."""

import keras
import pytest

from tabemb.nn.plain.forms import FORMS, NoPlainFormError, covered, plain_form


def test_a_form_is_registered_for_each_class_and_for_no_subclass(monkeypatch):
    class One(keras.layers.Layer):
        pass

    class Two(keras.layers.Layer):
        pass

    class Below(One):
        pass

    # Taken away again in the end.
    for each in (One, Two):
        monkeypatch.setitem(FORMS, each, None)

    @plain_form(One, Two)
    def nothing(layer):
        return []

    assert FORMS[One] is FORMS[Two] is nothing
    assert Below not in FORMS


def test_an_option_that_is_not_covered_names_the_layer():
    layer = keras.layers.Identity(name="odd")
    covered(layer, True)
    with pytest.raises(NoPlainFormError, match="the layer 'odd' has an option that is not covered"):
        covered(layer, False)
