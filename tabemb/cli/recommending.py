"""The command that recommends items to users: recommend."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tabemb.cli.app import Encoding, RunPath, Separator, app, examples, put

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.experiments.runs.folder import RunFolder

__all__ = ["recommend"]

DEFAULT_K = 10


@app.command(
    epilog=examples(
        "tabemb recommend runs/movies --user 42 --explain",
        "tabemb recommend runs/movies --user 42 --user 7 --k 20 --output best.csv",
        "tabemb recommend runs/movies --column age=young --column occupation=writer",
        "tabemb recommend runs/movies --users new_users.csv --output best.csv",
        "tabemb recommend runs/movies --interactions just_seen.csv",
        'tabemb recommend runs/movies --similar-to "Toy Story"',
    )
)
def recommend(
    run: RunPath,
    user: Annotated[
        list[str] | None, typer.Option("--user", metavar="KEY", help="User to recommend items to; can be repeated.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COL=VALUE", help="What is known of one new user; can be repeated."),
    ] = None,
    users: Annotated[
        Path | None, typer.Option("--users", metavar="FILE", help="Table of users: their keys and other columns.")
    ] = None,
    interactions: Annotated[
        Path | None,
        typer.Option(
            "--interactions", metavar="FILE", help="Table of what users, also new ones, have interacted with."
        ),
    ] = None,
    similar_to: Annotated[
        str | None,
        typer.Option("--similar-to", metavar="ITEM", help="Item, by key or name, to find others near it."),
    ] = None,
    k: Annotated[int | None, typer.Option("--k", min=1, help="Number of items (default: 10).")] = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Recommend items that a user has seen, too.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the seen items that speak most for each; with --user.")
    ] = False,
    sep: Separator = None,
    encoding: Encoding = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .csv or .parquet file (default: a table on the screen).")
    ] = None,
) -> None:
    """Show the best items of users, or the items near an item; this loads no TensorFlow.

    RUN is the run of an experiment with the section recommend. Users who are not in it are known by columns, or by
    interactions.
    """
    from tabemb.cli.column_options import pairs_of
    from tabemb.experiments.runs.folder import open_run
    from tabemb.experiments.runs.recommendations import recommend_to_users, similar_items
    from tabemb.experiments.tables import check_readable, check_writable, write_table

    _check_options(
        {"--user": user, "--column": column, "--users": users, "--similar-to": similar_to},
        {"--interactions": interactions, "--include-seen": include_seen, "--explain": explain},
    )
    cells = pairs_of("--column", column or (), "age=young")
    for path in filter(None, (users, interactions)):
        check_readable(path, sep=sep, encoding=encoding)
    if output is not None:
        check_writable(output)
    finished = open_run(run)
    recommender = finished.recommender()
    if k is None:
        k = min(DEFAULT_K, recommender.n_items_)
    elif k > recommender.n_items_:
        raise typer.BadParameter(f"{k:,} is more than the {recommender.n_items_:,} items of the run.", param_hint="--k")
    from tabemb.cli.keys import key_from_text
    from tabemb.cli.recommend_screen import items_table, user_tables
    from tabemb.experiments.runs.new_users import read_interactions, read_users, user_of_columns

    asked: Any = None
    if similar_to is not None:
        found = similar_items(
            finished,
            key_from_text(similar_to, recommender.item_vectors_, finished.names(str(recommender.item_vectors_.name))),
            k,
        )
    else:
        theirs = None
        if interactions is not None:
            theirs = read_interactions(finished, interactions, sep=sep, encoding=encoding)
        if cells:
            asked = user_of_columns(finished, cells)
        elif users is not None:
            asked = read_users(finished, users, sep=sep, encoding=encoding)
        elif user:
            asked = list(dict.fromkeys(_user_from_text(each, finished, theirs) for each in user))
        found = recommend_to_users(finished, asked, k, include_seen=include_seen, explain=explain, interactions=theirs)
        key = found.columns[0]
        asked = asked if isinstance(asked, list) else (theirs if asked is None else asked)[key].drop_duplicates()
    if output is not None:
        write_table(found, output)
        put(f"{output}: {len(found):,} rows")
    elif similar_to is None:
        put(user_tables(found, found.columns[0], list(asked)))
    else:
        put(items_table(found))


def _check_options(who: dict[str, Any], others: dict[str, Any]) -> None:
    """Raise an error unless the options name users in one way, or one item."""
    given = [name for name, value in who.items() if value or (name == "--similar-to" and value is not None)]
    with_interactions = others["--interactions"] is not None
    if len(given) > 1:
        raise typer.BadParameter(f"give either of them, not both: {' and '.join(given)}.", param_hint=given[0])
    if not given and not with_interactions:
        raise typer.BadParameter(
            "give users by --user, --column, --users or --interactions, or one item by --similar-to.",
            param_hint="--user / --similar-to",
        )
    if given == ["--similar-to"]:
        for name, value in others.items():
            if value:
                raise typer.BadParameter("it is about users.", param_hint=name)
    if given == ["--column"] and with_interactions:
        raise typer.BadParameter(
            "a user with interactions is known by them; give either --column or --interactions.",
            param_hint="--interactions",
        )
    if others["--explain"] and (given != ["--user"] or with_interactions):
        raise typer.BadParameter("it is about users of the run, as named by --user.", param_hint="--explain")


def _user_from_text(text: str, run: "RunFolder", interactions: "pd.DataFrame | None") -> Any:
    """Return the user of the run with a key, or else of a table of interactions."""
    from tabemb.cli.keys import key_from_text
    from tabemb.exceptions import UnknownKeyError

    vectors = run.recommender().user_vectors_
    try:
        return key_from_text(text, vectors)
    except UnknownKeyError:
        keys = [] if interactions is None else interactions[vectors.name].drop_duplicates().tolist()
        named = [key for key in keys if str(key) == text]
        if not named:
            raise
        return named[0]
