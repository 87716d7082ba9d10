"""The constants at the top of the scripts as one object, and the rules that say what each may be.

A file with constants ends their list with `ALLOWED`, a dictionary from each name to its rule: (test, what is allowed).
"""

import ast
import difflib
import importlib
import re
import warnings
from pathlib import Path

from core.errors import InputError

# The files whose constants make a run; tune_model.py has more, which concern the search alone.
RUN_FILES = ("data_preprocessing", "cnn_lstm_model", "train_model")
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)  # NAME=value on the command line


class Constants(dict):
    """Constants by name: `c.EPOCHS` is `c["EPOCHS"]`; `c.changed(EPOCHS=20)` is a copy with another value."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no constant {name}") from None

    def changed(self, **values):
        """Return a copy in which `values` replace those of the same name."""
        return Constants({**self, **values})


def read_constants(files=RUN_FILES, assigned=None):
    """Read and check the constants of top-level files.

    Parameters: assigned, {name: value} of constants of these files or others, in place of what the files say.
    Returns: Constants. Raises: InputError for an impossible one.
    """
    constants, assigned = Constants(), assigned or {}
    for file, module, allowed in _modules(files):
        for name in _assignments(module):
            if name not in (*allowed, "ALLOWED", "ARCHITECTURES"):
                refuse_unknown(name, f"in {file}.py")
        for name in allowed:
            if not hasattr(module, name):
                raise InputError(f"{name} is missing from {file}.py: it must stand there, in a line of its own")
            constants[name] = assigned.get(name, getattr(module, name))
    return check_constants(constants, files)


def constants_with(values, function, base=None):
    """Return Constants of RUN_FILES with others in place of theirs, as a notebook gives them to a function.

    values: {name: value}; function: its name; base: Constants in place of those in the files.
    Raises: InputError for an unknown name or an impossible value.
    """
    for name in values:
        if name not in rules():
            refuse_unknown(name, f"given to {function}")
    return check_constants({**(base or read_constants()), **values})


def _assignments(module):
    """Return {name: its lines in the file, and the comments above them} of names in capitals."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    lines, found = source.splitlines(), {}
    for node in ast.parse(source).body:
        for target in node.targets if isinstance(node, ast.Assign) else []:
            if isinstance(target, ast.Name) and target.id.isupper():
                first = node.lineno - 1
                while lines[first - 1].startswith("#"):
                    first -= 1
                found[target.id] = lines[first : node.end_lineno]
    return found


def refuse_unknown(name, where):
    """Raise InputError for a constant that nothing reads: of another file, or misspelt; where: "in FILE", say."""
    homes = {known: home for home in (*RUN_FILES, "tune_model", "cross_validate_model") for known in names_in(home)}
    if name in homes:
        raise InputError(f"{name} {where} has no effect: it belongs in {homes[name]}.py")
    alike = difflib.get_close_matches(name, homes, 1)
    hint = f": {alike[0]} in {homes[alike[0]]}.py?" if alike else ""
    raise InputError(f"{name} {where} is no constant of this project{hint}")


def constant_lines(files, only=None):
    """Return lines that show the constants of top-level files, or `only` some: their values now and their comments."""
    if not files:
        return []
    lines = ["", "The constants. NAME=value, behind the name of the script, sets one for this run alone."]
    for file, module, allowed in _modules(files):
        found = [line for name, own in _assignments(module).items() if name in (only or allowed) for line in own]
        lines += ["", f"{file}.py", *found] if found else []
    return lines


def read_assignments(texts, script, files, only=None):
    """Read `NAME=value` texts: a Python value (30, None, ["a", "b"]), or else, as a bare word, a text.

    script: what they were given to; files, only: whose constants it takes.
    Returns: {name: value}. Raises: InputError for another name, or one given twice.
    """
    assigned, known = {}, only or rules(files)
    for name, text in (ASSIGNMENT.fullmatch(given).groups() for given in texts):
        if name not in known:
            refuse_unknown(name, f"given to {script}")
        if name in assigned:
            raise InputError(f"{name} is given twice")
        try:
            assigned[name] = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            if text.strip()[:1] in tuple("[({'\""):
                raise InputError(f"{name}={text[:100]} is no Python value: texts in it need quotes") from error
            assigned[name] = text
    return assigned


def check_constants(constants, files=RUN_FILES):
    """Raise InputError for the first constant whose value is impossible, naming it, its value and what is allowed.

    constants: a dictionary from name to value. Returns: Constants.
    """
    allowed = rules(files)
    for name, value in constants.items():
        test, text = allowed[name]
        if not test(value):
            raise InputError(f"{name} = {shown_value(value)} is impossible: it must be {text}")
    return Constants(constants)


def rules(files=RUN_FILES):
    """Return {name of a constant: (test, what is allowed)} of top-level files."""
    return {name: rule for _, _, allowed in _modules(files) for name, rule in allowed.items()}


def names_in(file):
    """Return the names of the constants of one top-level file."""
    return list(rules([file]))


def _modules(files):
    # Only their values are looked up: what a room needs to know of a constant reaches it as `c`.
    modules = [(file, importlib.import_module(file)) for file in files]
    return [(file, module, module.ALLOWED) for file, module in modules]


def shown_value(value):
    """Write a value for an error message, shortened where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 200 else text[:200] + "…"


# Rules: each is (test of a value, what is allowed in words).


def is_number(v):
    """Tell whether v is a whole number or a float; True and False are neither."""
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def whole(least, most=1_000_000):
    """Allow whole numbers from `least` to `most`."""
    return (
        lambda v: isinstance(v, int) and is_number(v) and least <= v <= most,
        f"a whole number, {least} or more and at most {most}",
    )


def one_of(*values):
    """Allow these values, and none that is equal but of another type."""
    return (lambda v: any(type(v) is type(x) and v == x for x in values), "one of " + ", ".join(map(repr, values)))


def or_one_of(rule, *values):
    """Allow these values too."""
    allowed, text = rule
    return lambda v: one_of(*values)[0](v) or allowed(v), f"{', '.join(map(repr, values))}, or {text}"


def or_none(rule):
    """Allow None too."""
    allowed, text = rule
    return lambda v: v is None or allowed(v), f"None, or {text}"


def or_zero(rule):
    """Allow 0 too."""
    allowed, text = rule
    return lambda v: is_number(v) and v == 0 or allowed(v), f"0, or {text}"


def text(what):
    """Allow any text that is not empty; `what` says what it stands for."""
    return lambda v: isinstance(v, str) and v.strip() != "" and "\0" not in v, what


def pattern(groups=None):
    """Allow a regular expression, where `groups` is given one with so many groups."""

    def allowed(v):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of what a later Python will read in another way
                return isinstance(v, str) and v != "" and groups in (None, re.compile(v).groups)
        except (re.error, OverflowError, RecursionError, FutureWarning):
            return False

    return allowed, "a regular expression" + (" with one (group)" if groups == 1 else "")


def _is_fraction(v):
    return is_number(v) and 0 < v < 1


FRACTION = (_is_fraction, "a fraction above 0 and below 1")
SIZE = (
    lambda v: _is_fraction(v) or whole(1, 10**9)[0](v),
    "a fraction above 0 and below 1, or a whole number of sequences",
)
NAME_OR_PLACE = (
    lambda v: isinstance(v, int) and is_number(v) and abs(v) < 10**9 or isinstance(v, str) and v.strip() != "",
    "the name of a column, or its place (0 the first, -1 the last)",
)
LIST_OF_COLUMNS = (
    lambda v: isinstance(v, list) and v != [] and all(map(NAME_OR_PLACE[0], v)),
    'a list of names or places of columns, such as ["temperature"]',
)
LIST_OF_LABELS = (
    lambda v: isinstance(v, list) and v != [] and all(isinstance(own, str) or is_number(own) for own in v),
    "a list of labels",
)
NAMES_OR_PLACES = (
    lambda v: NAME_OR_PLACE[0](v) or LIST_OF_COLUMNS[0](v),
    "the name or place of a column, or a list of them",
)


def _is_place_or_box(v):
    if not isinstance(v, list) or len(v) not in (2, 4) or not all(map(is_number, v)):
        return False
    latitudes, longitudes = v[::2], v[1::2]
    degrees = all(-90 <= own <= 90 for own in latitudes) and all(-180 <= own <= 360 for own in longitudes)
    return degrees and latitudes == sorted(latitudes)


PLACE_OR_BOX = (
    _is_place_or_box,
    "a place, [latitude, longitude], or a box, [south, west, north, east], in degrees (-90 to 90, -180 to 360)",
)
SEQUENCES = (NAMES_OR_PLACES[0], f'"row", "file", "annotation", {NAMES_OR_PLACES[1]}')
POSITIVE = (lambda v: is_number(v) and 0 < v <= 1e38, "a number above 0 that 32-bit floats hold")
SWITCH = one_of(False, True)
