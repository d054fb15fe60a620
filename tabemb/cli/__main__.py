"""Run the command line with ``python -m tabemb.cli``."""

import sys

from tabemb.cli import main

sys.exit(main())
