"""Commands with which an experiment begins: init, schema."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tabemb.cli.app import DataPath, Encoding, Na, Quiet, Separator, app, examples, names_of, put
from tabemb.cli.read import show_readings

__all__ = ["init", "schema"]


@app.command(
    epilog=examples(
        "tabemb init flights.csv --target late",
        "tabemb init sales.csv --target price --drop id --na NA,? --output experiments/sales.yaml",
        "tabemb init results.csv --target relevance --group query",
        "tabemb init ratings.csv --user userId --item movieId,genres,year --time timestamp",
    )
)
def init(
    data: DataPath,
    target: Annotated[str | None, typer.Option(metavar="COL", help="Column to predict.")] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COL", help="For a ranking by the target: column whose groups are ranked.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            metavar="COL,...", help="To recommend: column of the users' keys, and columns that describe a user."
        ),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(
            metavar="COL,...", help="To recommend: column of the items' keys, and columns that describe an item."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(metavar="COL", help="To recommend: column of times (default: the one that clearly holds times)."),
    ] = None,
    rating: Annotated[
        str | None, typer.Option(metavar="COL", help="To recommend: column of ratings, which are predicted.")
    ] = None,
    drop: Annotated[str, typer.Option(metavar="A,B", help="Columns to leave out.")] = "",
    categorical: Annotated[str, typer.Option(metavar="A,B", help="Numeric columns that hold categories.")] = "",
    numeric: Annotated[str, typer.Option(metavar="A,B", help="Columns to read as numbers.")] = "",
    na: Na = "",
    sep: Separator = None,
    encoding: Encoding = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML file to write (default: the name of DATA, here).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a YAML file for tabemb run: the columns of a table, how they were read, and what each setting means.

    --target predicts a column; with --group, it ranks the rows of groups.

    --user and --item recommend items to users.
    """
    _check_kind(
        {"--target": target, "--group": group, "--drop": drop or None, "--categorical": categorical or None},
        {"--user": user, "--item": item, "--time": time, "--rating": rating},
    )
    from tabemb.exceptions import OutputError
    from tabemb.experiments.config import make_config
    from tabemb.experiments.starter.kinds import make_starter
    from tabemb.experiments.starter.sections import starter_name
    from tabemb.experiments.tables import check_place
    from tabemb.files import replacing_file

    path = Path(f"{starter_name(data)}.yaml") if output is None else output
    check_place(path)
    if path.exists() and not force:
        raise OutputError(f"The file {path} already exists. Replace it with --force, or choose another with --output.")
    source: dict[str, Any] = {"path": str(data), "target": target, "group": group, "sep": sep, "encoding": encoding}
    lists = {"categorical": categorical, "numeric": numeric, "drop": drop, "na": na}
    source |= {key: names_of(each) for key, each in lists.items()}
    settings: dict[str, Any] = {"data": {key: each for key, each in source.items() if each is not None}}
    if group is not None:
        settings["task"] = "ranking"
    if user is not None and item is not None:
        settings["recommend"] = _interactions(user, item, time, rating)
    starter = make_starter(make_config(settings))
    text = starter.text(path)
    with replacing_file(path) as draft:
        draft.write_text(text, encoding="utf-8")
    if not quiet:
        show_readings(starter.problem)
        for hint in starter.hints:
            put(hint)
        put(f"Wrote {path}. Look at its columns, then: tabemb run {shlex.quote(str(path))}")


def _check_kind(predicts: dict[str, str | None], recommends: dict[str, str | None]) -> None:
    """Raise an error unless the options are those of one kind of experiment, and none is missing."""
    ours, others = ([name for name, value in each.items() if value is not None] for each in (predicts, recommends))
    if not others:
        if predicts["--target"] is None:
            what = "which --group ranks by" if ours == ["--group"] else "or recommend by --user and --item"
            raise typer.BadParameter(f"name the column to predict, {what}.", param_hint="--target")
        return
    if predicts["--target"] is not None:
        raise typer.BadParameter(
            f"an experiment predicts a target or recommends items, not both; {others[0]} is for recommendations. Give "
            "--target, or --user and --item.",
            param_hint=f"--target and {others[0]}",
        )
    for name, wanted in (("--user", "users"), ("--item", "items")):
        if not names_of(recommends[name] or ""):
            raise typer.BadParameter(
                f"name the column of {wanted} too; recommendations need --user and --item.", param_hint=name
            )
    if ours:
        raise typer.BadParameter(
            "it is for predictions; recommendations use the columns of --user, --item, --time and --rating only.",
            param_hint=ours[0],
        )


def _interactions(user: str, item: str, time: str | None, rating: str | None) -> dict[str, Any]:
    """Return the settings of a recommendation."""
    sides = {"user": names_of(user), "item": names_of(item)}
    found: dict[str, Any] = {side: names[0] if len(names) == 1 else names for side, names in sides.items()}
    found |= {key: column for key, column in (("time", time), ("rating", rating)) if column is not None}
    # The method that predicts ratings.
    return found if rating is None else found | {"method": "mf"}


@app.command(epilog=examples("tabemb schema", "tabemb schema --output schema.json"))
def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write (default: standard output).")
    ] = None,
) -> None:
    """Print the JSON schema of experiments: all settings of a YAML file, their defaults and descriptions.

    Editors that know it complete and check a YAML file with this first line:
    # yaml-language-server: $schema=schema.json
    """
    from tabemb.experiments.config import json_schema
    from tabemb.experiments.tables import check_place
    from tabemb.files import replacing_file

    if output is None:
        sys.stdout.write(json_schema())
        return
    check_place(output)
    with replacing_file(output) as draft:
        draft.write_text(json_schema(), encoding="utf-8")
