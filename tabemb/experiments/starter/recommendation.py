"""The first YAML file of an experiment that recommends items to users."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_checks import check_config
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.data import load_problem, load_table
from tabemb.experiments.recommendation import split_interactions
from tabemb.experiments.starter.sections import LAST_LINES, column_lines, comment, file_options, first_lines, how_read
from tabemb.experiments.starter.spare_columns import find_spare_columns
from tabemb.experiments.starter.starter import Starter
from tabemb.recommend.interactions import numbers_of
from tabemb.recommend.methods import METHODS
from tabemb.table.frames import read_frame
from tabemb.table.schema import ColumnReading

__all__ = ["RecommendationStarter"]

TEMPLATE = """\
{first_lines}
# The table, with a row for each interaction. Rows without a user or an item are left out.{notes}
data:
{file_options}
  # Columns that describe users or items, to be read as numbers.
  numeric: {numeric}
  # Texts that mean a missing cell, besides empty cells: [NA, "?"]
  na: {na}
  # For a first try on a large table: a random sample of this many rows.
  # rows: 100000

# Who has interacted with what, such as seen, bought or rated. Columns that are not named here are not used.
recommend:
  # The column of the users' keys. In a list, further columns describe a user, so that new users are known by them:
  # {user_example}
{user}
  # The column of the items' keys. In a list, further columns describe an item, such as one that nobody has chosen yet:
  # {item_example}
{item}
  # Readable names of the items, for the report and for tables: a column with one value for each item.
  # title: {title}
{time}  # How much an interaction counts: a column of positive numbers.
  # weight: {number}
{method}  # How the best items are found: exact, or hnsw (extra index) for 100,000 items and more.
  search: exact
  # Which interactions are held out, to be found among all items: last, of each user; time, the last of all;
  # leave_last_out, one of each user; random, of each user; users, of users who are new. The first three need time.
  split: {{how: {how}, share: {share}}}
  # Numbers of recommendations that are scored.
  k: {k}
  # Whether the recommender that is saved is fitted to all interactions, also to those held out.
  refit: true

{last_lines}"""

TIME = """\
  # The column of times, numbers or dates: the last interactions are held out, and recent ones may count more.{note}
  time: {time}
"""

NO_TIME = """\
  # The column of times, numbers or dates. With it and split: {{how: last}}, the last interactions are held out, as in
  # use, instead of random ones, and recent ones may count more.{note}
  # time: {time}
"""

HALF_LIFE = """\
  # After this many later interactions of a user, one counts half. auto finds it out; null: all count the same.
  half_life: auto
"""

NOT_RATED = """\
  # How vectors are learned: linear_autoencoder, in closed form; two_towers, by training a network; mf, from ratings,
  # which it predicts, with rating: {number}
  method: {method}
"""

RATED = """\
  # The column of ratings, which method mf predicts.
  rating: {rating}
  # How vectors are learned: mf, from ratings. linear_autoencoder and two_towers learn from who has rated what, without
  # rating, and are better at finding the items that a user chooses.
  method: {method}
"""

# What stands in a comment for a column that the table does not have.
NO_COLUMN = "COLUMN"
# Columns that a comment or a hint names at most.
MOST_NAMED = 5


class RecommendationStarter(Starter):
    """Writes the first YAML file of an experiment that recommends items to users.

    If no column of times is named, and there is one that clearly holds times, it is used, and a hint says so.
    """

    def __init__(self, config: ExperimentConfig) -> None:
        loaded, section = load_table(config), config.recommend
        # Columns that are not in the table are an error.
        problem = load_problem(config, loaded)
        keys = {"user": section.user_key, "item": section.item_key}
        self.spare = find_spare_columns(loaded.table, **keys, named=section.columns())
        self.found_time = section.time is None and len(self.spare.times) == 1
        if self.found_time:
            changed = section.model_copy(update={"time": self.spare.times[0]})
            config = config.model_copy(update={"recommend": changed})
            problem = load_problem(config, loaded)
        self.config, self.problem = config, problem
        self.hints = tuple(self._hints())

    def _hints(self) -> Iterator[str]:
        """Yield what was found out about times, about columns that describe users or items, and about the method."""
        section, perhaps = self.config.recommend, (*self.spare.times, *self.spare.perhaps_times)
        if self.found_time:
            yield (
                f"The column {section.time} holds times: the last interactions of each user are held out. To use "
                "another one: --time COL."
            )
        elif section.time is None and perhaps:
            yield (
                f"No column of times is used. These may hold times: {_listed(perhaps)}. Name one by --time, and the "
                "last interactions of each user are held out instead of random ones."
            )
        for side, others in (("user", self.spare.user), ("item", self.spare.item)):
            # A name with a comma cannot stand in an option.
            named, more = section.sides(side), [each for each in others if "," not in each][:MOST_NAMED]
            if len(named) == 1 and more:
                yield f"To describe each {side} by other columns: --{side} {shlex.quote(','.join([*named, *more]))}"
        if section.rating is not None:
            yield "Ratings are predicted. To find the items that a user chooses, the method without --rating is better."

    def lines(self, path: Path) -> str:
        """Return the YAML."""
        config, problem, spare, section = self.config, self.problem, self.spare, self.config.recommend
        check_config(config)
        split_interactions(config, problem.X)
        if section.rating is not None:
            numbers_of(read_frame(problem.X), section.rating, "ratings")
        readings = {each.name: each for each in problem.readings}
        return TEMPLATE.format(
            first_lines=first_lines("Recommendations", problem, path, "Which items will these users choose next?"),
            notes="".join(f"\n# ! {comment(note)}" for note in problem.notes),
            file_options=file_options(config, path),
            numeric=inline_yaml(config.data.numeric),
            na=inline_yaml(config.data.na),
            user_example=_example(section.sides("user"), spare.user),
            item_example=_example(section.sides("item"), spare.item),
            user=_setting("user", section.sides("user"), readings),
            item=_setting("item", section.sides("item"), readings),
            title=_first(spare.titles),
            time=self._time(readings),
            number=_first(spare.numbers),
            method=self._method(readings),
            how=section.how,
            share=section.split.share,
            k=inline_yaml(section.k),
            last_lines=LAST_LINES,
        )

    def _time(self, readings: Mapping[str, ColumnReading]) -> str:
        """Return the settings of times, or a comment on them."""
        section, perhaps = self.config.recommend, (*self.spare.times, *self.spare.perhaps_times)
        if section.time is None:
            note = f"\n  # These may hold times: {comment(_listed(perhaps))}" if len(perhaps) > 1 else ""
            return NO_TIME.format(time=_first(perhaps), note=note)
        note = "\n  # Found by tabemb init. Without it: split: {how: random}" if self.found_time else ""
        lines = TIME.format(time=_named(section.time, readings), note=note)
        return lines + HALF_LIFE if section.rating is None else lines

    def _method(self, readings: Mapping[str, ColumnReading]) -> str:
        """Return the setting of the method, and of the ratings that it predicts."""
        section = self.config.recommend
        name = METHODS.name_of(METHODS.resolve(section.method))
        if section.rating is None:
            return NOT_RATED.format(method=name, number=_first(self.spare.numbers))
        return RATED.format(method=name, rating=_named(section.rating, readings))


def _setting(key: str, columns: Sequence[str], readings: Mapping[str, ColumnReading]) -> str:
    """Return the setting of a side: the column of its keys, or a list of columns."""
    if len(columns) == 1:
        return f"  {key}: {_named(columns[0], readings)}"
    return "\n".join([f"  {key}:", *(column_lines(_kept(readings[name])) for name in columns)])


def _named(column: str, readings: Mapping[str, ColumnReading]) -> str:
    return f"{inline_yaml(column)}  # {how_read(_kept(readings[column]))}"


def _kept(reading: ColumnReading) -> ColumnReading:
    """Return a reading in which a column with one value, which says nothing yet, is not called unused."""
    return replace(reading, kind="one value") if reading.kind == "dropped" else reading


def _example(columns: Sequence[str], others: Sequence[str]) -> str:
    """Return a list of columns as an example: those of a side, and those that may describe it, too."""
    more = list(others[:MOST_NAMED]) or ([NO_COLUMN] if len(columns) == 1 else [])
    return comment(inline_yaml([*columns, *more]))


def _first(columns: Sequence[str]) -> str:
    return comment(inline_yaml(columns[0])) if columns else NO_COLUMN


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns[:MOST_NAMED]) + (", ..." if len(columns) > MOST_NAMED else "")
