"""Forecasting: windows, splits by time, the network's constant shift, report and files, on a series written here."""

import csv
import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from readers import read_new
from reports import pictures
from reports.formatting import format_error
from tests.conftest import load


def write_series(path, rows=200, level=1000.0):
    """A season of 12 rows on a rising level, and a column that tells nothing."""
    t = np.arange(rows)
    sales = level + 2 * t + 30 * np.sin(2 * np.pi * t / 12)
    noise = np.random.default_rng(0).normal(size=rows)
    lines = [f"{1900 + i // 12}-{i % 12 + 1:02d},{a:.6f},{b:.6f}" for i, (a, b) in enumerate(zip(sales, noise))]
    path.write_text("month,sales,noise\n" + "\n".join(lines) + "\n")
    return sales, noise


def test_no_training_window_reaches_into_validation_or_test_targets(tmp_path):
    sales, noise = write_series(tmp_path / "s.csv")
    data = load(
        DATASET=str(tmp_path / "s.csv"), TARGET="sales", WINDOW=10, HORIZON=3, TEST_SIZE=0.2, VALIDATION_SIZE=30
    )
    table = np.stack([sales, noise], axis=1).astype(np.float32)
    bounds = {"train": (0, 130), "validation": (130, 160), "test": (160, 200)}
    for name, (begin, end) in bounds.items():
        part = getattr(data, name)
        first = part.rows + 10
        assert first.min() == max(begin, 10) and (first + 3).max() == end
        for row, x, y in zip(part.rows, part.take(slice(None)), part.y):
            np.testing.assert_allclose(x, table[row : row + 10], rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(y[:, 0], table[row + 10 : row + 13, 0], rtol=1e-5)
    assert "month" in " ".join(data.sequences.notes)


def test_the_last_numeric_column_is_the_default_target(tmp_path):
    write_series(tmp_path / "s.csv")
    assert load(DATASET=str(tmp_path / "s.csv")).task.targets == ["noise"]


def test_train_evaluate_predict(shipped, tmp_path, capsys):
    sales, _ = write_series(tmp_path / "s.csv")
    run = tmp_path / "run"
    constants = {**shipped, "RUN_DIR": str(run), "DATASET": str(tmp_path / "s.csv"), "TARGET": "sales", "SEASON": 12}
    constants |= {"WINDOW": 24, "HORIZON": 6, "EPOCHS": 60}
    train_model.main(constants)
    result = evaluate_model.main(constants)
    report = capsys.readouterr().out.strip().splitlines()
    assert report.count(f"Test RMSE: {format_error(result['rmse'])}") == 1
    assert (run / "forecast.png").is_file()
    # Against figures worked out from predictions.csv and the series.
    rows = list(csv.DictReader((run / "predictions.csv").open()))
    true = np.array([[float(row[f"true_step_{h}"]) for h in range(1, 7)] for row in rows])
    forecasts = np.array([[float(row[f"forecast_step_{h}"]) for h in range(1, 7)] for row in rows])
    first = np.array([int(row["index"]) for row in rows])
    assert first.tolist() == list(range(160, 195))
    np.testing.assert_allclose(true, [sales[i : i + 6] for i in first], rtol=1e-5)
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean((forecasts - true) ** 2)), abs=2e-3)
    persistence = np.array([[sales[i - 1]] * 6 for i in first])
    assert result["baselines"]["persistence"] == pytest.approx(np.sqrt(np.mean((persistence - true) ** 2)), rel=1e-4)
    season = np.array([sales[i - 12 : i - 6] for i in first])
    assert result["baselines"]["season before"] == pytest.approx(np.sqrt(np.mean((season - true) ** 2)), rel=1e-4)
    assert result["rmse"] < 0.5 * result["baselines"]["persistence"]

    predict_model.predict(run, tmp_path / "s.csv")
    future = [float(row["sales"]) for row in csv.DictReader((run / "new_predictions.csv").open())]
    t = np.arange(200, 206)
    np.testing.assert_allclose(future, 1000 + 2 * t + 30 * np.sin(2 * np.pi * t / 12), atol=3 * result["rmse"])
    assert (run / "future.png").is_file()


def test_the_picture_shows_no_value_where_none_was_measured(shipped, tmp_path, capsys, monkeypatch):
    """Rows at the end with nothing to forecast, and gaps, are no part of the line of the series."""
    sales, noise = write_series(tmp_path / "s.csv")
    lines = (tmp_path / "s.csv").read_text().splitlines()
    lines[181] = f"{lines[181].split(',')[0]},,0"
    lines += [f"1950-{month:02d},,0" for month in range(1, 6)]
    (tmp_path / "s.csv").write_text("\n".join(lines) + "\n")
    constants = {**shipped, "RUN_DIR": str(tmp_path / "run"), "DATASET": str(tmp_path / "s.csv"), "TARGET": "sales"}
    train_model.main(constants | {"EPOCHS": 1})
    assert "rmse in training is in standard deviations" in capsys.readouterr().out
    drawn = []
    for name in ("forecasts", "future_forecasts"):
        draw = getattr(pictures, name)
        monkeypatch.setattr(pictures, name, lambda panels, *which, draw=draw: drawn.append(panels[0]) or draw(panels))
    evaluate_model.main(constants | {"EPOCHS": 1})
    predict_model.predict(tmp_path / "run", tmp_path / "s.csv")
    for panel in drawn:
        values = panel.values
        assert str(panel.times[len(values)]).startswith("1950-01")  # the rows that follow have dates too
        assert np.flatnonzero(np.isnan(values)).tolist() == [180]
        np.testing.assert_allclose(np.delete(values, 180), np.delete(sales, 180), rtol=1e-6)
    assert "increase in RMSE when shuffled among the test windows" in capsys.readouterr().out
    assert len(drawn) == 2


def test_forecasts_follow_the_level(shipped, tmp_path):
    """Adding a constant to the series adds it to the forecasts: the network sees changes alone."""
    from core.quiet_tensorflow import keras

    write_series(tmp_path / "s.csv")
    constants = {**shipped, "RUN_DIR": str(tmp_path / "run"), "DATASET": str(tmp_path / "s.csv"), "TARGET": "sales"}
    train_model.main(constants | {"HORIZON": 2, "EPOCHS": 1})
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    x = np.random.default_rng(0).normal(size=(5, 24, 2)).astype(np.float32)
    shifted = x + np.float32([64.0, 0.0])
    np.testing.assert_allclose(model.predict(shifted, verbose=0), model.predict(x, verbose=0) + 64, atol=1e-3)


@pytest.mark.parametrize("standardise", ["training", "sequence"])
def test_a_meter_far_from_zero_is_forecast(shipped, tmp_path, standardise):
    """Against ridge regression of the changes in 64 bits; the file has the readings with all their digits."""
    rng = np.random.default_rng(0)
    rises = np.zeros(400)
    for k in range(1, 400):
        rises[k] = 0.9 * rises[k - 1] + rng.normal()
    meter = np.round(1e9 + np.cumsum(rises + 3), 2)
    (tmp_path / "s.csv").write_text("\n".join(["kwh", *map(repr, meter.tolist())]) + "\n")
    run, c = (
        tmp_path / "run",
        {"DATASET": str(tmp_path / "s.csv"), "WINDOW": 4, "EPOCHS": 2, "STANDARDISE": standardise},
    )
    c = {**shipped, **c, "RUN_DIR": str(run)}
    train_model.main(c)
    result = evaluate_model.main(c)
    x = np.stack([meter[k : k + 4] - meter[k + 3] for k in range(397)])
    y = meter[4:] - meter[3:-1]
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17))).fit(x[:316], y[:316])
    rmse = np.sqrt(np.mean((ridge.predict(x[316:396]) - y[316:]) ** 2))
    if standardise == "training":
        assert result["baselines"]["linear"] == pytest.approx(rmse, rel=1e-3)
        assert result["baselines"]["persistence"] == pytest.approx(np.sqrt(np.mean(y[316:] ** 2)), rel=1e-9)
    assert result["rmse"] < 1.02 * result["baselines"]["linear"] < 0.5 * result["baselines"]["persistence"]
    rows = list(csv.DictReader((run / "predictions.csv").open()))
    assert [float(row["true_step_1"]) for row in rows] == meter[320:].tolist()
    predict_model.predict(run, tmp_path / "s.csv")
    (future,) = csv.DictReader((run / "new_predictions.csv").open())
    assert float(future["kwh"]) - meter[-1] == pytest.approx(ridge.predict(x[396:])[0], abs=0.1)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"TARGET": "price"}, "TARGET = 'price'.*sales, noise"),
        ({"WINDOW": 180}, "WINDOW = 180"),
        ({"TEST_SIZE": 3, "HORIZON": 5}, "TEST_SIZE = 3.*HORIZON = 5"),
        ({"TEST_SIZE": 200}, "0 of 200 rows"),
        ({"GROUP": "(a)"}, "GROUP"),
        ({"TEST_FILES": "a"}, "TEST_FILES"),
        # Of 24 rows the network sees the last 12, as changes against the 12 before.
        (
            {"WINDOW": 24, "SEASON": 12, "STANDARDISE": "sequence", "KERNEL_SIZE": 13},
            "KERNEL_SIZE = 13 is impossible: 12 time steps allow 1 to 12",
        ),
    ],
)
def test_constants_that_do_not_fit_the_series(shipped, tmp_path, constants, message):
    write_series(tmp_path / "s.csv")
    with pytest.raises(InputError, match=message):
        train_model.main({**shipped, "RUN_DIR": str(tmp_path / "run"), "DATASET": str(tmp_path / "s.csv"), **constants})


def test_a_season_longer_than_the_past_is_refused(shipped, tmp_path):
    write_series(tmp_path / "s.csv")
    constants = {**shipped, "RUN_DIR": str(tmp_path / "run"), "DATASET": str(tmp_path / "s.csv"), "EPOCHS": 1}
    train_model.main(constants)
    with pytest.raises(InputError, match="SEASON = 500"):
        evaluate_model.main(constants | {"SEASON": 500})
    assert "rmse" not in json.loads((tmp_path / "run" / "run.json").read_text())


def forecast_beyond_the_end(shipped, data, path):
    """Forecast a file's series by zeros in place of a network. Returns: (Report, notes, the inputs of the window)."""
    new = data.preparation.apply(read_new(path, shipped.changed(DATASET=str(path)), data.preparation), path)
    new, x = data.task.new_inputs(new, data.train.shape, path)
    return data.task.report_new(new, np.zeros((1, data.task.horizon, 1)), data.train.shape), new.notes, x


def write_hours(path, stamps, rows):
    path.write_text("time,y\n" + "".join(f"{s},{k % 5 if k < rows else ''}\n" for k, s in enumerate(stamps)))
    return path


def test_forecasts_and_their_hours_are_in_the_local_time_of_the_file(shipped, tmp_path):
    start, place = datetime(2021, 10, 26, tzinfo=timezone.utc), ZoneInfo("Europe/Berlin")
    times = [(start + timedelta(hours=k)).astimezone(place) for k in range(140)]
    stamps = [time.isoformat() for time in times]
    path = write_hours(tmp_path / "s.csv", stamps, 140)
    data = load(DATASET=str(path), KNOWN=["hour"], WINDOW=5, HORIZON=4, STRIDE=1)
    split, angles = data.train, np.array([2 * np.pi * time.hour / 24 for time in times])
    np.testing.assert_allclose(split.take(slice(None))[:, -1, 1], np.sin(angles[split.rows + 8]), atol=1e-6)

    # The four hours to come: the clock is put back between them, which the rows to fill in say, and nothing else does.
    at = times.index(datetime(2021, 10, 31, 3, tzinfo=place)) - 2
    report, notes, x = forecast_beyond_the_end(shipped, data, write_hours(path, stamps[: at + 4], at))
    assert [row[1] for row in report.rows] == [stamp.replace("T", " ") for stamp in stamps[at : at + 4]]
    np.testing.assert_allclose(x[0, -4:, 1], np.sin(angles[at : at + 4]), atol=1e-6)
    assert not any("offset" in line for line in (*notes, *report.lines))
    report, *_ = forecast_beyond_the_end(shipped, data, write_hours(path, stamps[:at], at))
    assert [row[1][11:] for row in report.rows] == [f"0{hour}:00:00+02:00" for hour in (2, 3, 4, 5)]
    report, *_ = forecast_beyond_the_end(shipped, data, write_hours(path, stamps, 140))
    assert "times to come are given at +01:00, the last row's offset" in report.lines


@pytest.mark.parametrize(
    ("form", "first", "given"),
    [
        ("{:%Y-%m-%dT%H:%M:%SZ}", "2021-01-02 06:00:00Z", "Z"),
        ("{:%d.%m.%Y %H:%M} UTC", "2021-01-02 06:00:00 UTC", "UTC"),
        ("{:%Y-%m-%d %H:%M}-03:30", "2021-01-02 06:00:00-03:30", "-03:30"),
        ("{:%Y-%m-%d %H:%M}", "2021-01-02 06:00:00", "not given"),
    ],
)
def test_forecast_times_have_the_zone_of_new_data_and_another_one_is_named(shipped, tmp_path, form, first, given):
    stamps = [form.format(datetime(2021, 1, 1) + timedelta(hours=k)) for k in range(30)]
    path = write_hours(tmp_path / "s.csv", [f"2021-01-{k // 24 + 1:02} {k % 24:02}:00+00:00" for k in range(60)], 60)
    data = load(DATASET=str(path), KNOWN=["hour"], WINDOW=5, HORIZON=2)
    report, notes, _ = forecast_beyond_the_end(shipped, data, write_hours(path, stamps, 30))
    assert report.rows[0][1] == first
    other = f"KNOWN takes hour from local time: its offset from UTC is {given} here, +00:00 in the training set"
    assert (other in notes) == (given in ("-03:30", "not given"))
    assert not any("to come" in line for line in report.lines)
