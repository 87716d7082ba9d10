"""The rooms stand as CONTRIBUTING.md describes them: imports point down, constants stand in the top-level files."""

import ast
import re

import pytest

from core.shipped_constants import SHIPPED, checksum, is_shipped
from tests.conftest import ROOT

# From top to bottom; a room imports from itself and from rooms below, never from one beside or above it.
SCRIPTS = ("train_model", "evaluate_model", "predict_model", "tune_model", "cross_validate_model", "export_model")
ORDER = [
    SCRIPTS,
    ("data_preprocessing", "cnn_lstm_model"),
    ("experiments",),
    ("training",),
    ("tasks",),
    ("readers", "reports"),
    ("evaluation",),
    ("networks", "baselines"),
    ("sequences",),
    ("core",),
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
SOURCES = [path for name in LEVEL for path in (ROOT.glob(f"{name}.py"), (ROOT / name).rglob("*.py")) for path in path]


def room_of(path):
    inside = path.relative_to(ROOT)
    return inside.stem if len(inside.parts) == 1 else inside.parts[0]


def imports(path):
    """Yield (line, top-level name) of everything a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names = [node.module] if isinstance(node, ast.ImportFrom) else names
        yield from ((node.lineno, name.split(".")[0]) for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    own = room_of(path)
    for line, name in imports(path):
        upward = name in LEVEL and name != own and LEVEL[name] <= LEVEL[own]
        assert not upward, f"{path.relative_to(ROOT)} line {line} imports {name}, which is not below {own}"


@pytest.mark.parametrize("room", ["readers", "sequences", "baselines"])
def test_no_tensorflow_where_plain_numpy_will_do(room):
    for path in (ROOT / room).rglob("*.py"):
        for line, name in imports(path):
            assert name not in ("tensorflow", "keras"), f"{path.relative_to(ROOT)} line {line} imports {name}"
        assert "quiet_tensorflow" not in path.read_text(), path


# Packages that a few users need: imported where they are used.
OPTIONAL = {"av", "soundfile", "distributed"}


def test_imports_stand_at_the_top():
    inside = [
        f"{path.relative_to(ROOT)} line {node.lineno}"
        for path in SOURCES
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and not {name.split(".")[0] for name in [getattr(node, "module", None) or node.names[0].name]} <= OPTIONAL
    ]
    assert not inside


def test_no_imports_in_a_circle():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES
    }
    needs = {}
    for name, path in modules.items():
        named = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                named |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        needs[name] = named & set(modules) - {name}
    while free := [name for name, own in needs.items() if not own & set(needs)]:
        for name in free:
            del needs[name]
    assert not needs, f"these import each other: {sorted(needs)}"


def test_no_script_imports_a_script():
    for name in SCRIPTS:
        assert not {module for _, module in imports(ROOT / f"{name}.py")} & set(SCRIPTS)


def constants_of(path):
    """Return {constant: rule's source or None} of a top-level file, from its source."""
    tree, allowed = ast.parse(path.read_text()), {}
    assigned = [
        node.targets[0].id for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id.isupper()
    ]
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "ALLOWED":
            allowed = {key.value: ast.unparse(rule) for key, rule in zip(node.value.keys, node.value.values)}
    return [name for name in assigned if name not in ("ALLOWED", "ARCHITECTURES")], allowed


CONSTANTS = {
    name: constants_of(ROOT / f"{name}.py") for name in ("data_preprocessing", "cnn_lstm_model", "train_model")
}


@pytest.mark.parametrize("file", CONSTANTS)
def test_every_constant_has_a_rule_beside_it_and_is_used(file):
    assigned, allowed = CONSTANTS[file]
    assert sorted(assigned) == sorted(allowed), "each constant is assigned once, and has a rule"
    used = {
        node.attr
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert set(assigned) <= used, "a constant that no code reads as c.NAME"


def test_a_constant_renamed_is_missed(project):
    script = project.folder / "train_model.py"
    script.write_text(re.sub(r"^EPOCHS =", "EPOCH =", script.read_text(), flags=re.M))
    assert "EPOCH in train_model.py is no constant of this project: EPOCHS" in project.refuse("train_model.py")
    script.write_text(re.sub(r"^EPOCH = .*$", "", script.read_text(), flags=re.M))
    assert "EPOCHS is missing from train_model.py" in project.refuse("train_model.py")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("EPOCHS = 20", "EPOCHS in data_preprocessing.py has no effect: it belongs in train_model.py"),
        ("N_JOBS = 1", "N_JOBS in data_preprocessing.py has no effect: it belongs in tune_model.py"),
        (
            "BATCHSIZE = 3",
            "BATCHSIZE in data_preprocessing.py is no constant of this project: BATCH_SIZE in train_model",
        ),
        ("MY_OWN = 3", "MY_OWN in data_preprocessing.py is no constant of this project"),
    ],
)
def test_a_constant_in_the_wrong_file_is_not_ignored(project, line, message):
    script = project.folder / "data_preprocessing.py"
    script.write_text(script.read_text().replace("SEED = 42", f"{line}\nSEED = 42", 1))
    assert message in project.refuse("train_model.py")


SLOW = ("tensorflow", "keras", "sklearn", "scipy", "matplotlib", "h5py")
RUN = """
import runpy, sys
sys.argv = [sys.argv[1], *sys.argv[2:]]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    print("status", end.code)
print("loaded", *[name for name in SLOW if name in sys.modules])
"""


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_and_refusals_wait_for_no_slow_library(project, script):
    project.forked = False  # there they are all loaded
    run = RUN.replace("SLOW", repr(SLOW))
    assert project.succeed("-c", run, f"{script}.py", "--help").splitlines()[-1] == "loaded"
    project.edit(EPOCHS=-1)
    if script not in ("predict_model", "export_model"):
        done = project.run("-c", run, f"{script}.py")
        assert "EPOCHS = -1 is impossible" in done.stderr
        assert done.stdout.splitlines()[-2:] == ["status 2", "loaded"]


def test_the_shipped_constants_are_known_as_such(shipped):
    found = " ".join(checksum(name, value) for name, value in shipped.items())
    assert SHIPPED.split() == found.split(), f"core/shipped_constants.py: SHIPPED is to be {found}"
    assert not is_shipped("EPOCHS", shipped.EPOCHS + 1)
