"""The additions that CONTRIBUTING.md shows work as they stand there."""

import json
import re

import numpy as np

from tests.conftest import ROOT


def apply(folder, block):
    """Put a block of CONTRIBUTING.md into a new file, or before, after or in place of the line that it names."""
    first, code = block.split("\n", 1)
    file, how, anchor = re.fullmatch(r"# (\S+), (new|before|after|replace): ?(.*)", first).groups()
    if how == "new":
        assert not (folder / file).exists()
        (folder / file).write_text(code)
        return
    lines = (folder / file).read_text().splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if line.startswith(anchor)]
    assert len(places) == 1, (first, places)
    start = places[0] + (how == "after")
    lines[start : start + (how == "replace")] = [code]
    (folder / file).write_text("".join(lines))


def test_a_format_a_task_an_architecture_and_a_constant_are_added_as_described(project):
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL):
        apply(project.folder, block)
    rng = np.random.default_rng(0)
    rows = [{"label": i % 3, "values": (rng.normal(size=12) + 3 * (i % 3)).tolist()} for i in range(90)]
    (project.folder / "d.steps").write_text("\n".join(map(json.dumps, rows)))
    project.edit(DATASET="d.steps", TASK="ordinal", ARCHITECTURE="cnn_gru", CLIP_NORM=0.5, EPOCHS=30)
    project.succeed("train_model.py")
    report = project.succeed("evaluate_model.py")
    accuracy = float(re.search(r"Test Accuracy: (.*)", report)[1])
    assert accuracy > 0.8 and "always answering" in report
    record = json.loads((project.run_dir / "run.json").read_text())
    assert record["task"] == "ordinal" and record["constants"]["CLIP_NORM"] == 0.5
    project.edit(CLIP_NORM=-1)
    assert "CLIP_NORM = -1" in project.refuse("train_model.py")
