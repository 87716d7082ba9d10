"""What every room stands on: constants, errors, files, run folder, ledger. Imports nothing from above."""

import signal
import sys
from pathlib import Path

# Ctrl-C while one of our scripts is still importing ends it at once, without a traceback; run_script takes over then.
if Path(sys.argv[0]).resolve().parent == Path(__file__).resolve().parent.parent:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
