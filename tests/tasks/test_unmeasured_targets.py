"""Empty cells among the values to forecast: what was measured counts, in loss and scores, and nothing else does."""

import csv

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

import evaluate_model
import train_model
from baselines import ridge
from cnn_lstm_model import build_model
from core.constants import check_constants
from core.errors import InputError
from core.quiet_tensorflow import keras, tf
from evaluation.conformal_prediction import conformal_half_widths
from evaluation.forecast_checks import Origins, direction_figures, lag_figures
from evaluation.forecast_scores import ForecastComparison, score_forecasts
from evaluation.intervals import bootstrap_rmse
from reports import pictures
from sequences.types import Split
from tests.conftest import ROOT, load, run
from training.acceleration.traced_steps import reuse_network
from training.batches import BatchLoader
from training.build import build
from training.fit import fit

WINDOW, HORIZON, ROWS, TEST = 6, 3, 150, 40


def write_table(path, **gaps):
    """Two walks and a wave; gaps {column: rows without a value}. Returns: (walks (rows, 2) with NaN, constants)."""
    values = np.round(np.cumsum(np.random.default_rng(0).normal(size=(ROWS, 2)), axis=0), 3)
    for column, rows in gaps.items():
        values[rows, "ab".index(column)] = np.nan
    cells = [",".join([*("" if np.isnan(v) else str(v) for v in own), str(k % 7)]) for k, own in enumerate(values)]
    path.write_text("\n".join(["a,b,c", *cells]) + "\n")
    own = {"DATASET": str(path), "TARGET": ["a", "b"], "WINDOW": WINDOW, "HORIZON": HORIZON, "TEST_SIZE": TEST}
    return values, own


GAPS = {"a": [20, 50, 51, 52, 53, 54, 120, 126], "b": [30, 51, 52, 53, 54, 55, 126, 127]}


def test_windows_keep_what_was_measured(tmp_path):
    values, own = write_table(tmp_path / "s.csv", **GAPS)
    data, lost = load(**own), [51, 52]  # the first target of windows in which nothing was measured
    for split, begin, end in ((data.train, WINDOW, ROWS - TEST), (data.test, ROWS - TEST, ROWS)):
        first = [row for row in range(begin, end - HORIZON + 1) if row not in lost]
        assert (split.rows + WINDOW).tolist() == first
        np.testing.assert_array_equal(split.y, values[np.add.outer(first, range(HORIZON))].astype(np.float32))
        assert not np.isnan(split.take(slice(None))).any()
    notes, windows = " ".join(data.sequences.notes), [*data.train.y, *data.test.y]
    with_gaps = sum(bool(np.isnan(y).any()) for y in windows)
    assert f"{with_gaps} of {len(windows)} windows have an empty a, b among the values to forecast" in notes
    assert "2 windows were left out: no a, b to forecast was measured" in notes
    with pytest.raises(InputError, match="the test set has no measured b to forecast"):
        load(**write_table(tmp_path / "s.csv", b=range(ROWS - TEST, ROWS))[1])


def test_scores_and_files_are_of_measured_values_alone(shipped, tmp_path, capsys, monkeypatch):
    values, own = write_table(tmp_path / "s.csv", **GAPS)
    c = check_constants({**shipped, **own, "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 2, "VALIDATION_SIZE": 40})
    drawn = []
    draw = pictures.forecasts
    monkeypatch.setattr(pictures, "forecasts", lambda panels, which: drawn.extend(panels) or draw(panels, which))
    train_model.main(c)
    result, rows = evaluate_model.main(c), []
    with open(tmp_path / "run" / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    cells = [
        [[row[f"{kind}_{t}_step_{h}"] for t in "ab"] for h in (1, 2, 3)]
        for row in rows
        for kind in ("true", "forecast")
    ]
    true, forecasts = (
        np.array([[[float(v or "nan") for v in step] for step in w] for w in cells[k::2]]) for k in (0, 1)
    )
    first = np.array([int(row["index"]) for row in rows])
    np.testing.assert_allclose(true, values[first[:, None] + np.arange(HORIZON)], rtol=1e-5)
    assert np.isnan(true).any() and not np.isnan(forecasts).any()
    unit = np.nanstd(values[: ROWS - TEST], axis=0)
    filled = values.copy()
    for row in range(1, ROWS):
        filled[row] = np.where(np.isnan(filled[row]), filled[row - 1], filled[row])
    persistence = np.repeat(filled[first - 1][:, None], HORIZON, axis=1)
    for error, score, step in (
        (forecasts - true, result["rmse"], result["rmse_per_step"]["network"]),
        (persistence - true, result["baselines"]["persistence"], result["rmse_per_step"]["persistence"]),
    ):
        assert score == pytest.approx(np.sqrt(np.nanmean((error / unit) ** 2)), rel=1e-4)
        assert step == pytest.approx(np.sqrt(np.nanmean((error / unit) ** 2, axis=(0, 2))), rel=1e-4)
    assert result["mae"] == pytest.approx(np.nanmean(np.abs((forecasts - true) / unit)), rel=1e-4)
    b = (forecasts - true)[:, :, 1]
    assert result["per_target"]["b"]["rmse"] == pytest.approx(np.sqrt(np.nanmean(b**2)), rel=1e-4)
    assert result["measured"] == pytest.approx((~np.isnan(true)).mean())
    low, high = (
        [[[float(row[f"{edge}_80_{t}_step_{h}"]) for t in "ab"] for h in (1, 2, 3)] for row in rows]
        for edge in ("low", "high")
    )
    inside = (true >= low) & (true <= high)
    assert result["bands"]["80"]["coverage"] == pytest.approx(inside[~np.isnan(true)].mean(), abs=0.02)
    assert [np.flatnonzero(np.isnan(panel.values)).tolist() for panel in drawn] == [GAPS[p.target] for p in drawn]
    assert "nan" not in capsys.readouterr().out


@pytest.mark.parametrize("scale", ["training", "sequence"])
def test_training_is_that_by_the_loss_of_measured_values(shipped, tmp_path, scale):
    """Against a loop by hand, whose loss takes the measured values out of each batch."""
    _, own = write_table(tmp_path / "s.csv", **GAPS)
    c = check_constants({**shipped, **own, "STANDARDISE": scale, "EPOCHS": 2, "LINEAR_START": False})
    data = load(**c)
    model = build(data, build_model, c)
    own, loader = keras.models.clone_model(model), BatchLoader(data.train, c.BATCH_SIZE, c.SEED)
    own.set_weights(model.get_weights())
    loader.split.y, optimizer = data.task.loss_targets(data.train, data, c), keras.optimizers.Adam(c.LEARNING_RATE)
    assert np.isnan(loader.split.y).any()
    scores = []
    for epoch in range(2):
        loader.set_epoch(epoch)
        (x, y), errors = loader[0], []
        for start in range(0, len(x), c.BATCH_SIZE):
            inputs, wanted = x[start : start + c.BATCH_SIZE], y[start : start + c.BATCH_SIZE]
            with tf.GradientTape() as tape:
                error = tf.boolean_mask(own(inputs) - wanted, ~np.isnan(wanted))
                size = tf.abs(error)
                huber = tf.where(size <= 1, error**2 / 2, size - 0.5)
                loss = tf.reduce_mean(huber if scale == "sequence" else error**2)
            optimizer.apply(tape.gradient(loss, own.trainable_variables), own.trainable_variables)
            errors.append(error)
        scores.append(np.sqrt(np.mean(np.concatenate(errors) ** 2)))
    data = load(**c)
    history, _ = fit(model, data, c)
    assert history["rmse"] == pytest.approx(scores, rel=1e-4)
    for trained, expected in zip(model.get_weights(), own.get_weights()):
        np.testing.assert_allclose(trained, expected, rtol=1e-3, atol=1e-5)


def test_the_loss_is_masked_only_where_there_is_a_gap(shipped, tmp_path):
    _, own = write_table(tmp_path / "s.csv", a=[2, 7])  # in a window's past, and a target of every second window
    networks = []
    for stride in (2, 1):
        c = check_constants({**shipped, **own, "HORIZON": 1, "STRIDE": stride, "EPOCHS": 1})
        data = load(**c)
        assert data.trains_with_gaps == (stride == 1)
        model, steps = reuse_network(build(data, build_model, c), data)
        history, _ = fit(model, data, c, traced_steps=steps)
        assert (model.loss == "mse") != data.trains_with_gaps and np.isfinite(history["loss"]).all()
        networks.append(model)
    assert networks[0] is not networks[1]


def test_ridge_is_fitted_to_the_measured_rows_of_each_output():
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=(80, 5, 2)), 80
    y = x.reshape(n, -1) @ rng.normal(size=(10, 4)) + rng.normal(size=(n, 4))
    y[::3, 0] = y[10:40, 1] = y[10:40, 2] = y[1:, 3] = np.nan
    split = Split(x, None, np.arange(n))
    model = ridge.fit(split, lambda places: y[places], ridge.flat, 0)

    def standardised(rows):
        inputs = x.astype(np.float32).reshape(n, -1)[rows].astype(np.float64)
        mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
        return (inputs - mean) / np.where(deviation > 0, deviation, 1), mean, np.where(deviation > 0, deviation, 1)

    rows = ~np.isnan(y[:, 1])  # columns 1 and 2, measured in 50 rows each, choose the strength
    strength = RidgeCV(ridge.STRENGTHS).fit(standardised(rows)[0], y[rows, 1:3]).alpha_
    for column, target in enumerate(y.T):
        z, mean, deviation = standardised(~np.isnan(target))
        target = target[~np.isnan(target)]
        weights = np.linalg.solve(z.T @ z + strength * np.eye(10), z.T @ (target - target.mean())) / deviation
        np.testing.assert_allclose(model.weights[:, column], weights, atol=1e-9)
        assert model.intercept[column] == pytest.approx(target.mean() - mean @ weights)
    never = ridge.fit(split, lambda places: np.where(np.arange(4) == 3, np.nan, y[places]), ridge.flat, 0)
    assert not never.weights[:, 3].any() and never.intercept[3] == 0


def test_intervals_count_the_errors_of_each_step():
    errors = np.array([[3.0, np.nan], [1.0, -50.0], [2.0, 20.0], [-4.0, 10.0], [5.0, 40.0]])
    # 80 %: of 5 errors the 5th smallest (6 × 0.8 = 4.8), of 4 the 4th (5 × 0.8).
    assert conformal_half_widths(errors, np.ones(5)) == {"80": [5.0, 50.0]}
    errors[1, 1] = np.nan  # of 3 it would be the 4th
    assert conformal_half_widths(errors, np.ones(5)) == {}


def test_the_bootstrap_draws_windows_and_counts_their_measured_values():
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(10, 4, 1))
    errors[rng.random(errors.shape) < 0.4] = np.nan
    errors[:, 0] = 1.0
    starts = np.random.default_rng(3).integers(0, 10, (2000, 5))
    drawn = [errors[(np.repeat(own, 2) + np.tile([0, 1], 5)) % 10] for own in starts]
    expected = [np.sqrt(np.nanmean(own**2)) for own in drawn]
    np.testing.assert_allclose(bootstrap_rmse(errors, 3, block=2), expected)


def test_scores_of_series_are_of_measured_values():
    true = np.array([[[1.0], [np.nan]], [[4.0], [6.0]], [[10.0], [np.nan]]])
    forecasts = {"network": np.full((3, 2, 1), 2.0), "persistence": np.full((3, 2, 1), 3.0)}
    index, scales = np.array([0, 0, 1]), np.array([[2.0], [4.0]])
    figures = score_forecasts(
        ForecastComparison(true, forecasts, {}, ["a"], np.ones((3, 1)), ["p", "q"], index, scales)
    )
    p = figures["per_series"]["p"]
    assert p["mase"] == pytest.approx((1 + 2 + 4) / 3 / 2) and figures["per_series"]["q"]["mase"] == 8 / 4
    assert p["smape"] == pytest.approx(200 * (1 / 3 + 2 / 6 + 4 / 8) / 3)
    assert figures["rmse_per_step"]["network"] == pytest.approx([np.sqrt((1 + 4 + 64) / 3), 4])
    true[:, 1] = np.nan
    figures = score_forecasts(ForecastComparison(true, forecasts, {}, ["a"], np.ones((3, 1))))
    assert figures["rmse_per_step"]["network"][1] is figures["mae_per_step"]["network"][1] is None


def test_folds_count_by_their_measured_values(tmp_path):
    task = load(**write_table(tmp_path / "s.csv")[1]).task
    folds = [{"rmse": 1.0, "baselines": {}, "test_windows": 10}]
    folds += [{"rmse": 3.0, "baselines": {}, "test_windows": 20, "measured": 0.25}]
    _, figures, _ = task.pool_folds([(own, task) for own in folds])
    assert figures["pooled_rmse"]["network"] == pytest.approx(np.sqrt((10 * 1 + 5 * 9) / 15))


def test_checks_of_forecasts_leave_out_what_was_not_measured():
    rng = np.random.default_rng(0)
    values, first = np.cumsum(rng.normal(size=60)), np.arange(20, 60)
    origins = Origins(first, np.zeros(40, int), np.zeros(40, int))
    forecasts = (values[first] + rng.normal(size=40))[:, None]
    forecasts[[5, 6, 20]] = np.nan
    known = ~np.isnan(forecasts[:, 0])
    both = known[1:] & known[:-1]
    expected = np.corrcoef(np.diff(forecasts[:, 0])[both], np.diff(values[first])[both])[0, 1]
    assert lag_figures(values, forecasts, origins)["at_lag_0"] == pytest.approx(expected)
    up = np.sign(forecasts[:, 0] - values[first - 1]) == np.sign(values[first] - values[first - 1])
    found = direction_figures(values, forecasts, origins, 40)
    assert (found["windows"], found["right"]) == (37, pytest.approx(up[known].mean()))


def test_a_gap_breaks_the_line_of_the_picture_and_lone_values_are_dots():
    values = np.array([1.0, np.nan, 2.0, np.nan, 3.0, 4.0])
    panel = pictures.ForecastPanel(values, np.array([6]), np.array([[5.0, 6.0]]), {}, "a", "")
    measured, forecast, *_ = pictures.future_forecasts([panel]).figure.axes[0].lines
    np.testing.assert_array_equal(measured.get_ydata(), values)
    assert measured.get_markevery() == [0, 2]
    assert forecast.get_xydata()[:3].tolist() == [[5, 4], [6, 5], [7, 6]]  # from the last value on, without a gap


TWO_DEVICES = """
import numpy as np
from core.quiet_tensorflow import keras, tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from training.epochs import training_scope
from training.measured_targets import count_measured_alone
x, nan = np.array([[1.0, 0], [0, 1], [2, 1], [1, 3]]), np.nan
y = np.array([[1.0, nan], [nan, 2], [3, 1], [2, 5]])  # two of four for the first device, all for the second
known = ~np.isnan(y)
for loss, factor in (("mse", 1), (keras.losses.Huber(10.0), 0.5)):  # half the square, so near to 0
    with training_scope(["CPU:0", "CPU:1"]):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False, kernel_initializer="zeros")])
        model.compile(keras.optimizers.SGD(1.0), **count_measured_alone(loss, []))
    found = model.fit(x, y, batch_size=4, verbose=0).history["loss"][0]
    step = factor * 2 / known.sum() * x.T @ np.where(known, y, 0)  # down the mean square error of what was measured
    np.testing.assert_allclose(model.get_weights()[0], step, rtol=1e-5)
    np.testing.assert_allclose(found, factor * np.nansum(y**2) / known.sum(), rtol=1e-5)
"""


def test_two_devices_take_the_mean_over_all_that_was_measured():
    done = run(ROOT, "-c", TWO_DEVICES)
    assert done.returncode == 0, done.stderr
