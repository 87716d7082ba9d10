"""Exports predict what Keras predicts; TensorBoard gets its scalars."""

import contextlib
import importlib.util
import json
import re
import shutil

import numpy as np
import pytest

import evaluate_model
from core.constants import read_constants
from core.errors import InputError
from export_model import USED_BY, export, score
from predict_model import predict
from tests.conftest import POSIX, ROOT, load, load_model
from tests.helpers import file_size_limit, hashes, onnx_answers, tflite_answers, train
from tests.small_datasets import KINDS
from training.saved_run import SavedRun, as_run

TINY = {"FILTERS": 4, "LSTM_UNITS": 4, "EPOCHS": 1}


@pytest.mark.parametrize("architecture, standardise", [("cnn_lstm", "training"), ("deep_cnn_lstm", "sequence")])
def test_exports_predict_as_keras_does(shipped, tmp_path, architecture, standardise):
    from core.quiet_tensorflow import tf

    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, size=(60, 20, 2))
    x[::4, 17:] = np.nan  # shorter
    np.savez(tmp_path / "d.npz", X=x, y=np.arange(60) % 3)
    run, how = tmp_path / "run", {"ARCHITECTURE": architecture, "STANDARDISE": standardise}
    train(shipped, run, DATASET=str(tmp_path / "d.npz"), EPOCHS=2, **how)
    x = rng.normal(5, 3, size=(100, 20, 2)).astype(np.float32)
    x[::4, :3] = json.loads((run / "run.json").read_text())["preparation"]["filler"]
    expected = load_model(run).predict(x, verbose=0)
    served = tf.saved_model.load(str(export("saved_model", run)))
    np.testing.assert_allclose(served.serve(x), expected, atol=1e-5)
    np.testing.assert_allclose(tflite_answers(export("tflite", run), x), expected, atol=1e-5)
    if architecture == "cnn_lstm":
        small = export("tflite_small", run)
        assert small.stat().st_size < 0.6 * (run / "model.tflite").stat().st_size
        np.testing.assert_allclose(tflite_answers(small, x), expected, atol=0.03)
    np.testing.assert_allclose(onnx_answers(run, x), expected, atol=1e-5)


def test_a_series_from_a_file_is_forecast_by_onnx_and_tflite_as_by_keras(shipped, tmp_path):
    write, how = KINDS["several series"]
    write(tmp_path, np.random.default_rng(0))
    c = train(shipped, tmp_path / "run", **how | {"DATASET": str(tmp_path / "series.csv"), "HORIZON": 3, **TINY})
    x = load(**c).test.x
    expected = load_model(tmp_path / "run")(x)
    np.testing.assert_allclose(onnx_answers(tmp_path / "run", x), expected, atol=1e-5)
    np.testing.assert_allclose(tflite_answers(export("tflite", tmp_path / "run"), x), expected, atol=1e-5)


POSTURES = ("lying", "sitting", "walking")


def write_table(path, people):
    """Write a table of people who lie, sit and walk in turn, 50 rows each. Returns: forces (n, 50, 1) float32."""
    forces = np.random.default_rng(people).normal(size=(people, 50, 1)) + 10 * (np.arange(people) % 3)[:, None, None]
    rows = [f"{k},{POSTURES[k % 3]},{value}" for k, own in enumerate(forces.astype(np.float32)) for (value,) in own]
    path.write_text("\n".join(["person,posture,force", *rows]) + "\n")
    return forces.astype(np.float32)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A folder with table.csv, and runs/latest trained on it. Returns: (the folder, the run's constants)."""
    folder = tmp_path_factory.mktemp("table")
    write_table(folder / "table.csv", 60)
    how = {"DATASET": str(folder / "table.csv"), "SEQUENCE": "person", "LABEL": "posture", **TINY}
    how |= {"EPOCHS": 5, "LEARNING_RATE": 0.05}
    return folder, train(read_constants(), folder / "runs" / "latest", **how)


def test_the_documentation_shows_how_each_export_is_used(table, monkeypatch, capsys):
    for package in ("tf2onnx", "onnxruntime", "ai_edge_litert"):
        pytest.importorskip(package, reason=f"pip install {package.replace('_', '-')}")
    folder, _ = table
    run = folder / "runs" / "latest"
    for form in USED_BY:
        export(form, run)
    text = (ROOT / "docs" / "runs.md").read_text()
    common, *uses = re.findall(r"```python\n(.*?)```", text[text.index("## Export") :], re.DOTALL)
    monkeypatch.chdir(folder)
    own = {}
    exec(common, own)
    own["x"] = write_table(folder / "new.csv", 6)
    expected = list(predict(run, folder / "new.csv")["predicted_label"])
    assert set(expected) == set(POSTURES)
    uses.append(uses[-1].replace("model.tflite", "model_small.tflite"))
    capsys.readouterr()
    for use in uses:
        exec(use, own)
    assert capsys.readouterr().out.splitlines() == [str(expected)] * 4
    own["classes"] = ["no", "yes"]
    assert own["names"]([[0.2], [0.9]]) == ["no", "yes"]


def test_the_small_form_is_scored_where_the_data_are_there(table, tmp_path, capsys):
    folder, c = table
    run = tmp_path / "run"
    shutil.copytree(folder / "runs" / "latest", run)
    small = export("tflite_small", run)
    accuracy = evaluate_model.main({**c, "RUN_DIR": str(run)})["accuracy"]
    capsys.readouterr()
    line = score(as_run(run), small)
    assert re.fullmatch(r"accuracy on the test set, 12 sequences: model_small.tflite \d.\d\d, model.keras (.*)", line)
    assert line.endswith(f" {accuracy:.2f}")
    write_table(folder / "table.csv", 59)
    try:
        assert "is not scored on the test set: these are not the data" in score(as_run(run), small)
        (folder / "table.csv").unlink()
        assert f"is not scored on the test set: DATASET = '{folder / 'table.csv'}'" in score(as_run(run), small)
    finally:
        write_table(folder / "table.csv", 60)


def test_onnx_without_its_package_names_the_line_that_installs_it(table, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="ONNX needs the package tf2onnx: pip install tf2onnx"):
        export("onnx", table[0] / "runs" / "latest")
    assert not (table[0] / "runs" / "latest" / ".model.onnx.writing").exists()


def test_what_a_machine_with_a_gpu_exports_runs_anywhere(shipped, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", X=rng.normal(size=(30, 20, 2)), y=np.arange(30) % 3)
    train(shipped, tmp_path / "run", DATASET=str(tmp_path / "d.npz"), EPOCHS=1, BIDIRECTIONAL=True)
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    monkeypatch.setattr(rnn, "cudnn_ok", lambda *args, **kwargs: True)  # what Keras finds there
    graph = (export("saved_model", tmp_path / "run") / "saved_model.pb").read_bytes()
    assert b"CudnnRNN" not in graph and b"MatMul" in graph
    assert export("tflite", tmp_path / "run").stat().st_size > 10_000  # TFLite has no such operator


def test_the_script_exports_and_refuses_other_forms(reference):
    project, _, _ = reference
    assert "one of saved_model, onnx, tflite, tflite_small" in project.refuse("export_model.py", "onxn")
    wrote, scores, following = project.succeed("export_model.py", "tflite_small").splitlines()
    assert "model_small.tflite" in wrote and scores.startswith("accuracy on the test set, 200 sequences: ")
    assert following.startswith("Next: pip install ai-edge-litert")
    (project.run_dir / "model_small.tflite").unlink()


def test_tensorboard_gets_a_scalar_each_epoch(shipped, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(shipped, tmp_path / "run", EPOCHS=3, N_SAMPLES=100, TENSORBOARD=True)
    logs = EventAccumulator(str(tmp_path / "run" / "tensorboard" / "train"), {"tensors": 0}).Reload()
    assert len(logs.Tensors("epoch_loss")) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


@POSIX
@pytest.mark.parametrize(
    ("form", "size", "early"),
    [
        *(("saved_model", 100, True), ("saved_model", 20_000, False), ("tflite", 100, False), ("tflite", 20_000, True)),
        ("onnx", 20_000, False),
    ],
)
def test_a_full_disk_is_named_and_leaves_the_old_export(reference, tmp_path, monkeypatch, capsys, form, size, early):
    """Full before the network is loaded or only then: its copy, too, is written to a disk."""
    run, load = tmp_path / "run", SavedRun.load_model
    shutil.copytree(reference[0].run_dir, run)
    if form == "onnx":
        pytest.importorskip("tf2onnx", reason="pip install tf2onnx")
    export(form, run)
    before = hashes(run)
    with contextlib.ExitStack() as stack:

        def load_model(run, **options):
            model = load(run, **options)
            stack.enter_context(file_size_limit(size))
            return model

        monkeypatch.setattr(SavedRun, "load_model", load_model)
        if early:
            stack.enter_context(file_size_limit(size))
        with pytest.raises(InputError, match="cannot be written: ") as refusal:
            export(form, run)
    assert len(str(refusal.value)) < 400 and hashes(run) == before
