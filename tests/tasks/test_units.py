"""Any linear change of a feature's or a target's units changes no score, tiny units included."""

import numpy as np
import pytest

import train_model
from tests.conftest import load
from training.prediction import predict

# What values are multiplied by, and what is added then: also far more than 32-bit floats could tell from it.
FAR = (1e6, 1e15)
UNITS = [(1e-13, 0.0), (1e-6, 0.0), (1e6, 0.0), (1e6, 1e6), (1e-13, 1e-12), FAR]


@pytest.fixture
def evaluated(shipped, tmp_path):
    """Return the function that trains, and gives the figures of an evaluation, without its pictures and pages."""

    def evaluate(**constants):
        c = shipped.changed(EPOCHS=4, RUN_DIR=str(tmp_path / "run"), **constants)
        run, data = train_model.main(c), load(**c)
        rivals, _ = run.task.baselines(data, c)
        answers = run.task.decode(predict(run.load_model(), data.test))
        return run.task.report(data, answers, rivals, c).figures

    return evaluate


def sequences():
    """Return x (200, 12, 2) and classes (200,) that a network tells apart most of the time."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 12, 2)), np.arange(200) % 2
    x[:, 4:8, 0] += 1.5 * y[:, None]
    return x, y


@pytest.mark.parametrize(("architecture", "standardise"), [("cnn_lstm", "training"), ("deep_cnn_lstm", "sequence")])
def test_classes_do_not_depend_on_units(evaluated, tmp_path, architecture, standardise):
    x, y = sequences()
    constants = {"DATASET": str(tmp_path / "d.npz"), "ARCHITECTURE": architecture, "STANDARDISE": standardise}
    units = UNITS if architecture == "cnn_lstm" else [UNITS[0], FAR]
    scores = []
    for factor, offset in [(1.0, 0.0), *units]:
        np.savez(tmp_path / "d.npz", X=x * [factor, 1] + [offset, 0], y=y)
        result = evaluated(**constants)
        scores.append([result["accuracy"], result["baselines"]["linear"], result["loss"]])
    assert scores[0][0] > 0.6
    np.testing.assert_allclose(scores[1:], [scores[0]] * len(units), rtol=1e-3)


@pytest.mark.parametrize("what", ["inputs", "target"])
def test_numbers_do_not_depend_on_units(evaluated, tmp_path, what):
    x, _ = sequences()
    target = x[:, :5, 0].sum(axis=1) + 0.3 * x[:, 3, 1] * x[:, 4, 1]
    scores = []
    for factor, offset in [(1.0, 0.0), *UNITS[:2], FAR]:
        scaled = (
            {"X": x * factor + offset, "y": target} if what == "inputs" else {"X": x, "y": target * factor + offset}
        )
        np.savez(tmp_path / "d.npz", **scaled)
        result = evaluated(DATASET=str(tmp_path / "d.npz"))
        unit = 1.0 if what == "inputs" else factor
        scores.append(np.array([result["rmse"], result["baselines"]["linear"]]) / unit)
    np.testing.assert_allclose(scores[1:], [scores[0]] * 3, rtol=1e-5)


@pytest.mark.parametrize(("standardise", "season"), [("training", None), ("sequence", 6)])
def test_forecasts_do_not_depend_on_units(evaluated, tmp_path, standardise, season):
    rng, time = np.random.default_rng(0), np.arange(200)
    values = np.stack([np.sin(time / 4), np.sin(time / 6)], axis=1) + 0.3 * rng.normal(size=(200, 2))
    scores = []
    for factor, offset in [(1.0, 0.0), *UNITS[:2], FAR if standardise == "training" else UNITS[2]]:
        rows = [",".join(map(repr, row)) for row in (values * factor + offset).tolist()]
        (tmp_path / "s.csv").write_text("\n".join(["a,b", *rows]) + "\n")
        result = evaluated(
            DATASET=str(tmp_path / "s.csv"), TARGET="b", WINDOW=12, HORIZON=2, VALIDATION_SIZE=0.2,
            STANDARDISE=standardise, SEASON=season,
        )  # fmt: skip
        unit = factor if standardise == "training" else 1.0
        band = result["bands"]["80"]
        scores.append(
            [*(np.array([result["rmse"], result["baselines"]["linear"], band["width"]]) / unit), band["coverage"]]
        )
    np.testing.assert_allclose(scores[1:], [scores[0]] * 3, rtol=1e-4)
