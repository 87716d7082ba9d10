"""What a constant may be, and how a script refuses: one line on standard error, exit status 2.

Every reader and every check of the project raises `InputError`; `run_script` is the only place that catches it.
"""

import inspect
import math
import numbers
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent


class InputError(ValueError):
    """Something the user gave (a constant, a file, a run folder) cannot be used; the text says what, where and why."""


def _whole(least):
    return (
        lambda v: isinstance(v, numbers.Integral) and not isinstance(v, bool) and v >= least,
        f"a whole number, {least} or more",
    )


def _fraction(v):
    return isinstance(v, numbers.Real) and not isinstance(v, bool) and 0 < v < 1


def _size(v):
    return _fraction(v) or _whole(1)[0](v)


def _is_text(v):
    return isinstance(v, (str, Path)) and str(v).strip() != "" and "\0" not in str(v)


def _is_pattern(v):
    try:
        return isinstance(v, str) and v != "" and re.compile(v) is not None
    except re.error:
        return False


def _or_none(allowed, text):
    return lambda v: v is None or allowed(v), f"None, or {text}"


def _one_of(*values):
    return (lambda v: any(type(v) is type(x) and v == x for x in values), "one of " + ", ".join(map(repr, values)))


_POSITIVE = (
    lambda v: isinstance(v, numbers.Real) and not isinstance(v, bool) and math.isfinite(v) and v > 0,
    "a number above 0",
)

# Constant: (value as shipped, test, what is allowed). The shipped value is what the ledger compares with.
RULES = {
    "DATASET": ("random", _is_text, "a data set's name or a path"),
    "N_SAMPLES": (1000, *_whole(4)),
    "TIME_STEPS": (50, *_whole(1)),
    "FEATURES": (1, *_whole(1)),
    "TEST_SIZE": (0.2, _size, "a fraction above 0 and below 1, or a whole number of sequences"),
    "VALIDATION_SIZE": (
        0.0,
        lambda v: v == 0 and not isinstance(v, bool) or _size(v),
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
    "SEED": (
        42,
        lambda v: _whole(0)[0](v) and v < 2**32,
        "a whole number from 0 to 4294967295",
    ),
    "FILTERS": (32, *_whole(1)),
    "KERNEL_SIZE": (3, *_whole(1)),
    "POOL_SIZE": (2, *_whole(1)),
    "LSTM_UNITS": (50, *_whole(1)),
    "DROPOUT": (0.0, lambda v: v == 0 and not isinstance(v, bool) or _fraction(v), "0 or more, below 1"),
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
    "N_TRIALS": (12, *_whole(1)),
    "N_JOBS": (2, lambda v: _whole(1)[0](v) or v == -1, "a whole number of processes, or -1 for all cores"),
    "PARALLEL_BACKEND": ("loky", *_one_of("loky", "dask")),
    "RUN_DIR": ("runs/latest", _is_text, "the path of a folder"),
}


SEARCH_ONLY = {"SEARCH", "N_TRIALS", "N_JOBS", "PARALLEL_BACKEND"}  # of tune_model.py: no run has them


def constants_of(*modules):
    """Collect the constants of `modules` that RULES knows: a dictionary from constant name to value, unchecked."""
    return {name: value for module in modules for name, value in vars(module).items() if name in RULES}


def check_constants(constants):
    """Raise InputError for the first constant whose value is impossible, naming it, its value and what is allowed."""
    for name, value in constants.items():
        _, allowed, text = RULES[name]
        if not allowed(value):
            raise InputError(f"{name} = {value!r} is impossible: it must be {text}")


def changed_constants(constants):
    """Return {name: value} of the constants that differ from the values as shipped, RUN_DIR aside."""
    return {n: v for n, v in constants.items() if n != "RUN_DIR" and n in RULES and v != RULES[n][0]}


def arguments_for(function, constants, upper=False):
    """Pick the constants that `function` takes, by name: FILTERS is its argument `filters`.

    Returns: dictionary from argument name (from constant name where `upper`) to value.
    """
    taken = [name.upper() for name in inspect.signature(function).parameters if name.upper() in constants]
    return {name if upper else name.lower(): constants[name] for name in taken}


def project_path(path):
    """Turn a path from a constant into an absolute one: relative paths start at the project folder."""
    return PROJECT / Path(path).expanduser()


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
    if given and given[0] in ("-h", "--help"):
        print(docstring.strip())
        return
    try:
        if len(given) != arguments:
            takes = "takes a PATH" if arguments else "takes no arguments, edit the constants instead"
            raise InputError(f"{takes} (see python {script} --help)")
        main(*given)
    except KeyboardInterrupt:
        sys.exit(130)  # as the shell expects after Ctrl-C
    except InputError as error:
        print(f"{script}: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
