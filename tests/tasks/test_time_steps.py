"""A run forecasts rows as far apart as those that it was trained on, and refuses others."""

from datetime import datetime, timedelta
from pathlib import Path

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
    train_model.main(c.changed(DATASET=write(tmp_path / "hours.csv", start, hour)))
    predict_model.predict(c.RUN_DIR, write(tmp_path / "later.csv", start + 500 * hour, hour))
    for step in (timedelta(days=1), timedelta(minutes=30)):
        other = write(tmp_path / "other.csv", start, step)
        with pytest.raises(
            InputError, match=f"a row every {step.total_seconds():g} seconds, the training set every 3600"
        ):
            predict_model.predict(c.RUN_DIR, other)


@pytest.mark.parametrize("name", ["time", "t"])
def test_numbers_that_tell_the_time_are_steps_too(shipped, tmp_path, capsys, name):
    def written(file, start, step, header=f"{name},v"):
        path = write(tmp_path / file, start, step)
        Path(path).write_text(Path(path).read_text().replace("time,v", header))
        return path

    c = shipped.changed(TARGET="v", WINDOW=12, EPOCHS=1, RUN_DIR=str(tmp_path / "run"))
    train_model.main(c.changed(DATASET=written("train.csv", 0, 5)))
    capsys.readouterr()
    predict_model.predict(c.RUN_DIR, written("later.csv", 5000, 5))
    assert "nothing tells" not in capsys.readouterr().out
    for step in (1, 10):
        found = f"a row every {step} of '{name}', the training set every 5: .* or without that column"
        with pytest.raises(InputError, match=found):
            predict_model.predict(c.RUN_DIR, written("other.csv", 0, step))
    for file in (
        written("dates.csv", datetime(2024, 1, 1), timedelta(hours=1), "date,v"),
        written("none.csv", 0, 1, "note,v"),
    ):
        predict_model.predict(c.RUN_DIR, file)
        said = f"nothing tells whether rows come in the steps of the training set (5 of '{name}')"
        assert said in capsys.readouterr().out


def test_months_are_one_step(shipped, tmp_path):
    c = shipped.changed(TARGET="v", WINDOW=6, EPOCHS=1, RUN_DIR=str(tmp_path / "run"))
    for name, first, rows in (("train.csv", 2015, 72), ("february.csv", 2022, 8)):
        months = [f"{first + k // 12}-{k % 12 + 1:02d},{k % 7}.5" for k in range(rows)]
        (tmp_path / name).write_text("\n".join(["month,v", *months]) + "\n")
    train_model.main(c.changed(DATASET=str(tmp_path / "train.csv")))
    predict_model.predict(c.RUN_DIR, str(tmp_path / "february.csv"))
    forecast = (tmp_path / "run" / "new_predictions.csv").read_text()
    assert "2022-09-01" in forecast  # eight months from January, then the next
