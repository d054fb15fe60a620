"""Registries of classes by name."""

import re

import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.registry import Registry


class Circle:
    def __init__(self, radius=1.0):
        self.radius = radius


class Square:
    pass


@pytest.fixture
def shapes():
    registry = Registry("shape")
    registry.register("circle")(Circle)
    registry.register("square")(Square)
    return registry


def test_it_is_a_mapping_in_order_of_registration(shapes):
    assert list(shapes) == ["circle", "square"]
    assert len(shapes) == 2
    assert "circle" in shapes
    assert "cube" not in shapes
    assert shapes["circle"] is Circle
    assert dict(shapes) == {"circle": Circle, "square": Square}


def test_register_returns_the_class(shapes):
    assert shapes.register("ring")(Circle) is Circle


def test_names_mappings_and_instances_are_resolved(shapes):
    given = Circle(3)
    assert shapes.resolve("circle").radius == 1.0
    spec = {"name": "circle", "radius": 2.0}
    assert shapes.resolve(spec).radius == 2.0
    assert spec == {"name": "circle", "radius": 2.0}
    assert shapes.resolve(given) is given


def test_name_of_an_instance_and_of_a_class(shapes):
    assert shapes.name_of(Circle()) == "circle"
    assert shapes.name_of(Square) == "square"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("circel", "No shape named 'circel'. Known: circle, square. Did you mean 'circle'?"),
        ("zzz", "No shape named 'zzz'. Known: circle, square."),
        ({"name": "circel"}, "No shape named 'circel'. Known: circle, square. Did you mean 'circle'?"),
        (
            {"radius": 2},
            "A shape given as a mapping must have a 'name'; got the keys ['radius']. Known names: circle, square.",
        ),
        (
            {"name": "circle", "radus": 2},
            "The shape 'circle' does not take these parameters: 'radus'. It takes: radius. Did you mean 'radius'?",
        ),
        (7, "A shape is given as a name, a mapping with a 'name', or an instance; got 7. Known names: circle, square."),
        (None, "got None."),
    ],
)
def test_unregistered_names_are_refused(shapes, spec, message):
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        shapes.resolve(spec)


def test_a_class_that_is_not_registered_has_no_name(shapes):
    with pytest.raises(UnknownNameError, match=re.escape("int is not a registered shape. Known: circle, square.")):
        shapes.name_of(7)


def test_a_name_is_registered_once(shapes):
    with pytest.raises(ValueError, match="A shape named 'circle' is already registered"):
        shapes.register("circle")(Square)


def test_a_part_that_takes_any_parameters_is_given_them():
    registry = Registry("part")

    @registry.register("open")
    class Open:
        def __init__(self, width=1, **others):
            self.given = (width, others)

    assert registry.resolve({"name": "open", "width": 2, "anything": 3}).given == (2, {"anything": 3})
