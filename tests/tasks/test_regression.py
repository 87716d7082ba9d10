"""Numbers to predict: read, learned, reported and predicted, against values worked out with NumPy and scikit-learn."""

import csv
import json

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import export_model
import predict_model
import train_model
from baselines import LINEAR, MEAN
from core.errors import InputError
from evaluation.regression_scores import score_regression
from reports.regression import regression_lines
from tests.conftest import load, load_model
from tests.helpers import onnx_answers

RNG = np.random.default_rng(0)
X = RNG.normal(50, 20, size=(200, 12, 2))
HOURS = 3 * X[:, -1, 0] + X[:, :, 1].mean(axis=1) ** 2 / 10 + RNG.normal(size=200)


def constants(shipped, tmp_path, y, **others):
    np.savez(tmp_path / "d.npz", X_train=X[:150], y_train=y[:150], X_test=X[150:], y_test=y[150:])
    chosen = {"DATASET": str(tmp_path / "d.npz"), "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 3}
    return shipped.changed(**chosen | others)


def column(path, name):
    with open(path) as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def test_one_number_from_decimals_in_y(shipped, tmp_path, capsys):
    c, run = constants(shipped, tmp_path, HOURS), tmp_path / "run"
    train_model.main(c)
    result = evaluate_model.main(c)
    report = capsys.readouterr().out
    assert "one number to predict" in report and f"Test RMSE: {result['rmse']:.2f}" in report
    true, answers = (column(run / "predictions.csv", name) for name in ("true_target", "predicted_target"))
    np.testing.assert_allclose(true, HOURS[150:], rtol=1e-5)
    # The saved model, opened by stock Keras, takes raw values and answers in the units of the data.
    np.testing.assert_allclose(load_model(run).predict(X[150:].astype(np.float32), verbose=0)[:, 0], answers, rtol=1e-4)
    figures = result["per_target"]["target"]
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean((answers - true) ** 2)), rel=1e-4)
    assert figures["mae"] == pytest.approx(mean_absolute_error(true, answers), rel=1e-4)
    assert figures["r2"] == pytest.approx(r2_score(true, answers), abs=1e-4)
    rows = np.arange(150)
    mean = HOURS[rows].mean()
    assert result["baselines"]["mean"] == pytest.approx(np.sqrt(np.mean((mean - true) ** 2)), rel=1e-4)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17)))
    ridge.fit(X[rows].reshape(len(rows), -1), (HOURS[rows] - mean) / HOURS[rows].std())
    error = ridge.predict(X[150:].reshape(50, -1)) * HOURS[rows].std() + mean - true
    assert result["baselines"]["linear"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-3)
    assert (run / "predicted.png").read_bytes().startswith(b"\x89PNG")


def test_the_network_starts_as_the_linear_model(shipped, tmp_path):
    c = constants(shipped, tmp_path, HOURS, LEARNING_RATE=1e-30, EPOCHS=1)
    train_model.main(c)
    result = evaluate_model.main(c)
    assert result["rmse"] == pytest.approx(result["baselines"]["linear"], rel=1e-3)
    train_model.main(c.changed(LINEAR_START=False))
    result = evaluate_model.main(c.changed(LINEAR_START=False))
    assert result["rmse"] > 1.5 * result["baselines"]["linear"]


def test_answers_stay_where_capped_numbers_can_be(shipped, tmp_path, capsys):
    capped = np.minimum(HOURS, np.quantile(HOURS[:150], 0.6))
    c, run = constants(shipped, tmp_path, capped), tmp_path / "run"
    train_model.main(c)
    result = evaluate_model.main(c)
    count = (capped[:150] == capped.max()).sum()
    line = f"target: {count} of 150 training values are {capped.max():g}, the largest: answers stop there"
    assert line in capsys.readouterr().out
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17))).fit(X[:150].reshape(150, -1), capped[:150])
    free = ridge.predict(X[150:].reshape(50, -1))
    expected = np.sqrt(np.mean((np.minimum(free, capped.max()) - capped[150:]) ** 2))
    assert free.max() > 1.1 * capped.max()
    assert result["baselines"]["linear"] == pytest.approx(expected, rel=1e-3)
    answers = load_model(run).predict(X[150:].astype(np.float32), verbose=0)
    assert answers.max() == pytest.approx(capped.max()) and answers.min() < capped.max() - 50
    export_model.export("tflite", str(run))


def test_numbers_far_from_zero_are_told_apart(shipped, tmp_path, capsys):
    """Against ridge regression of the centred numbers in 64 bits; the files have the numbers with all their digits."""
    far = np.round(10**9 + HOURS / HOURS.std(), 3)
    c, run = constants(shipped, tmp_path, far, VALIDATION_SIZE=0.2), tmp_path / "run"
    train_model.main(c)
    result = evaluate_model.main(c)
    printed = capsys.readouterr().out
    assert "target: a deviation of 1 around 1e+09 is lost in 32-bit floats" in printed
    assert "model.keras answers in 64-bit floats" in printed
    rows = load(**c).train.rows
    x, y = X[rows].reshape(len(rows), -1), far[rows]
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17))).fit(x, y - y.mean())
    rmse = np.sqrt(np.mean((ridge.predict(X[150:].reshape(50, -1)) + y.mean() - far[150:]) ** 2))
    assert result["baselines"]["linear"] == pytest.approx(rmse, rel=1e-3)
    assert result["baselines"]["mean"] == pytest.approx(np.sqrt(np.mean((far[150:] - far[:150].mean()) ** 2)))
    assert result["rmse"] < 1.01 * rmse
    true, answers = (column(run / "predictions.csv", name) for name in ("true_target", "predicted_target"))
    np.testing.assert_array_equal(true, far[150:])
    assert np.sqrt(np.mean((answers - true) ** 2)) == pytest.approx(result["rmse"], rel=1e-6)
    model = load_model(run)
    np.testing.assert_allclose(model.predict(X[150:], verbose=0)[:, 0] - 1e9, answers - 1e9, atol=1e-5)
    np.savez(tmp_path / "new.npz", X=X[150:])
    predict_model.predict(run, tmp_path / "new.npz")
    np.testing.assert_allclose(column(run / "new_predictions.csv", "predicted_target") - 1e9, answers - 1e9, atol=1e-5)
    with pytest.raises(InputError, match="TFLite computes in 32-bit floats.*export saved_model or onnx instead"):
        export_model.export("tflite", str(run))
    onnx = onnx_answers(run, X[150:].astype(model.inputs[0].dtype))
    np.testing.assert_allclose(onnx[:, 0] - 1e9, answers - 1e9, atol=1e-5)


def test_several_numbers_have_a_score_each(shipped, tmp_path, capsys):
    y = np.stack([HOURS, 1e6 * X[:, 0, 1], RNG.normal(size=200)], axis=1)
    c = constants(shipped, tmp_path, y)
    train_model.main(c)
    result = evaluate_model.main(c)
    assert list(result["per_target"]) == ["target 0", "target 1", "target 2"]
    scaled = [figures["rmse"] / y[:150, k].std() for k, figures in enumerate(result["per_target"].values())]
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(scaled))), rel=1e-3)
    assert "in units of its standard deviation in the training set" in capsys.readouterr().out
    np.savez(tmp_path / "new.npz", X=X[:7])
    predict_model.predict(tmp_path / "run", tmp_path / "new.npz")
    assert len(column(tmp_path / "run" / "new_predictions.csv", "predicted_target 1")) == 7


def test_many_whole_numbers_are_asked_about(shipped, tmp_path):
    y = np.arange(200) % 16
    c = constants(shipped, tmp_path, y)
    with pytest.raises(InputError, match='16 different whole numbers.*TASK = "regression".*TASK = "classification"'):
        load(**c)
    assert load(**c.changed(TASK="classification")).task.classes == [str(k) for k in range(16)]
    assert load(**c.changed(TASK="regression")).task.targets == ["target"]


def test_ts_with_a_target_label(tmp_path):
    for part, step in (("TRAIN", 1), ("TEST", 2)):
        rows = "".join(f"{i},{i + 1},{i * step}:{i / 4}\n" for i in range(8))
        (tmp_path / f"a_{part}.ts").write_text("@univariate true\n@targetLabel true\n@data\n" + rows)
    data = load(DATASET=str(tmp_path))
    assert data.task.metric == "rmse"
    y = np.arange(8) / 4
    np.testing.assert_array_equal(data.train.y[:, 0], y)
    learned = data.task.loss_targets(data.train, data, None)
    np.testing.assert_allclose(learned[:, 0], (y - y.mean()) / y.std(), rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "others", "message"),
    [
        (np.where(np.arange(200) == 7, np.inf, HOURS), {}, "the number .*of sequence 7"),
        (np.array(["a", "b"] * 100), {"TASK": "regression"}, "needs numbers as labels"),
        (np.array(["1", "1_10"] * 100), {"TASK": "regression"}, "has words, such as '1_10'"),
        (np.ones(200), {"TASK": "regression"}, "the same in every training sequence"),
        (HOURS, {"CLASS_WEIGHT": "balanced"}, "CLASS_WEIGHT"),
    ],
)
def test_numbers_that_cannot_be_learned(shipped, tmp_path, y, others, message):
    with pytest.raises(InputError, match=message):
        load(**constants(shipped, tmp_path, y, **others))


def test_where_all_test_numbers_are_equal_there_is_no_r2(shipped, tmp_path, capsys):
    x = np.random.default_rng(0).normal(size=(60, 8, 1))
    y = np.where(np.arange(60) < 50, x[:, 0, 0], 1.5)
    np.savez(tmp_path / "d.npz", X_train=x[:50], y_train=y[:50], X_test=x[50:], y_test=y[50:])
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(c)
    (figures,) = evaluate_model.main(c)["per_target"].values()
    assert figures["r2"] is None and figures["rmse"] > 0
    answers = np.full((60, 1), y.mean() + 1e-3 * y.std())  # R² is -1e-6
    figures = score_regression(y[:, None], dict.fromkeys(("network", MEAN, LINEAR), answers), ["y"], 1)
    assert figures["per_target"]["y"]["r2"] == pytest.approx(-1e-6, rel=0.01)
    assert "-0.000" not in "\n".join(regression_lines(figures))
    json.loads((tmp_path / "run" / "evaluation.json").read_text(), parse_constant=pytest.fail)
