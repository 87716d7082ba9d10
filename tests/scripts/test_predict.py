"""predict_model.py on new files, labelled and unlabelled, in each format; data that the run cannot take."""

import csv

import numpy as np
import pytest
from scipy.io import wavfile

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from tests.readers.helpers import NAMES, tone, write_recordings


def predictions(run):
    with open(run / "new_predictions.csv") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def arrays_run(shipped, tmp_path_factory):
    """A run on arrays (n, 12, 2) whose class is the sign of their mean, learnt well enough to be told apart."""
    folder = tmp_path_factory.mktemp("arrays")
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = rng.normal(size=(200, 12, 2)) + np.where(y, 3, -3)[:, None, None]
    np.savez(folder / "d.npz", X=x, y=np.where(y, "high", "low"))
    train_model.main({**shipped, "RUN_DIR": str(folder / "run"), "DATASET": str(folder / "d.npz"), "EPOCHS": 5})
    return folder / "run"


def high_and_low(n=6):
    return np.random.default_rng(1).normal(size=(n, 12, 2)) + np.where(np.arange(n) % 2, 3, -3)[:, None, None]


def test_the_script_labels_new_unlabelled_sequences(reference, tmp_path):
    project, _, _ = reference
    np.savez(tmp_path / "new.npz", X=np.random.default_rng(0).random((7, 50)))
    printed = project.succeed("predict_model.py", tmp_path / "new.npz")
    rows = predictions(project.run_dir)
    (project.run_dir / "new_predictions.csv").unlink()
    assert [row["index"] for row in rows] == [str(i) for i in range(7)]
    for row in rows:
        probabilities = {c: float(row[f"probability_{c}"]) for c in "01"}
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert row["predicted_label"] == max(probabilities, key=probabilities.get)
    assert "7 sequences" in printed and "new_predictions.csv" in printed
    assert "Next: python export_model.py onnx" in printed
    assert "type python predict_model.py PATH" in project.refuse("predict_model.py")
    assert "PATH is empty" in project.refuse("predict_model.py", "")


def test_without_a_run_the_way_to_one_is_named(tmp_path):
    with pytest.raises(InputError, match="run python train_model.py first"):
        predict_model.predict(tmp_path / "run", tmp_path)


@pytest.mark.parametrize("labelled", [True, False])
def test_npz(arrays_run, tmp_path, labelled, capsys):
    labels = {"y": np.array(["?"] * 6)} if labelled else {}
    np.savez(tmp_path / "new.npz", X=high_and_low(), **labels)
    predict_model.predict(arrays_run, tmp_path / "new.npz")
    assert [row["predicted_label"] for row in predictions(arrays_run)] == ["low", "high"] * 3
    counts = capsys.readouterr().out
    assert "high           3" in counts and "low            3" in counts


def test_a_single_sequence_of_several_features_is_one_sequence(arrays_run, tmp_path):
    np.save(tmp_path / "new.npy", high_and_low()[1])
    predict_model.predict(arrays_run, tmp_path / "new.npy")
    assert [row["predicted_label"] for row in predictions(arrays_run)] == ["high"]


@pytest.mark.parametrize("labelled", [True, False])
def test_ts(arrays_run, tmp_path, labelled):
    head = f"@univariate false\n@dimensions 2\n@classLabel {'true a b' if labelled else 'false'}\n@data\n"
    lines = [
        ":".join(",".join(map(str, column)) for column in x.T) + (":a" if labelled else "") for x in high_and_low()
    ]
    (tmp_path / "new.ts").write_text(head + "\n".join(lines) + "\n")
    predict_model.predict(arrays_run, tmp_path / "new.ts")
    assert [row["predicted_label"] for row in predictions(arrays_run)] == ["low", "high"] * 3


def test_ucr_text_and_a_single_sequence_without_axes(shipped, tmp_path):
    x = high_and_low(40)[:, :, 0]
    np.savetxt(tmp_path / "d.txt", np.column_stack([np.arange(40) % 2, x]))
    run = tmp_path / "run"
    train_model.main({**shipped, "RUN_DIR": str(run), "DATASET": str(tmp_path / "d.txt"), "EPOCHS": 30})
    for new in (np.column_stack([np.zeros(40), x]), x):
        np.savetxt(tmp_path / "new.txt", new)
        predict_model.predict(run, tmp_path / "new.txt")
        assert [row["predicted_label"] for row in predictions(run)] == ["0", "1"] * 20
    np.save(tmp_path / "one.npy", x[1])
    predict_model.predict(run, tmp_path / "one.npy")
    assert [row["predicted_label"] for row in predictions(run)] == ["1"]


def test_recordings_end_to_end_and_a_single_new_file(shipped, tmp_path):
    folder = write_recordings(tmp_path / "r", NAMES)
    run = tmp_path / "run"
    constants = {**shipped, "RUN_DIR": str(run), "DATASET": str(folder), "TEST_FILES": r"_[0-1]\.wav$", "EPOCHS": 20}
    train_model.main(constants)
    assert evaluate_model.main(constants)["accuracy"] == 1.0
    wavfile.write(tmp_path / "new.wav", 8000, (tone(8000, 0.2, 1210) * 2**15).astype(np.int16))
    predict_model.predict(run, tmp_path / "new.wav")
    assert [(row["file"], row["predicted_label"]) for row in predictions(run)] == [("new.wav", "1")]
    wavfile.write(tmp_path / "new.wav", 16000, (tone(16000, 0.2, 1210) * 2**15).astype(np.int16))
    predict_model.predict(run, tmp_path / "new.wav")  # brought to the rate of the training set
    assert [row["predicted_label"] for row in predictions(run)] == ["1"]


def test_videos_end_to_end_from_npz(shipped, tmp_path):
    from sequences.toy_datasets import moving_digits

    x, y = moving_digits(400, seed=5)
    np.savez(tmp_path / "v.npz", X=x[:360, :5], y=y[:360])
    run = tmp_path / "run"
    constants = {**shipped, "RUN_DIR": str(run), "DATASET": str(tmp_path / "v.npz"), "EPOCHS": 12, "FILTERS": 8}
    train_model.main(constants)
    assert evaluate_model.main(constants)["accuracy"] >= 0.6  # chance: 0.25
    np.savez(tmp_path / "new.npz", X=x[360:, :5])
    predict_model.predict(run, tmp_path / "new.npz")
    assert np.mean([row["predicted_label"] == label for row, label in zip(predictions(run), y[360:])]) >= 0.6


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", {"X": np.zeros((3, 12, 5))}, "5 features.*has 2"),
        ("a.npz", {"X": np.zeros((3, 11, 2))}, "11 time steps.*has 12.*unequal length"),
        ("a.npz", {"X": np.full((3, 12, 2), np.nan)}, "a.npz: sequence 0 .*has no value of feature 0"),
        ("a.npz", {"X_train": np.zeros((3, 12, 2)), "X_test": np.zeros((3, 12, 2))}, "as X"),
        ("a.csv", "t,v\n2001-01-01,1\n2001-01-02,2\n", "1 feature; the training set has 2"),
        ("a.xyz", "1", "no known format"),
        ("missing.npz", None, "does not exist"),
    ],
)
def test_data_that_the_run_cannot_take(arrays_run, tmp_path, name, content, message):
    before = sorted((p.name, p.stat().st_mtime_ns) for p in arrays_run.iterdir())
    if isinstance(content, dict):
        np.savez(tmp_path / name, **content)
    elif content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        predict_model.predict(arrays_run, tmp_path / name)
    assert sorted((p.name, p.stat().st_mtime_ns) for p in arrays_run.iterdir()) == before


def test_a_longer_recording_is_predicted_window_by_window_with_its_place(arrays_run, tmp_path, capsys):
    recording = np.concatenate([np.full((20, 2), -3.0), np.full((15, 2), 3.0)])
    np.savetxt(tmp_path / "record.csv", recording, delimiter=",")
    predict_model.predict(arrays_run, tmp_path / "record.csv")
    rows = predictions(arrays_run)
    assert [row["file"] for row in rows][:2] == ["0, steps 0 to 11", "0, steps 6 to 17"]
    assert rows[-1]["file"] == "0, steps 23 to 34"
    assert [rows[0]["predicted_label"], rows[-1]["predicted_label"]] == ["low", "high"]
    assert "were cut into windows" in capsys.readouterr().out
    np.savez(tmp_path / "record.npz", X=recording[None])
    predict_model.predict(arrays_run, tmp_path / "record.npz")
    assert len(predictions(arrays_run)) == len(rows)


@pytest.mark.parametrize(
    ("recordings", "filled"), [(["a"], "from the row before"), (["a", "b", "c"], "by linear interpolation")]
)
def test_a_recording_with_gaps_is_predicted_as_it_was_evaluated(shipped, tmp_path, capsys, recordings, filled):
    rng, folder = np.random.default_rng(0), tmp_path / "d"
    folder.mkdir()
    for name in recordings:
        cells = np.where(rng.random((80, 2)) < 0.2, "", rng.normal(size=(80, 2)).cumsum(axis=0).round(3).astype(str))
        rows = [f"{x},{y},{'ab'[k // 20 % 2]}" for k, (x, y) in enumerate(cells)]
        (folder / f"{name}.csv").write_text("\n".join(["x,y,what", *rows]))
    path, sequence = (folder / "a.csv", None) if len(recordings) == 1 else (folder, "file")
    small = {"RUN_DIR": str(tmp_path / "run"), "EPOCHS": 1, "FILTERS": 2, "LSTM_UNITS": 2}
    c = {**shipped, **small, "DATASET": str(path), "LABEL": "what", "SEQUENCE": sequence, "WINDOW": 10}
    train_model.main(c)
    evaluate_model.main(c)
    with open(tmp_path / "run" / "predictions.csv") as file:
        evaluated = {row["name"]: float(row["probability_a"]) for row in csv.DictReader(file)}
    predict_model.predict(str(tmp_path / "run"), str(folder / next(iter(evaluated)).split(",")[0]))
    assert capsys.readouterr().out.count(f"filled {filled}") == 2  # train_model.py and predict_model.py
    alone = {row["file"]: float(row["probability_a"]) for row in predictions(tmp_path / "run")}
    assert len(evaluated) >= 3 and {name: alone[name] for name in evaluated} == pytest.approx(evaluated, abs=2e-6)
