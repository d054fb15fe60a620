"""The command that recommends items to users: recommend."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tabemb.cli.app import RunPath, app, examples, put

if TYPE_CHECKING:
    from tabemb.experiments.runs.folder import RunFolder

__all__ = ["recommend"]

DEFAULT_K = 10


@app.command(
    epilog=examples(
        "tabemb recommend runs/movies --user 42 --explain",
        "tabemb recommend runs/movies --user 42 --user 7 --k 20 --output best.csv",
        'tabemb recommend runs/movies --similar-to "Toy Story"',
    )
)
def recommend(
    run: RunPath,
    user: Annotated[
        list[str] | None, typer.Option("--user", metavar="KEY", help="User to recommend items to; can be repeated.")
    ] = None,
    similar_to: Annotated[
        str | None,
        typer.Option("--similar-to", metavar="ITEM", help="Item, by key or name, to find others near it."),
    ] = None,
    k: Annotated[int | None, typer.Option("--k", min=1, help="Number of items (default: 10).")] = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Recommend items that a user has seen, too.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the seen items that speak most for each.")] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .csv or .parquet file (default: a table on the screen).")
    ] = None,
) -> None:
    """Show the best items of users, or the items near an item; this loads no TensorFlow.

    RUN is the run of an experiment with the section recommend.
    """
    from tabemb.experiments.runs.folder import open_run
    from tabemb.experiments.runs.recommendations import recommend_to_users, similar_items
    from tabemb.experiments.tables import check_writable, write_table

    if bool(user) == (similar_to is not None):
        raise typer.BadParameter("give either users, or one item.", param_hint="--user / --similar-to")
    if similar_to is not None and (include_seen or explain):
        raise typer.BadParameter("it is about users.", param_hint="--explain" if explain else "--include-seen")
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

    users: list[Any] = []
    if similar_to is None:
        vectors = recommender.user_vectors_
        users = list(dict.fromkeys(key_from_text(each, vectors) for each in user or ()))
        found = recommend_to_users(finished, users, k, include_seen=include_seen, explain=explain)
    else:
        found = similar_items(finished, _item_from_text(similar_to, finished), k)
    if output is not None:
        write_table(found, output)
        put(f"{output}: {len(found):,} rows")
    elif users:
        put(user_tables(found, found.columns[0], users))
    else:
        put(items_table(found))


def _item_from_text(text: str, run: "RunFolder") -> Any:
    """Return the item with a key, or else with a readable name.

    Raises
    ------
    UnknownKeyError
        If there is none, or several have the name; the message suggests similar ones.
    """
    from tabemb.cli.keys import key_from_text
    from tabemb.exceptions import UnknownKeyError, did_you_mean

    vectors = run.recommender().item_vectors_
    names = run.names(str(vectors.name))
    try:
        return key_from_text(text, vectors)
    except UnknownKeyError:
        if not names:
            raise
        named = [key for key, name in names.items() if name.casefold() == text.strip().casefold()]
        if len(named) == 1:
            return named[0]
        if named:
            keys = ", ".join(map(str, named))
            raise UnknownKeyError(f"{len(named)} items have the name {text!r}. Give one by its key: {keys}.") from None
        near = did_you_mean(text, [*map(str, vectors.index_to_key), *names.values()])
        raise UnknownKeyError(f"No item has the key or the name {text!r}.{near}") from None
