"""What a user is told: linear model, the network that starts from it, advice, looks, intervals and importance."""

import csv
import json

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.metrics import mean_pinball_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import predict_model
import train_model
from baselines import ridge as linear
from baselines import trees
from core import ledger
from evaluation.advice import EvaluatedRun, advice
from evaluation.importance import count_shuffled, jackknife_error, shuffled
from sequences.toy_datasets import motifs
from sequences.types import Split
from tasks.classification.task import guessing_loss
from tests.conftest import load, load_model

STRENGTHS = np.logspace(-3, 5, 17)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_linear_model_of_classes_is_scikit_learns_ridge(shipped, tmp_path, capsys, classes):
    rng = np.random.default_rng(0)
    y = np.arange(120) % classes
    x = rng.normal(100, 30, size=(120, 9, 2)) + 20 * y[:, None, None]
    np.savez(tmp_path / "d.npz", X_train=x[:80], y_train=y[:80], X_test=x[80:], y_test=y[80:])
    constants = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(constants)
    result = evaluate_model.main(constants)
    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(STRENGTHS)).fit(x[:80].reshape(80, -1), y[:80])
    expected = ridge.score(x[80:].reshape(40, -1), y[80:])
    assert result["baselines"]["linear"] == pytest.approx(expected)
    report = capsys.readouterr().out
    boosted = result["baselines"]["gradient boosting"]
    assert f"Gradient boosting: {boosted:.2f} (trees on " in report and boosted > 1 / classes
    assert f"Linear model: {expected:.2f} " in report and "95 % interval" in report
    assert json.loads((tmp_path / "run" / "evaluation.json").read_text())["baselines"] == result["baselines"]
    (row,) = ledger.read_rows(tmp_path / "run")
    best = max(result["baselines"], key=result["baselines"].get)
    assert row[ledger.COLUMNS.index("best baseline")] == f"{best} {result['baselines'][best]:.4f}"


def test_of_large_data_a_sample_is_fitted_and_the_report_says_so(shipped, tmp_path, monkeypatch, capsys):
    assert linear.max_training_rows(100) == 2**24 // 100 and linear.max_training_rows(10**5) == 2**24 // 10**5
    monkeypatch.setattr(linear, "MAX_VALUES", 20 * 50)
    constants = shipped.changed(N_SAMPLES=100, RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(constants)
    evaluate_model.main(constants)
    assert "The linear model was fitted to 20 of 80 training sequences" in capsys.readouterr().out


def forecast_constants(shipped, tmp_path, **others):
    t, rng = np.arange(200), np.random.default_rng(0)
    sales = 1000 + 2 * t + 30 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 10, 200)
    rows = "".join(f"{a:.3f},{b:.3f}\n" for a, b in zip(sales, rng.normal(size=200)))
    (tmp_path / "s.csv").write_text("sales,noise\n" + rows)
    chosen = {"TARGET": "sales", "WINDOW": 12, "HORIZON": 3, "SEASON": 12, "EPOCHS": 1}
    chosen |= {"DATASET": str(tmp_path / "s.csv"), "RUN_DIR": str(tmp_path / "run")}
    return shipped.changed(**chosen | others)


def test_summaries_are_those_of_the_measured_steps():
    rng = np.random.default_rng(0)
    whole = [rng.normal(size=(length, 2)) for length in (9, 4, 2, 1)]
    x = np.stack([np.pad(own, [(9 - len(own), 0), (0, 0)], constant_values=50) for own in whole])
    measured = np.stack([np.arange(9) >= 9 - len(own) for own in whole]).astype(float)[:, :, None]
    for own, found in zip(whole, trees.summarise(x, measured).reshape(4, 6, 2)):
        slope = np.polyfit(np.arange(len(own)), own, 1)[0] if len(own) > 1 else np.zeros(2)
        expected = own[-1], own.mean(axis=0), own.std(axis=0), slope, own.min(axis=0), own.max(axis=0)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_gradient_boosting_takes_a_sample_fewer_rounds_or_no_part_where_it_would_take_long():
    assert trees.plan(800, 6, 1) == (800, 50)
    rows, rounds = trees.plan(10**6, 144, 1)
    assert rows == 2**21 // 144 and rounds == 50
    assert trees.plan(1000, 384, 10)[1] == 11 and trees.plan(1000, 6000, 100)[1] == 0


@pytest.mark.parametrize("season", [12, None])  # given, or found
def test_the_season_before_the_window_is_seen_by_one_more_linear_model(shipped, tmp_path, season):
    constants = forecast_constants(shipped, tmp_path, WINDOW=6, SEASON=season)
    train_model.main(constants)
    result, data = evaluate_model.main(constants), load(**constants)
    sales, inputs = data.sequences.x[0][:, 0].astype(float), []
    for part in (data.train, data.test):
        x, first = part.take(slice(None)).astype(float), part.rows + 6
        before = first[:, None] + np.arange(3) - 12
        since = np.where(before < 0, 0, sales[before] - x[:, -1, :1])
        inputs.append(np.hstack([(x - x[:, -1:]).reshape(len(x), -1), since]))
    y = data.train.y[:, :, 0] - data.train.x[:, -1, :1]
    ridge = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS)).fit(inputs[0], y)
    errors = ridge.predict(inputs[1]) - (data.test.y[:, :, 0] - data.test.x[:, -1, :1])
    assert result["baselines"]["linear with season"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-3)
    assert result["baselines"]["linear with season"] < 0.9 * result["baselines"]["linear"]


def test_the_linear_model_of_forecasts_is_ridge_on_changes(shipped, tmp_path):
    constants = forecast_constants(shipped, tmp_path)
    train_model.main(constants)
    result, data = evaluate_model.main(constants), load(**constants)

    def changes(part):
        x = part.take(slice(None)).astype(float)
        return (x - x[:, -1:]).reshape(len(x), -1), part.y[:, :, 0] - x[:, -1, :1]

    ridge = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS)).fit(*changes(data.train))
    x, y = changes(data.test)
    assert result["baselines"]["linear"] == pytest.approx(np.sqrt(np.mean((ridge.predict(x) - y) ** 2)), rel=1e-4)


def test_a_forecast_starts_as_the_linear_model_and_keeps_its_linear_part(shipped, tmp_path):
    rmse = []
    for rate, run in ((1e-30, "start"), (0.001, "later")):
        constants = forecast_constants(shipped, tmp_path, LEARNING_RATE=rate, RUN_DIR=str(tmp_path / run), EPOCHS=30)
        train_model.main(constants)
        result = evaluate_model.main(constants)
        rmse.append(result["rmse"])
        if run == "start":
            assert result["rmse"] == pytest.approx(result["baselines"]["linear"], rel=1e-3)
    assert rmse[0] != rmse[1]
    start, later = (load_model(tmp_path / run).get_layer("linear").get_weights() for run in ("start", "later"))
    np.testing.assert_array_equal(start[0], later[0])
    train_model.main(constants.changed(LINEAR_START=False))
    assert "linear" not in [layer.name for layer in load_model(tmp_path / "later").layers]


def test_prediction_intervals_come_from_the_validation_set_and_are_written(shipped, tmp_path, capsys):
    constants = forecast_constants(shipped, tmp_path, VALIDATION_SIZE=0.3, EPOCHS=2)
    train_model.main(constants)
    result = evaluate_model.main(constants)
    data, run = load(**constants), tmp_path / "run"
    (by,) = json.loads((run / "run.json").read_text())["learned"]["intervals"]["width_by"]

    def widths(part):
        x = part.take(slice(None))[:, :, 0].astype(float)
        widths = {"constant": np.ones(len(x)), "level": np.sqrt(np.abs(x[:, -3:]).mean(axis=1))}
        return {**widths, "movement": np.sqrt(((x - x[:, -1:]) ** 2).mean(axis=1))}

    def scales(part):
        return widths(part)[by]

    part = data.validation
    errors = (
        np.abs(load_model(run).predict(part.take(slice(None)), verbose=0) - part.y[:, :, 0]) / scales(part)[:, None]
    )
    half = np.sort(errors, axis=0)[int(np.ceil((len(part) + 1) * 0.8)) - 1]
    with open(run / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    for h in (1, 2, 3):
        low, middle, high = (
            np.array([float(row[f"{name}_step_{h}"]) for row in rows]) for name in ("low_80", "forecast", "high_80")
        )
        for size in (high - middle, middle - low):
            np.testing.assert_allclose(size, half[h - 1] * scales(data.test), rtol=2e-3)
    assert 0.5 < result["bands"]["80"]["coverage"] <= 1
    report = " ".join(capsys.readouterr().out.split())
    assert f"network {result['crps']['network']:.2f} {100 * result['bands']['80']['coverage']:.0f} %" in report
    assert "and CRPS from the deciles, in its units: skill against " in report
    # Persistence has intervals of its own errors on the validation set; its CRPS by scikit-learn's pinball loss.
    values, possible, test = data.sequences.x[0][:, 0].astype(float), [], data.test
    naive, naive_test = (values[s.rows + s.shape[0] - 1][:, None] + np.zeros(3) for s in (part, test))
    for name in ("constant", "level", "movement"):
        sizes = np.sort(np.abs(naive - part.y[:, :, 0]) / widths(part)[name][:, None], axis=0)
        losses = [mean_pinball_loss(test.y.ravel(), naive_test.ravel(), alpha=0.5)]
        for level in (0.2, 0.4, 0.6, 0.8):
            size = sizes[int(np.ceil((len(sizes) + 1) * level)) - 1] * widths(test)[name][:, None]
            for sign in (-1, 1):
                edge = (naive_test + sign * size).ravel()
                losses.append(mean_pinball_loss(test.y.ravel(), edge, alpha=(1 + sign * level) / 2))
        possible.append(2 * np.mean(losses))
    assert min(np.abs(np.array(possible) / result["crps"]["persistence"] - 1)) < 1e-5
    predict_model.predict(run, tmp_path / "s.csv")
    with open(run / "new_predictions.csv") as file:
        assert list(csv.DictReader(file))[0].keys() == {"step", "sales", "low_80", "high_80", "low_95", "high_95"}
    train_model.main(constants.changed(VALIDATION_SIZE=0.0))
    evaluate_model.main(constants.changed(VALIDATION_SIZE=0.0))
    assert "Prediction intervals: set VALIDATION_SIZE" in capsys.readouterr().out


def test_the_ledger_keeps_validation_scores_and_counts_networks_scored_on_the_test_set(shipped, tmp_path, capsys):
    c = shipped.changed(DATASET="motifs", N_SAMPLES=100, VALIDATION_SIZE=0.25, EPOCHS=2, RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    with open(tmp_path / "run" / "history.csv") as file:
        last = list(csv.DictReader(file))[-1]["val_accuracy"]
    (row,) = ledger.read_rows(tmp_path / "run")
    assert row[2:5] == ["validation", "accuracy", f"{float(last):.4f}"]
    for looks in (1, 2, 3):
        own = c.changed(LEARNING_RATE=0.001 * looks)
        train_model.main(own)
        for _ in range(3):  # the same network again is no other candidate
            assert evaluate_model.main(own)["looks"] == looks
        said = "3 networks have been scored on this test set" in capsys.readouterr().out
        assert said == (looks == 3)
    other = c.changed(N_SAMPLES=120)  # another test set
    train_model.main(other)
    assert evaluate_model.main(other)["looks"] == 1


def test_noise_beside_the_motifs_is_found_to_be_of_no_importance(shipped, tmp_path):
    x, y, _ = motifs(1000, 50, 1, seed=42)
    noise = np.random.default_rng(0).uniform(0, 1, size=(1000, 50, 2)).astype(np.float32)
    np.savez(tmp_path / "d.npz", X=np.concatenate([x, noise], axis=2), y=y)
    constants = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), EPOCHS=15)
    train_model.main(constants)
    result = evaluate_model.main(constants)
    features = result["importance"]["features"]
    assert result["accuracy"] > 0.9 and features["0"][0] > 0.3
    for name in ("1", "2"):
        lost, error = features[name]
        assert abs(lost) <= 2 * error + 0.01
    times = [mean for mean, _ in result["importance"]["time steps"].values()]
    assert len(times) == 10 and max(times) > 0.02
    assert (tmp_path / "run" / "importance.png").read_bytes().startswith(b"\x89PNG")


def test_values_are_shuffled_on_the_scale_of_the_sequence_that_they_come_into():
    ramps = np.stack([np.arange(8.0), 1000 - 10 * np.arange(8.0)])[..., None]
    index = (slice(None), 0)
    raw, scaled = (shuffled(ramps, [index], np.random.default_rng(3), own)[0] for own in (False, True))
    assert raw[:, 0, 0].tolist() == [1000, 0] and scaled[:, 0, 0] == pytest.approx([7, 930])
    assert (scaled[:, 1:] == ramps[:, 1:]).all()


def test_the_standard_error_of_a_mean_and_how_many_sequences_are_shuffled():
    values = np.random.default_rng(0).normal(size=(3, 10))
    without = (values.sum(axis=1, keepdims=True) - values) / 9
    np.testing.assert_allclose(jackknife_error(without), values.std(axis=1, ddof=1) / np.sqrt(10))
    assert jackknife_error(values[:, :0]).tolist() == [0, 0, 0]

    def count(n, *shape):
        return count_shuffled(Split(np.zeros((n, *shape)), np.zeros(n), np.arange(n)))

    # Of ten stretches of time, and three features, as many as two predictions of the test set take, from 40 to 200.
    assert [count(n, 50, 1) for n in (20, 150, 500, 5000)] == [20, 40, 100, 200] and count(520, 50, 3) == 80


def test_of_a_single_test_sequence_nothing_is_said_to_be_without_importance(shipped, tmp_path, capsys):
    x, y = np.random.default_rng(0).random((41, 12, 3)), np.arange(41) % 2
    for n in (1, 2):
        np.savez(tmp_path / "d.npz", X_train=x[n:], y_train=y[n:], X_test=x[:n], y_test=y[:n])
        constants = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
        train_model.main(constants)
        figures = evaluate_model.main(constants)
        assert ("What the network looks at" in capsys.readouterr().out) == (figures["importance"] != {}) == (n > 1)


def advised(shipped, history=None, shape=(50, 1), linear_models=True, **figures):
    """Advice for a good run of 500 test sequences, but for what is given."""
    fine = {
        "accuracy": 0.9,
        "accuracy_interval": [0.87, 0.92],
        "test_sequences": 500,
        "baselines": {"majority": 0.5, "linear": 0.6},
        "differences": {"majority": {"interval": [0.3, 0.5]}, "linear": {"interval": [0.2, 0.4]}},
        "per_class": {"a": {"support": 250}, "b": {"support": 250}},
        "confusion_matrix": [[225, 25], [25, 225]],
        "guessing_loss": np.log(2),
    }
    losses = [0.6, 0.4, 0.3, 0.25, 0.24, 0.24, 0.24, 0.239, 0.239, 0.239]
    history = {"loss": losses, "accuracy": [0.9] * 10} | (history or {})
    return advice(EvaluatedRun("accuracy", "higher", history, fine | figures, shape, shipped, linear_models))


def test_no_advice_where_nothing_is_wrong(shipped):
    assert advised(shipped) == []
    assert advised(shipped, history={"loss": [0.694] * 10}) == []  # a linear model beside the network answered


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"history": {"loss": np.linspace(0.6, 0.2, 10).tolist()}}, "still fell by .* raise EPOCHS"),
        ({"history": {"accuracy": [0.8, 1.0]}, "accuracy": 0.8, "accuracy_interval": [0.76, 0.83]}, "DROPOUT = 0.3"),
        (
            {
                "history": {"loss": [0.694] * 10},
                "baselines": {"majority": 0.5},
                "differences": {"majority": {"interval": [-0.1, 0.1]}},
            },
            r"\(0.694\) stayed near that of guessing \(0.693\).*learned nothing",
        ),
        (
            {"differences": {"majority": {"interval": [0, 1]}, "linear": {"interval": [-0.2, -0.1]}}},
            "Worse than the linear model: more training data",
        ),
        ({"confusion_matrix": [[250, 0], [250, 0]]}, "Never predicted: class b. Try more EPOCHS"),
        (
            {"confusion_matrix": [[400, 0], [100, 0]], "per_class": {"a": {"support": 400}, "b": {"support": 100}}},
            "Never predicted: class b.*CLASS_WEIGHT",
        ),
        (
            {"baselines": {"linear": 0.95}, "differences": {"linear": {"difference": -0.05, "interval": [-0.1, 0.1]}}},
            'The linear model is ahead: ARCHITECTURE = "deep_cnn_lstm"',
        ),
        ({"confusion_matrix": [[0, 250], [0, 250]]}, "Never predicted: class a. Try more EPOCHS"),
        ({"shape": (8, 250)}, "is the time axis last"),
        ({"shape": (2000, 1)}, "2000 time steps are long.*POOL_SIZE"),
        ({"per_class": {"a": {"support": 500}, "b": {"support": 0}}}, "holds class a alone"),
        ({"accuracy_interval": [0.7, 0.97], "test_sequences": 20}, "20 test sequences leave an interval 0.27 wide"),
    ],
)
def test_each_rule_of_advice_speaks_where_it_should_and_alone(shipped, given, words):
    import re

    lines = advised(shipped, **given)
    assert len(lines) == 1 and re.search(words, lines[0]), lines


def test_linear_models_are_named_only_where_they_would_be_added(shipped):
    ahead = {"baselines": {"linear": 0.95}, "differences": {"linear": {"difference": -0.05, "interval": [-0.1, 0.1]}}}
    assert advised(shipped, linear_models=False, **ahead) == []
    assert advised(shipped.changed(ARCHITECTURE="deep_cnn"), **ahead) == []


def test_there_are_never_more_than_three_lines(shipped):
    given = {"accuracy_interval": [0.2, 0.97], "shape": (900, 9000), "confusion_matrix": [[250, 0], [250, 0]]}
    assert len(advised(shipped, history={"loss": np.linspace(0.6, 0.2, 10).tolist()}, **given)) == 3


def test_nobody_is_told_to_train_longer_for_what_is_perfect(shipped):
    history = {"loss": np.linspace(0.6, 0.2, 10).tolist()}
    perfect = {"cer": 0.0, "cer_interval": [0.0, 0.0], "test_sequences": 50, "baselines": {"linear": 0.9}}
    perfect |= {"differences": {"linear": {"difference": 0.9, "interval": [0.8, 1.0]}}}
    for figures, advised in ((perfect, False), (perfect | {"cer": 0.3}, True)):
        lines = advice(EvaluatedRun("cer", "lower", history, figures, (50, 1), shipped, True))
        assert bool(lines) == advised
    exact = {"linear": {"difference": 0.99, "interval": [0.9, 1.0]}}
    figures = {"rmse": 0.01, "baselines": {"linear": 1.0}, "differences": exact, "test_sequences": 50}
    assert advice(EvaluatedRun("rmse", "lower", history, figures, (50, 1), shipped, True)) == []


def test_one_test_sequence_is_told_in_the_singular(shipped):
    (line,) = advised(shipped, accuracy_interval=[0.2, 1.0], test_sequences=1)
    assert line.startswith("1 test sequence leaves an interval 0.80 wide")


def test_guessing_is_measured_by_the_training_set_and_its_weights(shipped):
    y = np.repeat([0, 1], [95, 5])
    assert guessing_loss(y, shipped) == pytest.approx(-0.95 * np.log(0.95) - 0.05 * np.log(0.05))
    assert guessing_loss(y, shipped.changed(CLASS_WEIGHT="balanced")) == pytest.approx(np.log(2))
