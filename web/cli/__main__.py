"""`python -m web.cli`, the same as `milanio`."""

import sys

from web.cli.command import main

sys.exit(main())
