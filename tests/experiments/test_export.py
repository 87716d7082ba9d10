"""Exports predict what Keras predicts; TensorBoard gets its scalars."""

import importlib
import json
import shutil

import numpy as np
import pytest

from export_model import export
from tests.conftest import load_model
from tests.helpers import hashes, train


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
    interpreter = tf.lite.Interpreter(model_path=str(export("tflite", run)))
    interpreter.allocate_tensors()
    for sequence, answer in zip(x, expected):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sequence[None])
        interpreter.invoke()
        np.testing.assert_allclose(
            interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0], answer, atol=1e-5
        )


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
    assert "one of saved_model, tflite" in project.refuse("export_model.py", "onnx")
    assert "model.tflite" in project.succeed("export_model.py", "tflite")
    (project.run_dir / "model.tflite").unlink()


def test_tensorboard_gets_a_scalar_each_epoch(shipped, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(shipped, tmp_path / "run", EPOCHS=3, N_SAMPLES=100, TENSORBOARD=True)
    logs = EventAccumulator(str(tmp_path / "run" / "tensorboard" / "train"), {"tensors": 0}).Reload()
    assert len(logs.Tensors("epoch_loss")) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


FULL_DISK = """
import resource, sys
import export_model
from core.script import run_script
from training.saved_run import SavedRun

def load(run, load=SavedRun.load_model, **options):
    if {early}:
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
    model = load(run, **options)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
    return model

SavedRun.load_model = load
run_script(export_model.main, "", 1)
"""


@pytest.mark.parametrize("form", ["saved_model", "tflite"])
@pytest.mark.parametrize("size", [100, 20_000])
@pytest.mark.parametrize("early", [True, False])
def test_a_full_disk_is_named_and_leaves_the_old_export(reference, project, form, size, early):
    shutil.copytree(reference[0].run_dir, project.run_dir)
    project.succeed("export_model.py", form)
    before = hashes(project.run_dir)
    line = project.refuse("-c", FULL_DISK.format(size=size, early=early), form)
    assert "cannot be written: " in line and len(line) < 400
    assert hashes(project.run_dir) == before
