"""One training by two real processes: the losses of one, a lost worker named in one line, continued together."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

import train_model
from core.errors import InputError
from tests.conftest import POSIX
from training import workers
from training.schedule import balanced_batch_size

SMALL = {"DATASET": "motifs", "N_SAMPLES": 208, "TEST_SIZE": 48, "VALIDATION_SIZE": 43, "EPOCHS": 6, "BATCH_SIZE": 26}
SMALL |= {"PATIENCE": 5, "LSTM_UNITS": 8, "AVERAGE_WEIGHTS": True, "TENSORBOARD": True}


def start(project, ports):
    """Start a worker on each of the ports. Returns: the processes."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    found = []
    for index in range(len(ports)):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        found.append(
            subprocess.Popen(
                [sys.executable, "-u", "train_model.py"],
                cwd=project.folder,
                env={**os.environ, "TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return found


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def losses(run):
    rows = list(csv.DictReader((run / "history.csv").open()))
    return [[float(row["loss"]), float(row["val_loss"])] for row in rows]


@POSIX
def test_two_workers_train_as_one_and_continue_where_one_was_lost(project, shipped, tmp_path):
    project.edit(**SMALL)
    first, second = start(project, free_ports(2))
    for line in first.stdout:
        if line.startswith("Epoch 2/"):
            second.send_signal(signal.SIGKILL)
            break
    _, errors = first.communicate(timeout=120)
    second.communicate()
    assert first.returncode == 2 and errors.count("\n") == 1, errors
    assert "another worker of TF_CONFIG is lost" in errors and "continues after the last epoch" in errors
    assert not project.run_dir.exists()

    printed = [process.communicate(timeout=120) for process in start(project, free_ports(2))]
    assert [errors for _, errors in printed] == ["", ""]
    assert "Continuing after epoch" in printed[0][0] and "Epoch 6/6" in printed[0][0]
    assert "Worker 1 of 2 takes part" in printed[1][0] and "Epoch" not in printed[1][0]
    for part in ("train", "validation"):  # what the lost training logged, and what the one that went on did
        assert len(list((project.run_dir / "tensorboard" / part).iterdir())) == 2
    train_model.main(shipped.changed(**SMALL, RUN_DIR=str(tmp_path / "run")))
    np.testing.assert_allclose(losses(project.run_dir), losses(tmp_path / "run"), rtol=1e-5)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "TF_CONFIG cannot be read"),
        ("[]", "TF_CONFIG cannot be read"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "not among them"),
        ('{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}', "no workers alone"),
    ],
)
def test_a_wrong_description_of_the_workers_is_refused(monkeypatch, config, message):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(InputError, match=message):
        workers.worker_index_and_count.__wrapped__()


def test_a_batch_must_be_divisible_among_the_workers(monkeypatch):
    monkeypatch.setattr(workers, "worker_index_and_count", lambda: (0, 3))
    workers.check_batch_size(33)
    with pytest.raises(InputError, match="BATCH_SIZE = 32 is impossible for 3 workers: a multiple of 3"):
        workers.check_batch_size(32)


def test_even_batches_are_divisible_among_the_workers():
    # Seven batches of 100 in 16s: 15 each, but for two workers or four the next multiple of their number.
    assert [balanced_batch_size(100, 16, count) for count in (1, 2, 4)] == [15, 16, 16]
    assert balanced_batch_size(50, 16) == 13 and balanced_batch_size(50, 16, 2) == 14


def test_no_batch_is_far_smaller_than_the_others():
    # 801 = 50 * 16 + 1 = 53 * 15 + 6; 1250 = 78 * 16 + 2 = 83 * 15 + 5; 500 = 31 * 16 + 4; five are one batch.
    assert [balanced_batch_size(n, 16) for n in (801, 1250, 500, 5)] == [15, 15, 16, 5]
