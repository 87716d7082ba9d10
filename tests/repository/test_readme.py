"""The README is short, what it shows is so, and its links lead somewhere."""

import ast
import re

import numpy as np
import pytest

import evaluate_model
import train_model
from core.constants import rules
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_it_is_short():
    assert len(README.split()) <= 1100


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (path.parent / link).exists(), link


def test_the_network_that_it_shows_is_the_network(shipped):
    from cnn_lstm_model import build_model
    from core.quiet_tensorflow import keras
    from tests.conftest import load
    from training.build import build

    names = {"keras": keras, "layers": keras.layers}
    exec(BLOCKS[0], names)
    ours = build(load(), build_model, shipped)
    shown = names["model"]
    assert [type(a) for a in shown.layers] == [type(a) for a in ours.layers]
    shown.set_weights(ours.get_weights())
    x = np.random.default_rng(0).random((4, 50, 1), dtype=np.float32)
    np.testing.assert_allclose(shown(x), ours(x), atol=1e-6)


def test_the_forecast_that_it_shows_is_made(shipped, tmp_path):
    chosen = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(BLOCKS[1]).body}
    c = shipped.changed(**chosen, EPOCHS=2, RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    result = evaluate_model.main(c)
    for name, value in (("linear", "20.45"), ("season before", "50.05")):
        assert f"{result['baselines'][name]:.2f}" == value and value in README


def test_its_notebook_scores_arrays(tmp_path):
    rng = np.random.default_rng(0)
    names = {"X": rng.normal(size=(40, 6, 2)), "y": np.arange(40) % 2}
    exec(BLOCKS[2].replace("EPOCHS=30", f"EPOCHS=1, RUN_DIR={str(tmp_path / 'run')!r}"), names)
    assert 0 <= names["evaluate"](names["run"])["accuracy"] <= 1


def test_every_constant_that_it_names_exists():
    text = README + (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    own = {*rules(), *rules(["tune_model"]), *rules(["cross_validate_model"])}
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})[ =`]", text))
    others = {"PATH", "CONTRIBUTING", "PYTHONPATH", "NAME"}
    assert named <= own | others and rules().keys() <= set(re.findall("[A-Z_]+", text))
