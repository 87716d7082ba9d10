"""The additions that CONTRIBUTING.md shows work as they stand there."""

import json
import re

import numpy as np

from tests.conftest import ROOT


def apply(folder, block):
    """Put a block of CONTRIBUTING.md before, after or in place of the line that it names."""
    first, code = block.split("\n", 1)
    file, how, anchor = re.fullmatch(r"# (\S+), (before|after|replace): (.*)", first).groups()
    lines = (folder / file).read_text().splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if line.startswith(anchor)]
    assert len(places) == 1, (first, places)
    start = places[0] + (how == "after")
    lines[start : start + (how == "replace")] = [code]
    (folder / file).write_text("".join(lines))


def test_a_format_an_architecture_and_a_constant_are_added_as_described(project):
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL):
        apply(project.folder, block)
    rng = np.random.default_rng(0)
    rows = [{"label": "ab"[i % 2], "values": (rng.normal(size=12) + 3 * (i % 2)).tolist()} for i in range(80)]
    (project.folder / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    project.edit(DATASET="d.jsonl", ARCHITECTURE="cnn_gru", CLIP_NORM=0.5, EPOCHS=8)
    project.succeed("train_model.py")
    report = project.succeed("evaluate_model.py")
    assert "The model beats the baseline" in report
    ledger = (project.folder / "runs" / "ledger.csv").read_text()
    assert "ARCHITECTURE='cnn_gru'" in ledger and "CLIP_NORM=0.5" in ledger
    project.edit(CLIP_NORM=-1)
    assert "CLIP_NORM = -1" in project.refuse("train_model.py")
