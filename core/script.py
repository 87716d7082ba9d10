"""How a script starts and ends: `--help`, constants given for one run, refusals in one line, Ctrl-C."""

import os
import re
import shlex
import signal
import sys
from pathlib import Path

from core.constants import ASSIGNMENT, constant_lines, read_assignments, read_constants
from core.errors import InputError
from core.files import shown
from core.run_folder import resolved

# Characters that a terminal obeys in place of showing them, and those that turn the order of letters.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|(?<=.)\r")


def _visibly(write):
    """Return a stream's `write` with control characters as Python writes them: they come from files and their names.

    New lines and tabs stay, and a carriage return at the beginning: the progress of an epoch has one.
    """
    return lambda text: write(CONTROL.sub(lambda found: repr(found[0])[1:-1], text))


def next_command(script, folder):
    """Return the command that runs a script on the run in `folder`, which it names unless RUN_DIR in the file does."""
    given = "" if resolved(read_constants().RUN_DIR) == folder else f" RUN_DIR={shlex.quote(shown(folder))}"
    return f"python {script}{given}"


def run_script(main, docstring, arguments=0, files=(), only=None):
    """Run a script's `main(*arguments)`, or `main(*arguments, assigned)`; `--help` prints `docstring` and constants.

    files: whose constants `NAME=value` sets for this run, or `only` some of them; `assigned` is {name: value} of those.
    InputError becomes one line on standard error and exit status 2; any other error is a fault of ours and keeps
    its traceback. Letters that the terminal or log file cannot show are replaced.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # those of IDLE and of notebooks show every letter
            stream.reconfigure(errors="replace")
        stream.write = _visibly(stream.write)
    script, given = Path(sys.argv[0]).name, sys.argv[1:]
    usage = [line for line in docstring.splitlines() if line.startswith("python ")]
    try:
        if given and given[0] in ("-h", "--help"):
            print("\n".join([docstring.strip(), *constant_lines(files, only)]))
            return
        assignments = [text for text in given if files and ASSIGNMENT.fullmatch(text)]
        values = [text for text in given if text not in assignments]
        if len(values) != arguments:
            takes = f"type {', or '.join(usage)}" if arguments else "takes NAME=value alone, such as EPOCHS=30"
            raise InputError(f"{takes} (see python {script} --help)")
        main(*values, *([read_assignments(assignments, script, files, only)] if files else []))
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
