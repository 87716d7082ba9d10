"""How a script starts and ends: `--help`, refusals in one line, Ctrl-C."""

import os
import re
import signal
import sys
from pathlib import Path

from core.errors import InputError

# Characters that a terminal obeys in place of showing them, and those that turn the order of letters.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|(?<=.)\r")


def _visibly(write):
    """Return a stream's `write` with control characters as Python writes them: they come from files and their names.

    New lines and tabs stay, and a carriage return at the beginning: the progress of an epoch has one.
    """
    return lambda text: write(CONTROL.sub(lambda found: repr(found[0])[1:-1], text))


def run_script(main, docstring, arguments=0):
    """Run a script's `main(*arguments)`; `--help` prints `docstring`.

    InputError becomes one line on standard error and exit status 2; any other error is a fault of ours and keeps
    its traceback. Letters that the terminal or log file cannot show are replaced.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
        stream.write = _visibly(stream.write)
    script, given = Path(sys.argv[0]).name, sys.argv[1:]
    usage = [line for line in docstring.splitlines() if line.startswith("python ")]
    if given and given[0] in ("-h", "--help"):
        print(docstring.strip())
        return
    try:
        if len(given) != arguments:
            takes = f"type {', or '.join(usage)}" if arguments else "takes no arguments, edit the constants instead"
            raise InputError(f"{takes} (see python {script} --help)")
        main(*given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)  # as the shell expects after Ctrl-C
    except BrokenPipeError:  # whoever read our output has seen enough (head, less)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except InputError as error:
        sys.stdout.flush()
        print(f"{script}: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
