"""The base class of the sections of an experiment, and what several sections share."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from tabemb.experiments.config_errors import checked_by
from tabemb.table.shared import check_shared

__all__ = ["MultiValuedSetting", "Section", "SharedSetting", "Spec", "one_source", "tuples"]

# A registered name, or a mapping with the name and parameters.
Spec = str | dict[str, Any]
MultiValuedSetting = Literal["auto"] | dict[str, str | dict[str, str] | None] | None
SharedSetting = Annotated[dict[str, list[str]], AfterValidator(checked_by(check_shared))] | None


class Section(BaseModel):
    """A section of the file. Unknown keys are errors; values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_sections_have_their_defaults(cls, values: Any) -> Any:
        return cls.with_sections(values)

    @classmethod
    def with_sections(cls, values: Any) -> Any:
        """Return settings in which a section without any, ``model:``, is an empty mapping, so that it has its defaults.

        Examples
        --------
        >>> class Outer(Section):
        ...     inner: Section = Section()
        ...     number: int = 3
        >>> Outer.with_sections({"inner": None, "number": None})
        {'inner': {}, 'number': None}
        """
        if not isinstance(values, Mapping):
            return values
        empty = [name for name, field in cls.model_fields.items() if values.get(name, 0) is None and _is_section(field)]
        return {**values, **{name: {} for name in empty}}


def _is_section(field: Any) -> bool:
    """Return whether a setting is a section, which may be absent, and nothing else."""
    kinds = [each for each in get_args(field.annotation) or (field.annotation,) if each is not type(None)]
    return len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], Section)


def one_source(section: Any) -> Any:
    """Return a section that names a table.

    Raises
    ------
    ValueError
        If it names none or two, or a setting needs another kind.
    """
    if (section.dataset is None) == (section.path is None):
        raise ValueError("needs either dataset (a registered name) or path (a file or a folder), not both")
    for name in ("sep", "encoding"):
        if section.path is None and getattr(section, name) is not None:
            raise ValueError(f"takes {name} only with path")
    return section


def tuples(value: Any) -> Any:
    """Return a value of a file as a parameter: lists become tuples.

    Examples
    --------
    >>> tuples({"name": "mlp", "hidden_units": [16, 8]})
    {'name': 'mlp', 'hidden_units': (16, 8)}
    """
    # YAML has lists; parameters such as hidden_units=(128, 64) are tuples.
    if isinstance(value, list):
        return tuple(tuples(each) for each in value)
    if isinstance(value, dict):
        return {key: tuples(each) for key, each in value.items()}
    return value
