"""The command line: parse, call one function, print.

Heavy imports stand inside the commands, so that ``tabemb --help`` answers at once.
"""

# The commands register themselves, in the order in which the help lists them.
from tabemb.cli import learning, vectors  # noqa: F401
from tabemb.cli.app import app, main

__all__ = ["app", "main"]
