"""The scripts as shipped: the reference data, network and training, and what the user sees."""

import csv
import json
import re

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from sklearn.model_selection import train_test_split

from tests.conftest import ROOT, load, run


def reference_split():
    rng = np.random.default_rng(42)
    x = rng.random((1000, 50, 1), dtype=np.float32)
    y = rng.integers(0, 2, 1000)
    return train_test_split(x, y, test_size=0.2, random_state=42)


def predictions(project):
    with open(project.run_dir / "predictions.csv") as file:
        return list(csv.DictReader(file))


def test_training_shows_ten_epochs_and_names_what_it_wrote(reference):
    _, trained, _ = reference
    epochs = re.findall(r"^Epoch (\d+)/10: loss \d\.\d+, accuracy [01]\.\d+(?:, \d+ s left)?$", trained, re.MULTILINE)
    assert epochs == [str(i) for i in range(1, 11)]
    assert re.search(r"Trained in \d+\.\d s\. Wrote runs/latest: .*model\.keras.*run\.json", trained)


def test_report_gives_the_accuracy_of_the_predictions(reference):
    project, _, report = reference
    _, _, _, y_test = reference_split()
    rows = predictions(project)
    assert [int(row["true_label"]) for row in rows] == y_test.tolist()
    predicted = [int(row["predicted_label"]) for row in rows]
    accuracy = accuracy_score(y_test, predicted)
    assert report.splitlines().count(f"Test Accuracy: {accuracy:.2f}") == 1
    assert "Test sequences: 200" in report
    assert f"Majority class: {max(y_test.mean(), 1 - y_test.mean()):.2f}" in report
    evaluation = json.loads((project.run_dir / "evaluation.json").read_text())
    assert evaluation["confusion_matrix"] == confusion_matrix(y_test, predicted).tolist()
    probabilities = [[float(row["probability_0"]), float(row["probability_1"])] for row in rows]
    assert abs(evaluation["loss"] - log_loss(y_test, probabilities)) < 1e-4


def test_each_script_ends_with_what_to_do_next_and_the_report_with_the_verdict(reference):
    _, trained, report = reference
    assert trained.splitlines()[-1] == "Next: python evaluate_model.py"
    *_, where, then, empty, score, rival, sentence = report.splitlines()
    assert where == "Report: runs/latest/report.html" and then.endswith(" or python predict_model.py PATH")
    best = "gradient boosting (trees on summaries of each feature)"
    assert (empty, score, rival) == ("", "Test Accuracy: 0.48", f"Best baseline: 0.53, {best}")
    assert sentence.startswith(f"The model is not shown to beat the best baseline, {best}")


def test_report_says_that_random_labels_cannot_be_learned(reference):
    _, _, report = reference
    assert "not shown to beat the best baseline" in report
    assert "no signal" in report
    assert 'DATASET = "motifs"' in report


def test_the_network_is_the_reference(reference):
    from core.quiet_tensorflow import keras

    project, _, _ = reference
    model = keras.models.load_model(project.run_dir / "model.keras")
    kinds = [(type(layer).__name__, layer.output.shape[1:]) for layer in model.layers[1:]]
    assert kinds == [
        ("Conv1D", (48, 32)),
        ("MaxPooling1D", (24, 32)),
        ("LSTM", (50,)),
        ("Dense", (1,)),
    ]
    convolution, _, lstm, dense = model.layers[1:]
    assert convolution.kernel_size == (3,) and convolution.activation.__name__ == "relu"
    assert dense.activation.__name__ == "sigmoid" and not lstm.return_sequences
    # 3·1·32 + 32, 4·((32 + 50)·50 + 50), 50 + 1
    assert model.count_params() == 128 + 16600 + 51 == 16779
    assert model.optimizer.name == "adam" and abs(float(model.optimizer.learning_rate) - 0.001) < 1e-9
    assert int(model.optimizer.iterations) == 10 * 25


def test_training_and_test_part_are_scikit_learns(shipped):

    data = load()
    x_train, x_test, y_train, y_test = reference_split()
    for part, x, y in ((data.train, x_train, y_train), (data.test, x_test, y_test)):
        assert part.take(slice(None)).dtype == np.float32
        np.testing.assert_array_equal(part.take(slice(None)), x)
        np.testing.assert_array_equal(part.y, y)


def test_the_run_folder_is_complete_and_nothing_is_left_beside_it(reference):
    project, _, _ = reference
    assert sorted(p.name for p in project.run_dir.iterdir()) == [
        "confusion_matrix.png", "evaluation.json", "examples.png", "history.csv", "importance.png",
        "learning_curves.png", "model.keras", "predictions.csv", "report.html", "run.json",
    ]  # fmt: skip
    assert sorted(p.name for p in (project.folder / "runs").iterdir()) == ["index.html", "latest", "ledger.csv"]
    history = list(csv.DictReader((project.run_dir / "history.csv").open()))
    assert [row["epoch"] for row in history] == [str(i) for i in range(1, 11)]


def test_pictures_are_wide_enough_for_a_report(reference):
    project, _, _ = reference
    for name in ("learning_curves.png", "confusion_matrix.png"):
        header = (project.run_dir / name).read_bytes()[:24]
        assert header[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(header[16:20], "big") >= 500


def test_model_predicts_the_same_in_a_process_without_the_project(reference, tmp_path):
    project, _, _ = reference
    _, x_test, _, _ = reference_split()
    np.save(tmp_path / "x.npy", x_test)
    code = (
        "import sys, numpy, keras; "
        f"model = keras.models.load_model({str(project.run_dir / 'model.keras')!r}, safe_mode=True); "
        "assert not [m for m in sys.modules if m in ('cnn_lstm_model', 'core')]; "
        f"numpy.save({str(tmp_path / 'p.npy')!r}, model.predict(numpy.load({str(tmp_path / 'x.npy')!r}), verbose=0))"
    )
    done = run(tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    ours = [float(row["probability_1"]) for row in predictions(project)]
    np.testing.assert_allclose(np.load(tmp_path / "p.npy")[:, 0], ours, atol=1e-5)


def test_the_ledger_shows_which_constant_was_edited(reference):
    project, _, _ = reference
    project.edit(EPOCHS=1, FILTERS=8)
    try:
        project.succeed("train_model.py")
        report = project.succeed("evaluate_model.py")
    finally:
        project.edit(EPOCHS=10, FILTERS=32)
    rows = list(csv.DictReader((project.folder / "runs" / "ledger.csv").open()))
    assert [row["constants that vary"] for row in rows] == ["FILTERS=32 EPOCHS=10", "FILTERS=8 EPOCHS=1"]
    assert [row["parameters"] for row in rows] == ["16779", str(8 * 3 + 8 + 4 * ((8 + 50) * 50 + 50) + 51)]
    before, after = re.findall("^  FILTERS.*", report, re.MULTILINE)
    assert (before, after) == ("  FILTERS=32 EPOCHS=10", "  FILTERS=8 EPOCHS=1")
    (kept,) = (project.folder / "runs" / "previous").iterdir()  # the reference, which was evaluated
    assert json.loads((kept / "run.json").read_text())["constants"]["FILTERS"] == 32
    assert max(map(len, report[report.index("The last scores") :].splitlines()[:6])) <= 100


def test_importing_a_module_does_no_work_and_prints_nothing(project):
    names = sorted(p.stem for p in ROOT.glob("*.py"))
    assert project.succeed("-c", "import " + ", ".join(names)) == ""
    assert not (project.folder / "runs").exists()


def test_help_prints_the_docstring_and_the_constants(project):
    for script in ("train_model.py", "evaluate_model.py"):
        said = project.edit(FILTERS=7).succeed(script, "--help")
        assert said.startswith(f"python {script}\n") and "\ncnn_lstm_model.py\nFILTERS = 7" in said


def test_a_failing_import_of_tensorflow_is_shown_whole(project):
    """Its start-up chatter is held back; what it says when it fails is not."""
    broken = "import os\nos.write(2, b'libfoo is missing\\n')\nraise ImportError('no TensorFlow here')\n"
    (project.folder / "tensorflow.py").write_text(broken)
    project.forked = False
    done = project.run("train_model.py")
    assert done.returncode == 1
    assert "libfoo is missing" in done.stderr and "no TensorFlow here" in done.stderr
