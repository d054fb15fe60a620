"""The text of a YAML file: its values, and the line of each. This is the only module that imports yaml."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from tabemb.exceptions import ConfigError
from tabemb.experiments.config_errors import dotted, shown, syntax_problem

__all__ = ["block_yaml", "inline_yaml", "parse_yaml"]

# Limits beyond any experiment: nesting, values (each alias counts as what it stands for), and bits of
# a whole number. Without them, a small file can take gigabytes or hours.
DEEPEST, MOST_VALUES, LONGEST_NUMBER = 40, 2**18, 2**10


def parse_yaml(path: Path, text: str) -> tuple[dict[tuple, int], Any]:
    r"""Return the line of each key and list item in a text of YAML, and the values.

    Parameters
    ----------
    path : Path
        The file, for error messages.
    text : str
        Its text.

    Raises
    ------
    ConfigError
        If the text is not YAML, has a key twice, or is too large. The message names the file and the line.

    Examples
    --------
    >>> parse_yaml(Path("late.yaml"), "data:\n  path: flights.csv")
    ({(): 1, ('data',): 1, ('data', 'path'): 2}, {'data': {'path': 'flights.csv'}})
    """
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        _check_size(path, tree)
        lines = {(): 1} | dict(_walk(tree, (), path, set()))
        return lines, None if tree is None else loader.construct_document(tree)
    except yaml.YAMLError as error:
        raise ConfigError(syntax_problem(path, error)) from error


def inline_yaml(value: Any) -> str:
    """Return a value as YAML in one line, such as for a file with comments.

    Examples
    --------
    >>> inline_yaml(["a", "yes", "b: c"]), inline_yaml("x")
    ("[a, 'yes', 'b: c']", 'x')
    """
    options: dict[str, Any] = {"default_flow_style": True, "width": math.inf, "allow_unicode": True}
    text = yaml.safe_dump(value, **options).removesuffix("...\n").strip()
    # Only texts in double quotes have escapes for line breaks.
    return text if len(text.splitlines()) <= 1 else yaml.safe_dump(value, default_style='"', **options).strip()


def block_yaml(values: Any) -> str:
    """Return values as YAML, a line for each setting.

    Examples
    --------
    >>> print(block_yaml({"name": "late", "data": {"path": "flights.csv"}}), end="")
    name: late
    data:
      path: flights.csv
    """
    text: str = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return text


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the line of every value that cannot be read, and a limit of nesting."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            problem = f"lists and mappings are nested more than {DEEPEST} deep"
            raise ComposerError(None, None, problem, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
                raise ValueError
        except yaml.YAMLError:
            raise
        except Exception as error:
            kind = str(node.tag).rpartition(":")[2]
            problem = f"{shown(node.value)} cannot be read as a value of type {kind}"
            raise ConstructorError(None, None, problem, node.start_mark) from error
        return value


def _check_size(path: Path, tree: Any) -> None:
    """Raise an error if values are too many or too deep once aliases are replaced by what they stand for."""
    found: dict[int, tuple[float, float]] = {}

    def size(node: Any) -> tuple[float, float]:
        """Return the number of values in a node, and how deep they are nested."""
        if id(node) not in found:
            # A node that contains itself has no end.
            found[id(node)] = math.inf, math.inf
            children = node.value if isinstance(node, yaml.CollectionNode) else []
            flat = itertools.chain(*children) if isinstance(node, yaml.MappingNode) else children
            sizes = [size(child) for child in flat]
            found[id(node)] = 1 + sum(values for values, _ in sizes), 1 + max((deep for _, deep in sizes), default=0)
        return found[id(node)]

    values, deep = (0.0, 0.0) if tree is None else size(tree)
    if values > MOST_VALUES or deep > DEEPEST:
        raise ConfigError(
            f"{path}: an experiment has at most {MOST_VALUES:,} values, nested at most {DEEPEST} deep, counting each "
            "alias (*) as what it stands for; this file has more, or an alias in its own value."
        )


def _walk(node: Any, place: tuple, path: Path, seen: set[int]) -> Iterator[tuple[tuple, int]]:
    """Yield the place and the line of each key and list item; raise for duplicate keys."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                kind = "a mapping" if isinstance(key, yaml.MappingNode) else "a list"
                raise ConfigError(f"{path}, line {line}: a key must be text, got {kind}.")
            if key.value in lines and key.value != "<<":
                raise ConfigError(
                    f"{path}, line {line}: {dotted((*place, key.value))} is a duplicate key; "
                    f"the first is in line {lines[key.value]}."
                )
            lines[key.value] = line
            yield (*place, key.value), line
            yield from _walk(value, (*place, key.value), path, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _walk(value, (*place, number), path, seen)
