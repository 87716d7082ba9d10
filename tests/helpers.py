"""What tests in several folders do: train in this process, start a script, compare the files of a folder."""

import ctypes
import hashlib
import os
import subprocess
import sys

import train_model


def train(shipped, run, **constants):
    constants = {**shipped, "RUN_DIR": str(run), **constants}
    train_model.train(constants)
    return constants


def start(project, script="train_model.py", **options):
    return subprocess.Popen(
        [sys.executable, "-u", script],
        cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def obey_permissions():
    """Let even root be refused by a read-only folder: PR_CAPBSET_DROP, CAP_DAC_OVERRIDE (man 2 prctl)."""
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def hashes(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}
