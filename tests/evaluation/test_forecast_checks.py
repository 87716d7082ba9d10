"""Checks of forecasts against values worked out by hand, and in the report of a whole run."""

import csv

import numpy as np
import pytest

import evaluate_model
import train_model
from evaluation.forecast_checks import Origins, direction_figures, lag_figures, overlap, persistence_is_as_good
from evaluation.forecast_scores import ForecastComparison, score_forecasts


def origins(first, series=None):
    first = np.asarray(first)
    series = np.zeros(len(first), int) if series is None else np.asarray(series)
    return Origins(first, series, np.array([first[series == k].min() - 5 for k in series]))


def test_windows_that_share_no_target_are_independent():
    assert overlap(origins(range(30, 1230)), 24) == (24, 50)  # 1,200 windows forecast 1,223 rows: 50.96 horizons
    assert overlap(origins(range(30, 1230, 24)), 24) == (1, 50)
    assert overlap(origins(range(30, 1230, 12)), 24) == (2, 50)
    assert overlap(origins([10, 11, 12, 110, 111, 112], [0, 0, 0, 1, 1, 1]), 4) == (3, 3)  # 6 + 6 rows
    assert overlap(origins([10, 110, 210], [0, 1, 2]), 4) == (1, 3) and overlap(origins([9]), 4) == (1, 1)


def test_the_interval_counts_overlapping_windows_once():
    errors, spreads = np.random.default_rng(0).normal(size=(200, 1, 1)), []
    for repeat in (1, 5):
        own = np.repeat(errors, repeat, axis=0)
        true, unit = np.zeros_like(own), np.ones((len(own), 1))
        answers = {"network": own, "persistence": own * 1.1}
        spreads.append(score_forecasts(ForecastComparison(true, answers, {}, ["a"], unit, overlap=repeat)))
    once, five_times = (figures["standard_error"] for figures in spreads)
    assert five_times == pytest.approx(once, rel=0.12)


@pytest.mark.parametrize("horizon", [1, 4])
def test_forecasts_that_repeat_what_was_are_told_from_those_that_tell_what_comes(horizon):
    rng = np.random.default_rng(horizon)
    walk, at = np.cumsum(rng.normal(size=400)), origins(range(20, 390))
    rows = at.first[:, None] + np.arange(horizon)
    naive = lag_figures(walk, np.repeat(walk[at.first - 1][:, None], horizon, axis=1), at)
    steps = np.diff(walk)
    expected = np.corrcoef(steps[19:388], steps[19 + horizon : 388 + horizon])[0, 1]  # of the walk with itself
    assert naive["lags"] and naive["at_the_horizon"] == pytest.approx(1)
    assert naive["at_lag_0"] == pytest.approx(expected)
    exact = lag_figures(walk, walk[rows] + 0.1 * rng.normal(size=rows.shape), at)
    assert exact["at_lag_0"] > 0.9 and not exact["lags"]
    wave = np.sin(np.arange(400) * 2 * np.pi / horizon / 3) + 0.01 * rng.normal(size=400)
    season = lag_figures(np.tile(wave[: 3 * horizon], 400)[:400], wave[rows], at)
    assert not season["lags"]
    still = lag_figures(walk, np.zeros(rows.shape), at)
    assert still == {"at_lag_0": None, "at_the_horizon": None, "lags": False}


def test_the_direction_is_counted_from_the_last_value():
    values = np.array([1.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0])
    at = Origins(np.arange(1, 7), np.zeros(6, int), np.zeros(6, int))
    # Changes: +1 +2 -1 0 +2 -1, of which 5 are any; before them: none +1 +2 -1 0 +2.
    forecasts = values[:-1, None] + np.array([[1], [-1], [-1], [1], [0], [-1]])
    found = direction_figures(values, forecasts, at, independent=6)
    assert found["windows"] == 5 and found["right"] == 3 / 5 and found["always_up"] == 3 / 5
    assert found["last_direction"] == 1 / 5
    z, n, p = 1.959964, 5, 0.6
    middle, half = (p + z**2 / 2 / n) / (1 + z**2 / n), z * (p * (1 - p) / n + z**2 / 4 / n**2) ** 0.5 / (1 + z**2 / n)
    assert found["interval"] == pytest.approx([middle - half, middle + half], abs=1e-5)
    assert direction_figures(np.ones(7), forecasts, at, 6) is None


@pytest.mark.parametrize(
    ("persistence", "network", "linear", "said"), [(1.0, 0.995, 1.2, True), (1, 0.98, 1.2, False), (1, 2, 2, True)]
)
def test_persistence_within_one_per_cent(persistence, network, linear, said):
    figures = {"rmse": network, "baselines": {"persistence": persistence, "linear": linear}}
    assert persistence_is_as_good(figures) == said


def test_the_report_of_prices_says_that_nothing_is_forecast(shipped, tmp_path, capsys):
    price = 100 + np.cumsum(np.random.default_rng(0).normal(size=600))
    (tmp_path / "p.csv").write_text("price\n" + "\n".join(map("{:.4f}".format, price)))
    constants = {**shipped, "DATASET": str(tmp_path / "p.csv"), "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 2}
    train_model.main(constants | {"HORIZON": 5})
    checks = evaluate_model.main(constants | {"HORIZON": 5})["checks"]
    report = capsys.readouterr().out
    assert "Test windows: 116, which overlap: about 24 are independent" in report
    assert "These forecasts are mostly the value 5 rows earlier." in report
    assert "Persistence is within 1 % of every model here" in report
    page = (tmp_path / "run" / "report.html").read_text()
    assert "mostly the value 5 rows earlier" in page
    with open(tmp_path / "run" / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    first = np.array([int(row["index"]) for row in rows])
    forecast, true = (np.array([float(row[f"{name}_step_5"]) for row in rows]) for name in ("forecast", "true"))
    last = price[first - 1]
    right = np.mean((forecast > last) == (true > last))
    assert checks["direction"]["price"]["right"] == pytest.approx(right, abs=0.01)
    assert checks["direction"]["price"]["always_up"] == pytest.approx(np.mean(true > last))
    expected = np.corrcoef(np.diff(forecast), np.diff(last))[0, 1]
    assert checks["lag"]["price"]["at_the_horizon"] == pytest.approx(expected, abs=1e-3)
