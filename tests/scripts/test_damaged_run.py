"""A damaged, foreign or hostile run folder is refused by one clear line; nothing in it is executed or followed."""

import json
import os
import shutil
import zipfile

import numpy as np
import pytest

import evaluate_model
import predict_model
import train_model
from core import run_folder
from core.errors import InputError
from tests.conftest import POSIX
from tests.helpers import hashes
from training.saved_run import as_run


def record(change):
    """Return a function that changes run.json."""

    def apply(run):
        path = run / "run.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return apply


def write(name, content):
    return lambda run: (run / name).write_bytes(content)


def flip_bytes(run):
    path = run / "model.keras"
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content) // 2, 997):
        content[place] ^= 0xFF
    path.write_bytes(content)


def truncate(run):
    path = run / "model.keras"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zip_of(**members):
    def apply(run):
        with zipfile.ZipFile(run / "model.keras", "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("_", "."), content)

    return apply


def config(change):
    """Return a function that rewrites config.json inside model.keras."""

    def apply(run):
        path = run / "model.keras"
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        content = json.loads(members["config.json"])
        change(content)
        members["config.json"] = json.dumps(content).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)

    return apply


def other_callable(content):
    content["config"]["layers"][1] = {
        "module": "os", "class_name": "system", "config": {"command": "touch executed"}, "registered_name": None,
    }  # fmt: skip


def lambda_model(run):
    from core.quiet_tensorflow import keras

    inputs = keras.Input((50, 1))
    x = keras.layers.Lambda(lambda x: x[:, 0] * 2)(inputs)
    keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x)).save(run / "model.keras")


def made_to_fit(damage):
    """Return a function that damages a run and then makes the checksums fit, as who means harm would."""

    def apply(run):
        damage(run)
        content = json.loads((run / "run.json").read_text())
        content.pop("checksum")
        content["checksums"]["model.keras"] = run_folder.sha256(run / "model.keras")
        content["checksum"] = run_folder._checksum(content)
        (run / "run.json").write_text(json.dumps(content))

    return apply


DAMAGED, FOREIGN = "model.keras is damaged", "model.keras is foreign"
CASES = {
    "model missing": (lambda run: (run / "model.keras").unlink(), "model.keras is missing"),
    "model empty": (write("model.keras", b""), DAMAGED),
    "model text": (write("model.keras", b"hello"), DAMAGED),
    "model truncated": (truncate, DAMAGED),
    "model bits flipped": (flip_bytes, DAMAGED),
    "model another zip": (made_to_fit(zip_of(a_txt=b"hello")), FOREIGN),
    "model text that fits": (made_to_fit(write("model.keras", b"hello")), FOREIGN),
    "model without weights": (made_to_fit(zip_of(config_json=b"{}", metadata_json=b"{}")), FOREIGN),
    "model with a Lambda": (lambda_model, DAMAGED),
    "model with a Lambda that fits": (made_to_fit(lambda_model), FOREIGN),
    "model of another callable": (made_to_fit(config(other_callable)), FOREIGN),
    "model config a list": (made_to_fit(config(lambda c: c["config"].update(layers=[1, 2]))), FOREIGN),
    "run.json missing": (lambda run: (run / "run.json").unlink(), "no run in"),
    "run.json empty": (write("run.json", b""), "run.json is damaged"),
    "run.json binary": (write("run.json", b"\xff\xfe\x00"), "run.json is damaged"),
    "run.json a list": (write("run.json", b"[]"), "run.json is not of format"),
    "run.json nested": (write("run.json", b"[" * 100_000), "run.json"),
    "run.json of another format": (record(lambda r: r.update(format=99)), "run.json is not of format 12"),
    "no task": (record(lambda r: r.pop("task")), "run.json is damaged"),
    "another task": (made_to_fit(record(lambda r: r.update(task="magic"))), "run.json is damaged"),
    "no classes": (made_to_fit(record(lambda r: r["learned"].pop("classes"))), "fields of Classification"),
    "classes a number": (made_to_fit(record(lambda r: r.update(learned={"classes": 2}))), "'classes'"),
    "classes of numbers": (made_to_fit(record(lambda r: r.update(learned={"classes": [1, 2]}))), "'classes'"),
    "another class": (record(lambda r: r["learned"].update(classes=["0", "2"])), "checksum does not fit"),
    "an edited constant": (record(lambda r: r["constants"].update(EPOCHS=20)), "checksum does not fit"),
    "an impossible constant": (made_to_fit(record(lambda r: r["constants"].update(EPOCHS=-1))), "EPOCHS = -1"),
    "an unknown constant": (made_to_fit(record(lambda r: r["constants"].update(HACK=1))), "run.json is damaged"),
    "a constant removed": (made_to_fit(record(lambda r: r["constants"].pop("ATTENTION"))), "run.json is damaged"),
    "shape of words": (made_to_fit(record(lambda r: r.update(input_shape=["a", "b"]))), "'input_shape'"),
    "no preparation": (record(lambda r: r.pop("preparation")), "fields of RunRecord"),
    "seconds a word": (record(lambda r: r.update(seconds="fast")), "'seconds'"),
    "parameters true": (record(lambda r: r.update(parameters=True)), "'parameters'"),
    "model without a sigmoid": (
        made_to_fit(config(lambda c: c["config"]["layers"][-1]["config"].update(activation="linear"))),
        "no probabilities",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_run_folder_is_refused(reference, shipped, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    damage, message = CASES[name]
    run = tmp_path / "run"
    shutil.copytree(reference[0].run_dir, run)
    damage(run)
    np.savez(tmp_path / "new.npz", X=np.zeros((3, 50, 1)))
    before = hashes(tmp_path)
    with pytest.raises(InputError, match=message) as refusal:
        evaluate_model.main({**shipped, "RUN_DIR": str(run)})
    assert "run python train_model.py" in str(refusal.value) or "EPOCHS" in str(refusal.value)
    with pytest.raises(InputError):
        predict_model.predict(run, tmp_path / "new.npz")
    assert hashes(tmp_path) == before and not (tmp_path / "executed").exists()


@pytest.mark.parametrize("change", ["missing", "of another run", "a folder"])
def test_companions_of_another_run_are_said_and_not_believed(reference, shipped, tmp_path, capsys, change):
    """The history of another run would say that the loss still falls, and its curves would be on the page."""
    run = tmp_path / "run"
    shutil.copytree(reference[0].run_dir, run)
    for name, content in (("history.csv", b"epoch,loss\n1,9.0\n2,1.0\n"), ("learning_curves.png", b"PNG")):
        (run / name).unlink()
        if change == "a folder":
            (run / name).mkdir()
        elif change == "of another run":
            (run / name).write_bytes(content)
    figures = evaluate_model.main({**shipped, "RUN_DIR": str(run)})
    assert figures["test_sequences"] == 200
    printed = capsys.readouterr().out
    for name in ("history.csv", "learning_curves.png"):
        assert f"{name} is missing, or not as this training wrote it: the report goes without it" in printed
    page = (run / "report.html").read_text()
    assert 'aria-label="Each epoch of training' not in page
    assert "not as this training" not in reference[2]
    assert 'aria-label="Each epoch of training' in (reference[0].run_dir / "report.html").read_text()


def test_a_damaged_ledger_is_named(reference, shipped, tmp_path):
    (tmp_path / "ledger.csv").write_text("when,why\n1,2\n")
    shutil.copytree(reference[0].run_dir, tmp_path / "run")
    before = hashes(tmp_path)
    with pytest.raises(InputError, match="ledger.csv"):
        evaluate_model.main({**shipped, "RUN_DIR": str(tmp_path / "run")})
    assert hashes(tmp_path) == before


@POSIX
def test_links_in_a_run_folder_are_not_followed_and_what_lies_beside_it_does_it_no_harm(reference, shipped, tmp_path):
    run, names = tmp_path / "run", ["confusion_matrix.png", ".evaluation.json.writing", "predictions.csv"]
    shutil.copytree(reference[0].run_dir, run)
    for name in names:
        (tmp_path / f"victim of {name}").write_text("mine")
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(tmp_path / f"victim of {name}")
    (tmp_path / ".run.new").mkdir()
    (tmp_path / ".run.old").write_text("a file")
    evaluate_model.main({**shipped, "RUN_DIR": str(run)})
    for name in names:
        assert (tmp_path / f"victim of {name}").read_text() == "mine" and not (run / name).is_symlink()
    assert not (tmp_path / ".run.new").exists()


@POSIX
def test_an_export_replaces_a_link_and_not_what_it_points_to(reference, tmp_path):
    from export_model import export

    run, victim = tmp_path / "run", tmp_path / "victim"
    shutil.copytree(reference[0].run_dir, run)
    victim.mkdir()
    (run / "saved_model").symlink_to(victim)
    export("saved_model", str(run))
    assert not list(victim.iterdir()) and (run / "saved_model" / "saved_model.pb").is_file()


@POSIX
def test_a_run_dir_that_is_a_link_is_replaced_where_it_points_to(shipped, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for seed in (0, 1):
        constants = {**shipped, "RUN_DIR": str(tmp_path / "link"), "N_SAMPLES": 40, "EPOCHS": 1, "SEED": seed}
        train_model.main(constants)
        if not seed:
            assert evaluate_model.main(constants)["test_sequences"] == 8
    assert as_run(tmp_path / "link").constants.SEED == 1
    assert (tmp_path / "link").is_symlink() and sorted(p.name for p in tmp_path.glob("[!l.]*")) == [
        "index.html",
        "previous",
        "real",
    ]


@POSIX
def test_pipes_in_place_of_model_checkpoint_and_ledger_do_not_hang(reference, shipped, tmp_path):
    run, constants = tmp_path / "run", {**shipped, "RUN_DIR": str(tmp_path / "run"), "N_SAMPLES": 40, "EPOCHS": 1}
    os.mkfifo(tmp_path / ".run.checkpoint")
    train_model.main(constants)
    (run / "model.keras").unlink()
    os.mkfifo(run / "model.keras")
    with pytest.raises(InputError, match="model.keras is missing"):
        evaluate_model.main(constants)
    (tmp_path / "ledger.csv").mkdir()
    with pytest.raises(InputError, match="damaged"):
        evaluate_model.main(constants)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-x", "@SUM(A1)", "=a,b", '="q"'])
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(tmp_path, cell):
    import csv

    from core.files import write_csv

    write_csv(tmp_path / "t.csv", ["a", "b"], [[cell, -1.5]])
    assert list(csv.reader((tmp_path / "t.csv").open()))[1] == ["'" + cell, "-1.5"]
