"""A run forecasts rows as far apart as those that it was trained on, and refuses others."""

from datetime import datetime, timedelta

import pytest

import predict_model
import train_model
from core.errors import InputError


def write(path, start, step, rows=60):
    lines = [f"{start + k * step},{k % 7}.5" for k in range(rows)]
    path.write_text("\n".join(["time,v", *lines]) + "\n")
    return str(path)


def test_daily_rows_are_refused_by_a_run_trained_on_hours(shipped, tmp_path):
    start, hour = datetime(2024, 1, 1), timedelta(hours=1)
    c = shipped.changed(TARGET="v", WINDOW=12, EPOCHS=1, RUN_DIR=str(tmp_path / "run"))
    train_model.train(c.changed(DATASET=write(tmp_path / "hours.csv", start, hour)))
    predict_model.predict(write(tmp_path / "later.csv", start + 500 * hour, hour), c.RUN_DIR)
    for step in (timedelta(days=1), timedelta(minutes=30)):
        other = write(tmp_path / "other.csv", start, step)
        with pytest.raises(
            InputError, match=f"a row every {step.total_seconds():g} seconds, the training set every 3600"
        ):
            predict_model.predict(other, c.RUN_DIR)


def test_months_are_one_step(shipped, tmp_path):
    c = shipped.changed(TARGET="v", WINDOW=6, EPOCHS=1, RUN_DIR=str(tmp_path / "run"))
    for name, first, rows in (("train.csv", 2015, 72), ("february.csv", 2022, 8)):
        months = [f"{first + k // 12}-{k % 12 + 1:02d},{k % 7}.5" for k in range(rows)]
        (tmp_path / name).write_text("\n".join(["month,v", *months]) + "\n")
    train_model.train(c.changed(DATASET=str(tmp_path / "train.csv")))
    predict_model.predict(str(tmp_path / "february.csv"), c.RUN_DIR)
    forecast = (tmp_path / "run" / "new_predictions.csv").read_text()
    assert "2022-09-01" in forecast  # eight months from January, then the next
