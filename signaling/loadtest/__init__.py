"""Load tests: crowds of lean clients against a server, and the report on what they met.

`scenario` says what is to happen, `stats` what was counted; `crowd` lets clients do it in one process, `controller`
spreads them over processes and machines, and `report` makes one answer of it all.
"""

import sfu  # noqa: F401 (it chooses the form of compiled modules, of which this package has some)

WORKER = "loadtest-process"
"""The word by which a packed Milanio is one of the processes: it is its own interpreter, which takes no `-m`."""
