"""Turn the errors of pydantic into one sentence that names the file, the line and the key."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tabemb.exceptions import TabembError, did_you_mean

__all__ = ["checked_by", "dotted", "explain", "line_of", "shown", "syntax_problem"]

Place = tuple[str | int, ...]

EXPECTED_TYPES = {
    "string_type": "text",
    "int_parsing": "an integer",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def checked_by(check: Callable[[Any], None]) -> Callable[[Any], Any]:
    """Return a validator that calls a check, which raises a ValueError whose message is a sentence.

    Examples
    --------
    >>> def positive(number):
    ...     if number <= 0:
    ...         raise ValueError(f"{number} is not positive.")
    >>> checked_by(positive)(3)
    3
    >>> checked_by(positive)(-3)
    Traceback (most recent call last):
    ValueError: cannot be used: -3 is not positive
    """

    def validator(value: Any) -> Any:
        try:
            check(value)
        except ValueError as error:
            raise ValueError(f"cannot be used: {str(error).rstrip('.')}") from None
        return value

    return validator


# Errors of a file that are shown at once.
MOST_TOLD = 10


def explain(path: Path | None, lines: Mapping[Place, int], errors: Iterable[Mapping[str, Any]], root: type) -> str:
    """Describe the errors of a file in the order of their lines; of settings from elsewhere, the first.

    Parameters
    ----------
    path : path or None
        The file; None if the settings are from elsewhere and have no lines.
    lines : mapping of tuple to int
        The line of each key and list item.
    errors : iterable of dict
        The result of ``pydantic.ValidationError.errors()``.
    root : class
        The pydantic model of the whole file.

    Returns
    -------
    str
        For example ``"x.yaml, line 7: model.bdy is not a known setting. Did you mean 'body'?"``.
    """
    problems: dict[Place, list[Mapping[str, Any]]] = {}
    for each in errors:
        # pydantic adds the branch of a union to the place, which is not a key of the file.
        place: Place = ()
        for part in each["loc"]:
            # A missing key, or one from a merge key (<<), has no line, but belongs to the place.
            named = each["type"] in ("missing", "extra_forbidden") and part == each["loc"][-1]
            in_file = (*place, part) in lines or named or (path is None and _is_key(part, place, root))
            place = (*place, part) if in_file else place
        problems.setdefault(place, []).append(each)
    places = sorted(problems, key=lambda place: line_of(lines, place))
    if path is None:
        return _sentence(places[0], problems[places[0]], root)
    told = [f"{path}, line {line_of(lines, each)}: {_sentence(each, problems[each], root)}" for each in places]
    if (n_more := len(told) - MOST_TOLD) > 0:
        told[MOST_TOLD:] = [f"({n_more} more in this file.)"]
    return "\n".join(told)


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a place, or of its innermost parent in the file.

    Examples
    --------
    >>> line_of({(): 1, ("model",): 5}, ("model", "body"))
    5
    """
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def dotted(place: Place) -> str:
    """Return a place in dotted notation.

    Examples
    --------
    >>> dotted(("baselines", 0, "name"))
    'baselines[0].name'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def shown(value: Any) -> str:
    """Return a value of a file for error messages, on one line of at most 80 characters.

    Examples
    --------
    >>> shown("ensemble"), shown([1, 2]), shown(None)
    ("'ensemble'", 'a list', 'nothing')
    """
    kinds = {list: "a list", tuple: "a list", dict: "a mapping", type(None): "nothing"}
    if type(value) in kinds:
        return kinds[type(value)]
    # Whole numbers of thousands of digits have no text.
    text = repr(value) if not isinstance(value, int) or value.bit_length() < 1024 else "a whole number of many digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _sentence(place: Place, errors: list[Mapping[str, Any]], root: type) -> str:
    key = dotted(place) or "the experiment"
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return f"{key} is not a known setting.{_near_setting(place, root)}"
    if first["type"] == "missing":
        field = _fields(place[:-1], root).get(place[-1])
        if field is None:
            return f"{key} is missing."
        return f"{key} is missing. {field.description or 'Every experiment needs it.'}"
    expected = [EXPECTED_TYPES[each["type"]] for each in errors if each["type"] in EXPECTED_TYPES]
    if expected:
        hint = " Put it in quotes." if expected == ["text"] and not isinstance(first["input"], dict | list) else ""
        if first["input"] is None:
            hint = " Give it a value, or remove the line."
        return f"{key} must be {' or '.join(dict.fromkeys(expected))}, got {shown(first['input'])}.{hint}"
    if first["type"] == "string_pattern_mismatch":
        return f"{key} may contain letters, digits, '.', '_' and '-', got {shown(first['input'])}."
    if isinstance(cause := first.get("ctx", {}).get("error"), TabembError):
        return f"{key}: {cause}"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"{key} {message}."
    return f"{key}: {message[0].lower()}{message[1:]}, got {shown(first['input'])}."


def _is_key(part: str | int, place: Place, root: type) -> bool:
    """Return whether a part of a place is a setting, a key of a mapping of any names, or the position in a list."""
    known = _fields(place, root)
    return not known or part in known


def _fields(place: Place, root: type) -> dict[str, Any]:
    """Return the settings of a section."""
    fields = root.model_fields
    for part in place:
        # A mapping of names, which has no settings of its own.
        section = _section(fields[part].annotation) if part in fields else None
        fields = {} if section is None else section.model_fields
    return fields


def _section(annotation: Any) -> Any:
    """Return the section in an annotation such as ``str | Section``, or None."""
    if hasattr(annotation, "model_fields"):
        return annotation
    inner = (_section(each) for each in getattr(annotation, "__args__", ()))
    return next((each for each in inner if each is not None), None)


def _near_setting(place: Place, root: type) -> str:
    *section, key = place
    known = _fields(tuple(section), root)
    homes: dict[str, str] = {}
    for home, field in root.model_fields.items():
        for name in getattr(_section(field.annotation), "model_fields", {}):
            homes.setdefault(name, f" It belongs under {home!r}.")
    if section:
        homes |= dict.fromkeys(root.model_fields, " It is a top-level setting: do not indent it.")
    if key in homes:
        return homes[str(key)]
    if near := did_you_mean(key, known):
        return near
    if key == "random_state":
        return " The random seed of an experiment is the top-level setting 'seed'."
    near = did_you_mean(key, homes)
    elsewhere = [name for name in homes if repr(name) in near]
    if len(elsewhere) == 1:
        return near + homes[elsewhere[0]]
    where = dotted(tuple(section)) if section else "an experiment"
    return f" Settings of {where}: {', '.join(known)}."


def syntax_problem(path: Path, error: Any) -> str:
    """Describe an error of the YAML parser in one sentence.

    Parameters
    ----------
    path : path
        The file.
    error : yaml.YAMLError
        The error; one that knows its place has a ``problem_mark``.
    """
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{path}: invalid YAML: {' '.join(str(error).split())}."
    problem = (error.problem or "cannot be parsed").replace("\\t", "a tab")
    return f"{path}, line {mark.line + 1}: invalid YAML: {problem}. Check indentation, colons and quotes."
