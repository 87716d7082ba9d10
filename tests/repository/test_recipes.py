"""The recipes of docs/your_data.md work as they stand there."""

import ast
import json
import re

import pytest

import evaluate_model
import train_model
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "your_data.md").read_text()
RECIPES = {
    title: re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for title, section in re.findall(r"^##+ (.*)\n((?:(?!^#).*\n)*(?:(?!^## |^### ).*\n)*)", TEXT, re.MULTILINE)
}
RECIPES = {title: blocks for title, blocks in RECIPES.items() if blocks}


def write_engines():
    """Write engines in NASA's layout: six to train, which run to their end, and two to test."""
    for path, lengths in (("train_FD001.txt", [50, 60, 70, 80, 90, 200]), ("test_FD001.txt", [31, 45])):
        with open(path, "w") as file:
            for unit, length in enumerate(lengths, 1):
                for cycle in range(1, length + 1):
                    channels = " ".join(f"{(length - cycle) / 10 + k + 7 * cycle % 5:.4f}" for k in range(24))
                    file.write(f"{unit} {cycle} {channels}  \n")
    with open("RUL_FD001.txt", "w") as file:
        file.write("112 \n20 \n")


def test_the_table_leads_to_every_recipe():
    links = re.findall(r"\]\(#(.*?)\)", TEXT)
    anchors = [
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^##+ (.*)", TEXT, re.M)
    ]
    assert set(links) <= set(anchors) and len(RECIPES) >= 11
    described = {"public-sets-as-they-are-downloaded", "climate-data"}  # without a recipe
    assert len(set(links) - described) == len(RECIPES)


@pytest.mark.parametrize("title", RECIPES)
def test_recipe(shipped, tmp_path, monkeypatch, capsys, title):
    write, constants = RECIPES[title]
    monkeypatch.chdir(tmp_path)
    if "engines" in title:
        write_engines()
    exec(compile(write, title, "exec"), {})
    chosen = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(constants).body}
    chosen |= {name: str(tmp_path / chosen[name]) for name in ("DATASET", "LABEL_FILE") if name in chosen}
    rate = 0.003 if title == "Texts" else 0.001
    c = shipped.changed(**{"LEARNING_RATE": rate, "EPOCHS": 8, **chosen, "RUN_DIR": str(tmp_path / "run")})
    train_model.main(c)
    result = evaluate_model.main(c)
    assert "without effect" not in capsys.readouterr().out
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    if "engines" in title:  # one window for each test engine, the true life of each as given
        rows = (tmp_path / "run" / "predictions.csv").read_text().splitlines()[1:]
        assert len(rows) == 2 and ",112," in rows[0] and ",20," in rows[1]
        assert record["sequences"]["training"] == 21 + 31 + 41 + 51 + 61 + 171 and record["input_shape"] == [50, 24]
        assert max(record["learned"]["mean"]) < 125
    elif "Market" in title:  # where nothing is to be learned
        rivals = {"majority", "linear", "gradient boosting", "previous label"}
        assert rivals == set(result["baselines"]) == set(result["differences"])
        assert 76 <= result["test_sequences"] <= 79 and not {"up", "down"} - set(result["per_class"])
    elif record["task"] == "classification":
        assert result["accuracy"] > 0.6
    elif record["task"] == "anomaly":
        assert result["roc_auc"] > 0.9 and result["baselines"]["random"] < 0.7
    elif record["task"] == "multilabel":
        assert result["macro_f1"] > max(0.8, result["baselines"]["all labels"])
    elif record["task"] == "transcription":
        assert result["cer"] < 0.2 < min(result["baselines"].values())
    elif "portfolio" not in title:  # where nothing is to be learned
        assert result["rmse"] < max(result["baselines"].values())
