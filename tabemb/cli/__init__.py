"""The command line: each command parses its arguments, calls one function and prints the result.

Heavy modules are imported inside the commands, so that ``tabemb --help`` is fast.
"""

# Importing a module registers its commands; --help lists them in this order.
from tabemb.cli import starting, learning, recommending, vectors  # noqa: F401, I001
from tabemb.cli.app import app, main

__all__ = ["app", "main"]
