"""Run the command line with ``python -m tabemb``."""

import sys

from tabemb.cli import main

sys.exit(main())
