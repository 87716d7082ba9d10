"""Foundations shared by all packages: constants, errors, files, run folder, ledger. Imports none of the others."""

import signal
import sys
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 (older ones would end in a traceback)
    print("Python 3.10 to 3.13 is needed, this is " + sys.version.split()[0], file=sys.stderr)
    sys.exit(2)

# Ctrl-C while one of our scripts is still importing ends it at once, without a traceback; run_script takes over then.
if Path(sys.argv[0]).resolve().parent == Path(__file__).resolve().parent.parent:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
