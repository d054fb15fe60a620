"""The section of an experiment on learning without a target."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from tabemb.experiments.config_section import (
    MultiValuedSetting,
    Section,
    SharedSetting,
    Spec,
    one_source,
    tuples,
)
from tabemb.experiments.data_texts import check_encoding, check_separator

__all__ = ["PretrainSection", "PretrainTable"]


class PretrainTable(Section):
    """Another table whose rows the vectors are learned from, without its target."""

    dataset: str | None = Field(None, description="Name of a registered data set, such as nycflights13.")
    path: str | None = Field(None, description="File or folder with the columns of data; as data.path.")
    sep: Annotated[str, AfterValidator(check_separator)] | None = Field(None, description="As data.sep.")
    encoding: Annotated[str, AfterValidator(check_encoding)] | None = Field(None, description="As data.encoding.")
    rows: int | None = Field(None, ge=2, description="Use a random sample of this many rows, drawn with the seed.")

    @model_validator(mode="after")
    def _one_source(self) -> "PretrainTable":
        return one_source(self)


class PretrainSection(Section):
    """Parameters of EmbeddingPretrainer, which learns vectors without a target; and the rows that it sees."""

    objective: Spec = Field(
        "cooccurrence",
        description="What the vectors are learned from, by name or as a mapping: cooccurrence, skip_gram, masked, "
        "corrupted, contrastive.",
    )
    rows: Literal["train", "all"] = Field(
        "train",
        description="Rows of data that the vectors are learned from: train, those of each fold and rows without a "
        "target; all, the test rows too (their features, not their target).",
    )
    data: (
        Annotated[
            Annotated[str, Tag("file")] | Annotated[PretrainTable, Tag("table")],
            Discriminator(lambda value: "table" if isinstance(value, dict | PretrainTable) else "file"),
        ]
        | None
    ) = Field(
        None,
        description="Another table that is learned from too: a path, {path: ...} or {dataset: ...}. Its target is not "
        "read, but it may contain the test rows.",
    )
    embedding_dim: int | str | dict[str, Any] = Field("capped", description="As model.embedding_dim, without auto.")
    numeric: Spec = Field("standardized", description="As model.numeric, for an objective that trains a network.")
    min_frequency: int | float | None = Field(None, gt=0, description="As model.min_frequency.")
    max_categories: int | None = Field(None, ge=1, description="As model.max_categories.")
    multi_valued: MultiValuedSetting = Field("auto", description="As model.multi_valued, which is the default.")
    shared: SharedSetting = Field(None, description="As model.shared, which is the default.")
    vocabulary: str | dict[str, Any] | None = Field(None, description="As model.vocabulary, which is the default.")
    handle_unknown: Spec = Field(
        "mean", description="Vector of categories not in the rows: mean, zero, nearest, error."
    )

    def params(self) -> dict[str, Any]:
        """Return the settings in the file that are parameters of the pretrainer, as keyword arguments."""
        return {name: tuples(getattr(self, name)) for name in sorted(self.model_fields_set - {"rows", "data"})}

    def table(self) -> PretrainTable | None:
        """Return the other table."""
        return PretrainTable(path=self.data) if isinstance(self.data, str) else self.data
