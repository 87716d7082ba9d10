"""What a constant may be, and how a script refuses: one line on standard error, exit status 2.

Every reader and every check of the project raises `InputError`; `run_script` is the only place that catches it.
"""

import inspect
import os
import re
import sys
import warnings
from pathlib import Path

PROJECT = Path(__file__).resolve().parent


class InputError(ValueError):
    """Something the user gave (a constant, a file, a run folder) cannot be used; the text says what, where and why."""


def _is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def _whole(least, most=1_000_000):
    return (
        lambda v: isinstance(v, int) and _is_number(v) and least <= v <= most,
        f"a whole number, {least} or more and at most {most}",
    )


def _fraction(v):
    return _is_number(v) and 0 < v < 1


def _size(v):
    return _fraction(v) or _whole(1, 10**9)[0](v)


def _zero(v):
    return _is_number(v) and v == 0


def _is_text(v):
    return isinstance(v, str) and v.strip() != "" and "\0" not in v


def _is_pattern(v):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what a later Python will read in another way
            return isinstance(v, str) and v != "" and re.compile(v) is not None
    except (re.error, OverflowError, RecursionError, FutureWarning):
        return False


def _or_none(allowed, text):
    return lambda v: v is None or allowed(v), f"None, or {text}"


def _one_of(*values):
    return (lambda v: any(type(v) is type(x) and v == x for x in values), "one of " + ", ".join(map(repr, values)))


_POSITIVE = (lambda v: _is_number(v) and 0 < v <= 1e38, "a number above 0 that 32-bit floats hold")

# Constant: (value as shipped, test, what is allowed). The shipped value is what the ledger compares with.
RULES = {
    "DATASET": ("random", _is_text, "a data set's name or a path"),
    "N_SAMPLES": (1000, *_whole(4, 10**9)),
    "TIME_STEPS": (50, *_whole(1)),
    "FEATURES": (1, *_whole(1)),
    "TEST_SIZE": (0.2, _size, "a fraction above 0 and below 1, or a whole number of sequences"),
    "VALIDATION_SIZE": (
        0.0,
        lambda v: _zero(v) or _size(v),
        "0, a fraction below 1, or a whole number of sequences",
    ),
    "TARGET": (None, *_or_none(_is_text, "the name of a column")),
    "WINDOW": (24, *_whole(1)),
    "HORIZON": (1, *_whole(1)),
    "SEASON": (None, *_or_none(*_whole(1))),
    "TEST_FILES": (None, *_or_none(_is_pattern, "a regular expression")),
    "GROUP": (
        None,
        *_or_none(
            lambda v: _is_pattern(v) and re.compile(v).groups == 1,
            "a regular expression with one (group)",
        ),
    ),
    "SEED": (42, *_whole(0, 2**32 - 1)),
    "FILTERS": (32, *_whole(1, 10_000)),
    "KERNEL_SIZE": (3, *_whole(1)),
    "POOL_SIZE": (2, *_whole(1)),
    "LSTM_UNITS": (50, *_whole(1, 10_000)),
    "DROPOUT": (0.0, lambda v: _zero(v) or _fraction(v), "0 or more, below 1"),
    "ATTENTION": (False, *_one_of(False, True)),
    "ARCHITECTURE": ("cnn_lstm", *_one_of("cnn_lstm", "cnn", "lstm", "deep_cnn_lstm")),
    "EPOCHS": (10, *_whole(1)),
    "BATCH_SIZE": (32, *_whole(1)),
    "LEARNING_RATE": (0.001, *_POSITIVE),
    "PATIENCE": (None, *_or_none(*_whole(1))),
    "PLATEAU": (None, *_or_none(*_whole(1))),
    "CLASS_WEIGHT": (None, *_one_of(None, "balanced")),
    "PRETRAINED_RUN": (None, *_or_none(_is_text, "the folder of a run")),
    "RESUME": (True, *_one_of(True, False)),
    "TENSORBOARD": (False, *_one_of(False, True)),
    "FREEZE_CNN": (False, *_one_of(False, True)),
    "SEARCH": ("random", *_one_of("random", "grid")),
    "N_TRIALS": (12, *_whole(1, 10_000)),
    "N_JOBS": (2, lambda v: _whole(1)[0](v) or v == -1, "a whole number of processes, or -1 for all cores"),
    "SEARCH_VALIDATION_SIZE": (0.25, _size, "a fraction above 0 and below 1, or a whole number of sequences"),
    "REPEATS": (3, *_whole(1, 100)),
    "PARALLEL_BACKEND": ("loky", *_one_of("loky", "dask")),
    "RUN_DIR": ("runs/latest", _is_text, "the path of a folder"),
}


# Of tune_model.py: no run has them.
SEARCH_ONLY = {"SEARCH", "N_TRIALS", "N_JOBS", "PARALLEL_BACKEND", "SEARCH_VALIDATION_SIZE", "REPEATS"}


def constants_of(*modules):
    """Collect the constants of `modules` that RULES knows: a dictionary from constant name to value, unchecked."""
    return {name: value for module in modules for name, value in vars(module).items() if name in RULES}


def check_constants(constants):
    """Raise InputError for the first constant whose value is impossible, naming it, its value and what is allowed."""
    for name, value in constants.items():
        _, allowed, text = RULES[name]
        if not allowed(value):
            raise InputError(f"{name} = {_shown(value)} is impossible: it must be {text}")


def _shown(value):
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 200 else text[:200] + "…"


def changed_constants(constants):
    """Return {name: value} of the constants that differ from the values as shipped, RUN_DIR aside."""
    return {n: v for n, v in constants.items() if n != "RUN_DIR" and n in RULES and v != RULES[n][0]}


def arguments_for(function, constants, upper=False):
    """Pick the constants that `function` takes, by name: FILTERS is its argument `filters`.

    Returns: dictionary from argument name (from constant name where `upper`) to value.
    """
    taken = [name.upper() for name in inspect.signature(function).parameters if name.upper() in constants]
    return {name if upper else name.lower(): constants[name] for name in taken}


def project_path(path, constant):
    """Turn a path from a constant into an absolute one: relative paths start at the project folder.

    Raises InputError, naming the constant, for one that no file can have.
    """
    try:
        absolute = PROJECT / Path(path).expanduser()
        absolute.exists()
        str(absolute).encode()
    except (OSError, RuntimeError, ValueError) as error:  # too long, an unknown user, no text
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{constant} = {_shown(path)} is no path that can be used: {reason}") from error
    return absolute


def read_text(path):
    """Return the text of a UTF-8 file; raise InputError where it is not text."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file: byte {error.start} is not UTF-8") from error


def run_script(main, docstring, arguments=0):
    """Run a script's `main(*arguments)`; `--help` prints `docstring`.

    InputError becomes one line on standard error and exit status 2; any other error is a fault of ours and keeps
    its traceback.
    """
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
        print(f"{script}: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
