"""Commands with which an experiment begins: init, schema."""

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
    )
)
def init(
    data: DataPath,
    target: Annotated[str, typer.Option(metavar="COL", help="Column to predict.")],
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="For a ranking by the target: column whose groups are ranked."),
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
    """Write a YAML file for tabemb run: the columns of a table, how they were read, and what each setting means."""
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
    settings = {"data": {key: each for key, each in source.items() if each is not None}}
    starter = make_starter(make_config(settings if group is None else settings | {"task": "ranking"}))
    text = starter.text(path)
    with replacing_file(path) as draft:
        draft.write_text(text, encoding="utf-8")
    if not quiet:
        show_readings(starter.problem)
        put(f"Wrote {path}. Look at its columns, then: tabemb run {path}")


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
