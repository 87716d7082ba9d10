"""What runs at each push is what the README says; the changelog begins with the version of the project."""

import json
import re

from tests.conftest import ROOT

README, WORKFLOW, PYPROJECT, CHANGELOG = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", ".github/workflows/tests.yml", "pyproject.toml", "CHANGELOG.md")
)


def test_the_workflow_runs_the_test_command_of_the_readme():
    command = re.search(r"^python3 -m venv .*pytest$", README, re.MULTILINE)[0]
    _, _, *steps = command.split(" && ")  # after the two that make an environment, and differ on Windows
    assert len(steps) == 2 and set(steps) <= set(map(str.strip, WORKFLOW.splitlines()))


def test_it_does_so_on_the_versions_that_the_readme_names():
    first, last = map(int, re.search(r"Python 3\.(\d+) to 3\.(\d+)", README).groups())
    versions = json.loads(re.search(r"python: (\[.*\])", WORKFLOW)[1])
    assert versions == [f"3.{minor}" for minor in range(first, last + 1)]
    assert f'requires-python = ">=3.{first},<3.{last + 1}"' in PYPROJECT
    assert f"Python 3.{first} to 3.{last}" in (ROOT / "core" / "__init__.py").read_text(encoding="utf-8")


def test_the_changelog_begins_with_the_version_of_the_project():
    version = re.search(r'^version = "(.*)"$', PYPROJECT, re.MULTILINE)[1]
    assert re.search(r"^## (.*)$", CHANGELOG, re.MULTILINE)[1] == version
