"""`python -m web.cli`, as `milanio`."""

import sys

from web.cli.command import main

sys.exit(main())
