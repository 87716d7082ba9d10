"""What training has seen of the test set, and what forecasts know of the future."""

import csv

import numpy as np
import pytest

import evaluate_model
import train_model
from tasks.forecasting import future_inputs


def evaluated(shipped, folder, name, **constants):
    c = {**shipped, "DATASET": str(folder / name), "RUN_DIR": str(folder / "run"), "EPOCHS": 2, **constants}
    train_model.main(c)
    figures = evaluate_model.main(c)
    with open(folder / "run" / "predictions.csv") as file:
        return figures, list(csv.DictReader(file))


def with_twins(folder, y, new):
    """100 training sequences and 50 test sequences: the first 10 equal to some of training, 5 nearly, 35 new."""
    rng = np.random.default_rng(0)
    x = rng.normal(50, 20, size=(150, 12, 2))
    x[100:115] = x[:15]
    x[110:115] += rng.normal(0, 0.01, size=(5, 12, 2))
    y[100:115] = y[:15]
    x[115:150] = x[115:150] if new else x[20:55]
    np.savez(folder / "d.npz", X_train=x[:100], y_train=y[:100], X_test=x[100:], y_test=y[100:])


def test_twins_are_counted_and_left_out_of_a_second_score(shipped, tmp_path, capsys):
    with_twins(tmp_path, np.random.default_rng(1).integers(0, 2, 150), new=True)
    figures, rows = evaluated(shipped, tmp_path, "d.npz", LSTM_UNITS=4)
    right = [row["true_label"] == row["predicted_label"] for row in rows[15:]]
    assert figures["checks"]["twins"] == {"equal": 10, "near": 5, "accuracy_without": pytest.approx(np.mean(right))}
    report = capsys.readouterr().out
    assert "Twins: 15 of 50 test sequences are in the training set too, 10 equal and 5 nearer than 1 %" in report
    assert f"accuracy without them: {np.mean(right):.2f} on 35" in report
    assert "Twins: 15 of 50" in (tmp_path / "run" / "report.html").read_text()
    with_twins(tmp_path, np.random.default_rng(1).normal(size=150), new=True)
    figures, rows = evaluated(shipped, tmp_path, "d.npz", TASK="regression")
    errors = [float(row["true_target"]) - float(row["predicted_target"]) for row in rows[15:]]
    assert figures["checks"]["twins"]["rmse_without"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-3)


def test_where_all_are_twins_none_is_new(shipped, tmp_path, capsys):
    with_twins(tmp_path, np.random.default_rng(1).integers(0, 2, 150), new=False)
    assert evaluated(shipped, tmp_path, "d.npz")[0]["checks"]["twins"] == {"equal": 45, "near": 5}
    assert "none is left that is new" in capsys.readouterr().out


def test_equal_texts_are_twins(shipped, tmp_path, capsys):
    rng = np.random.default_rng(0)
    words = [" ".join(rng.choice(list("abcdefghij"), 6)) for _ in range(60)]
    lines = [f"{'xy'[k % 2]},{text}" for k, text in enumerate(words + words[:20])]
    (tmp_path / "t.csv").write_text("kind,text\n" + "\n".join(lines) + "\n")
    figures, rows = evaluated(shipped, tmp_path, "t.csv", TEXT="text", LABEL="kind")
    test = {int(row["index"]) for row in rows}
    texts = [line.split(",")[1] for line in lines]
    training = {texts[k] for k in range(80) if k not in test}
    assert figures["checks"]["twins"]["equal"] == sum(texts[k] in training for k in test) > 0


def test_noise_has_no_twins_and_nothing_is_said(shipped, tmp_path, capsys):
    for steps in (4, 50):
        x = np.random.default_rng(0).random((1000, steps, 1))
        np.savez(tmp_path / "d.npz", X=x, y=np.arange(1000) % 2)
        figures, _ = evaluated(shipped, tmp_path, "d.npz", EPOCHS=1)
        assert figures["checks"]["twins"] == {"equal": 0, "near": 0} and "Twins" not in capsys.readouterr().out


@pytest.mark.parametrize("known", [None, ["hour", "promotion"]])
def test_forecasts_that_know_the_future_are_found(shipped, tmp_path, capsys, monkeypatch, known):
    rng = np.random.default_rng(0)
    hours = np.datetime64("2024-01-01T00") + np.arange(400)
    sales = np.cumsum(rng.normal(size=400))
    rows = [f"{t},{v:.4f},{k % 7 == 0:d},{v:.4f}" for k, (t, v) in enumerate(zip(hours, sales))]
    rows[395] = rows[395].replace(f"{sales[395]:.4f}", "")  # a gap stays one
    (tmp_path / "s.csv").write_text("time,sales,promotion,copy\n" + "\n".join(rows) + "\n")
    constants = {"TARGET": "sales", "KNOWN": known, "HORIZON": 3}
    figures, _ = evaluated(shipped, tmp_path, "s.csv", **constants)
    assert figures["checks"]["influenced_forecasts"] == 0
    assert "stay the same, bit for bit" in capsys.readouterr().out
    honest = future_inputs.with_known

    def smoothed(series, task):
        """Mean of each row with the next one: what a centred filter of a whole file does."""
        return [(x + np.roll(x, -1, axis=0)) / 2 for x in honest(series, task)]

    monkeypatch.setattr(future_inputs, "with_known", smoothed)
    figures, _ = evaluated(shipped, tmp_path, "s.csv", **constants)
    assert figures["checks"]["influenced_forecasts"] == 1  # the last window alone reaches to its origin
    assert "Other values after the last origin change 1 of the last" in capsys.readouterr().out
    page = (tmp_path / "run" / "report.html").read_text()
    assert page.index("WARNING: these forecasts know") < page.index("<table")
