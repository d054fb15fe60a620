"""``python -m tabemb.cli`` is the command ``tabemb``."""

import sys

from tabemb.cli import main

sys.exit(main())
