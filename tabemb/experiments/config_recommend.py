"""The section of an experiment on recommendation."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tabemb.experiments.config_section import MultiValuedSetting, Section, Spec, tuples

__all__ = ["RecommendSection", "RecommendSplit"]

Columns = str | Annotated[list[str], Field(min_length=1)]
# Splits by time.
BY_TIME = ("last", "time", "leave_last_out")


class RecommendSplit(Section):
    """Which interactions are held out, to be found among all items."""

    how: Literal["last", "time", "leave_last_out", "random", "users"] | None = Field(
        None,
        description="last: the last interactions of each user; time: the last ones of all; leave_last_out: one of each "
        "user; random: random ones of each user; users: those of some users, who are new to the model. By default "
        "last with recommend.time, else random.",
    )
    share: float = Field(0.2, gt=0, lt=1, description="Fraction of the interactions held out; for users, of the users.")

    @model_validator(mode="after")
    def _share_is_used(self) -> "RecommendSplit":
        if self.how == "leave_last_out" and "share" in self.model_fields_set:
            raise ValueError("takes no share with leave_last_out, which holds out one interaction of each user")
        return self


class RecommendSection(Section):
    """Parameters of TwoTowerRecommender, and how it is evaluated."""

    user: Columns = Field(description="Column of the users' keys, or a list that begins with it: [user, age].")
    item: Columns = Field(description="Column of the items' keys, or a list that begins with it: [film, genres].")
    method: Spec = Field(
        "linear_autoencoder",
        description="How vectors are learned, by name or as a mapping: linear_autoencoder, two_towers, or mf, which "
        "predicts ratings.",
    )
    rating: str | None = Field(None, description="Column of ratings, for methods that predict them.")
    weight: str | None = Field(None, description="Column of positive numbers: how much an interaction counts.")
    time: str | None = Field(None, description="Column of times, for the split and for what describes a user or item.")
    half_life: Annotated[float, Field(gt=0)] | Literal["auto"] | None = Field(
        "auto",
        description="Number of later interactions of a user after which one counts half; needs time. auto: what finds "
        "the last interactions best, with linear_autoencoder. null: all count the same.",
    )
    title: str | None = Field(None, description="Column of readable names of the items, for reports and tables.")
    multi_valued: MultiValuedSetting = Field("auto", description="As model.multi_valued, for columns beside the keys.")
    search: Spec = Field("exact", description="How the best items are found: exact, or hnsw (extra index).")
    split: RecommendSplit = Field(RecommendSplit(), description="Which interactions are held out.")
    k: list[Annotated[int, Field(ge=1, strict=True)]] = Field(
        [5, 10, 20], min_length=1, description="Numbers of recommendations that are evaluated."
    )
    refit: bool = Field(True, description="Whether the saved recommender is fitted to all interactions.")

    @model_validator(mode="after")
    def _columns_and_split_fit(self) -> "RecommendSection":
        named = [*self.sides("user"), *self.sides("item")]
        named += [each for each in (self.rating, self.weight, self.time) if each is not None]
        if twice := [name for name in named if named.count(name) > 1]:
            raise ValueError(
                f"names the column {twice[0]!r} twice; a column is one of user, item, rating, weight and time"
            )
        if self.split.how in BY_TIME and self.time is None:
            raise ValueError(f"needs time: the split {self.split.how!r} holds out the last interactions")
        if isinstance(self.half_life, float) and self.time is None:
            raise ValueError("needs time for half_life: recent interactions are to count more")
        if twice := [number for number in self.k if self.k.count(number) > 1]:
            raise ValueError(f"has {twice[0]} twice in k")
        return self

    @property
    def user_key(self) -> str:
        """The column of the users' keys."""
        return self.sides("user")[0]

    @property
    def item_key(self) -> str:
        """The column of the items' keys."""
        return self.sides("item")[0]

    @property
    def how(self) -> str:
        """How interactions are held out, also if the file does not say it."""
        return self.split.how or ("random" if self.time is None else "last")

    def sides(self, side: str) -> list[str]:
        """Return the columns of users, or of items, the key first."""
        given = getattr(self, side)
        return [given] if isinstance(given, str) else list(given)

    def columns(self) -> dict[str, str]:
        """Return the setting that names each column of the table that is used."""
        found = {name: side for side in ("user", "item") for name in self.sides(side)}
        for setting in ("rating", "weight", "time", "title"):
            if (name := getattr(self, setting)) is not None:
                found.setdefault(name, setting)
        return found

    def params(self) -> dict[str, Any]:
        """Return the settings in the file that are parameters of the recommender, as keyword arguments."""
        others = {"title", "split", "k", "refit"}
        found = {name: tuples(getattr(self, name)) for name in sorted(self.model_fields_set - others)}
        return found | {side: getattr(self, side) for side in ("user", "item")}
