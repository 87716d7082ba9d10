"""Forecasts of places: rivals, errors in kilometres, longitudes as the file writes them, maps."""

import csv

import numpy as np
import pytest

from baselines import CONSTANT_SPEED
from baselines.naive import naive_forecasts
from tasks.forecasting.track import Track


def test_constant_speed_goes_on_as_before():
    values = np.array([[0, 10.0], [1, 12], [2, 14], [9, 9]])
    found = naive_forecasts(values, np.array([2, 3]), 2, moves=True)
    np.testing.assert_array_equal(found[CONSTANT_SPEED], [[[2, 14], [3, 16]], [[3, 16], [4, 18]]])
    assert CONSTANT_SPEED not in naive_forecasts(values, np.array([2]), 2)


def test_errors_are_great_circles():
    """A tenth of a degree: 11.119 km of latitude, and half of that of longitude at 60 degrees north."""
    track = Track(0, 1, -180.0)
    true = np.array([[[60.0, 180.0], [60.0, 180.0]], [[60.0, np.nan], [60.0, 180.0]]])
    answers = {"network": np.array([[[60.1, 180.0], [60.0, 180.1]], [[0.0, 0.0], [60.0, 180.1]]])}
    found = track.figures(true, answers)["kilometres"]["network"]
    assert found["per_step"] == pytest.approx([11.1195, 5.5597], abs=1e-3)
    assert found["mean"] == pytest.approx((11.1195 + 2 * 5.5597) / 3, abs=1e-3)
    np.testing.assert_allclose(track.as_written(true)[0], [[60, 180], [60, 180]])
    assert track.as_written(np.array([[60.0, 180.5]]))[0, 1] == -179.5


def test_ships_across_the_180th_meridian(project):
    """From the file to predictions.csv and new_predictions.csv: no longitude beyond 180, errors in kilometres."""
    hours = range(40)
    path = project.folder / "ships.csv"
    rows = [
        f"{ship},2024-01-{1 + hour // 24:02} {hour % 24:02}:00,{-16 + np.sin(hour / 5):.4f},"
        f"{(179 + 0.1 * ship + 0.05 * hour + 180) % 360 - 180:.4f}"
        for ship in range(3)
        for hour in hours
    ]
    path.write_text("\n".join(["ship,time,lat,lon", *rows]))
    project.edit(DATASET="ships.csv", SEQUENCE="ship", TARGET=["lat", "lon"], WINDOW=4, EPOCHS=1)
    project.succeed("train_model.py")
    said = project.succeed("evaluate_model.py")
    assert "Mean distance from the true place per step ahead, in km (great circle)" in said
    header, _, _ = (line.split() for line in said.split("(great circle)\n")[1].splitlines()[:3])
    assert header == ["step", "network", "persistence", "constant", "speed", "linear"]
    assert (project.run_dir / "map.png").read_bytes()[:4] == b"\x89PNG"
    project.succeed("predict_model.py", "ships.csv")
    for name in ("predictions.csv", "new_predictions.csv"):
        with open(project.run_dir / name, encoding="utf-8") as file:
            found = [{key: float(own) for key, own in row.items() if "lon" in key} for row in csv.DictReader(file)]
        assert all(-180 <= value <= -177 for row in found for value in row.values())
