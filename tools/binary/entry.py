"""Where the binary starts: the command `milanio`, or one of the processes of its load tests."""

import sys

from signaling.loadtest import WORKER

if sys.argv[1:] == [WORKER]:
    from signaling.loadtest import worker

    worker.main()
    sys.exit()

from web.cli import main

sys.exit(main())
