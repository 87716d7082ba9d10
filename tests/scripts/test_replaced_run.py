"""A training that replaces a run while a script uses it: nothing of the old run is written into the new one."""

import shutil

import numpy as np
import pytest

import evaluate_model
import export_model
import predict_model
from core.errors import InputError
from tests.helpers import hashes, train
from training.saved_run import SavedRun

SMALL = {"N_SAMPLES": 40, "EPOCHS": 1, "FILTERS": 2, "LSTM_UNITS": 2}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with two runs of the same data and constants."""
    from core.constants import read_constants

    folder = tmp_path_factory.mktemp("runs")
    for name in ("first", "second"):
        train(read_constants(), folder / name, **SMALL)
    return folder


@pytest.mark.parametrize("script", ["evaluate", "predict", "saved_model", "tflite"])
@pytest.mark.parametrize("other", ["second", "none"])
def test_nothing_is_written_into_a_run_that_was_replaced(shipped, runs, tmp_path, monkeypatch, script, other):
    run = tmp_path / "run"
    shutil.copytree(runs / "first", run)
    np.savez(tmp_path / "new.npz", X=np.zeros((3, 50, 1)))

    def replacing(function):
        def call(*arguments, **named):
            result = function(*arguments, **named)
            if run.exists():
                shutil.rmtree(run)
                if other == "second":
                    shutil.copytree(runs / "second", run)
            return result

        return call

    monkeypatch.setattr(SavedRun, "load_model", replacing(SavedRun.load_model))
    work = {
        "evaluate": lambda: evaluate_model.main({**shipped, **SMALL, "RUN_DIR": str(run)}),
        "predict": lambda: predict_model.predict(str(run), str(tmp_path / "new.npz")),
    }
    message = "a training has replaced the run in .*: run this script again" if other == "second" else "no run in"
    with pytest.raises(InputError, match=message):
        work.get(script, lambda: export_model.export(script, str(run)))()
    if other == "second":
        found = {path.name: own for path, own in hashes(run).items()}
        assert found == {path.name: own for path, own in hashes(runs / "second").items()}
    assert not run.exists() or other == "second"
    assert not (tmp_path / "ledger.csv").exists()


def test_changed_constants_of_training_are_named_and_the_run_is_scored_with_its_own(shipped, runs, tmp_path, capsys):
    run, of_now = tmp_path / "run", dict.fromkeys(("looks", "evaluated"))
    shutil.copytree(runs / "first", run)
    c = {**shipped, **SMALL, "RUN_DIR": str(run)}
    expected = evaluate_model.main(c)
    for changed, said in (
        (
            {"FILTERS": 9, "EPOCHS": 7, "CLASS_WEIGHT": "balanced"},
            "CLASS_WEIGHT is now 'balanced', the run has None; EPOCHS is now 7, the run has 1; "
            "FILTERS is now 9, the run has 2",
        ),
        ({"RESUME": False, "SEASON": 12}, None),  # of no forecast
    ):
        capsys.readouterr()
        found = evaluate_model.main(c | changed)
        printed = capsys.readouterr().out
        if said:
            assert f"Scored as it was trained ({said}): for the change run python train_model.py" in printed
        assert ("Scored as it was trained" in printed) == bool(said)
        assert found | of_now == expected | of_now


def test_a_changed_season_of_a_forecast_is_refused(shipped, tmp_path):
    rows = "".join(f"{np.sin(k):.3f}\n" for k in range(120))
    (tmp_path / "s.csv").write_text("v\n" + rows)
    c = {**SMALL, "DATASET": str(tmp_path / "s.csv"), "WINDOW": 8, "SEASON": 6}
    c = train(shipped, tmp_path / "run", **c)
    with pytest.raises(InputError, match=r"SEASON is now 12, the run has 6"):
        evaluate_model.main(c | {"SEASON": 12})
    assert evaluate_model.main(c)["baselines"]["season before"] > 0
