"""Foundations shared by all packages: constants, errors, files, run folder, ledger. Imports none of the others."""

import os
import signal
import sys

if sys.version_info < (3, 10):  # noqa: UP036 (older ones would end in a traceback)
    print("Python 3.10 to 3.13 is needed, this is " + sys.version.split()[0], file=sys.stderr)
    sys.exit(2)

# Ctrl-C while one of our scripts is still importing ends it at once, without a traceback; run_script takes over then.
if os.path.dirname(os.path.realpath(sys.argv[0])) == os.path.dirname(os.path.dirname(os.path.realpath(__file__))):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
