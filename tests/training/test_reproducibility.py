"""The same constants give the same weights, bit by bit."""

import numpy as np
import pytest


def trained_weights(project, threads):
    from core.quiet_tensorflow import keras

    project.succeed("train_model.py", env={"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": threads})
    return keras.models.load_model(project.run_dir / "model.keras").get_weights()


def test_two_processes_of_other_thread_counts_give_identical_weights(project):
    project.edit(EPOCHS=2, DROPOUT=0.2)
    first, second = (trained_weights(project, threads) for threads in ("1", "2"))
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", [0, 42])
def test_each_epoch_sees_every_sequence_in_a_new_order(seed):
    from sequences.types import Split
    from training.batches import BatchLoader

    part = Split(np.arange(100.0).reshape(100, 1, 1), np.arange(100), np.arange(100))
    loader = BatchLoader(part, 8, seed, batches_per_block=4)
    orders = []
    for epoch in range(3):
        loader.set_epoch(epoch)
        orders.append(np.concatenate([loader[i][1] for i in range(len(loader))]))
    for order in orders:
        assert sorted(order) == list(range(100))
    assert not np.array_equal(orders[0], orders[1]) and not np.array_equal(orders[1], orders[2])
    again = BatchLoader(part, 8, seed)
    again.set_epoch(2)
    x, y = again[0]
    np.testing.assert_array_equal(y, orders[2])
    np.testing.assert_array_equal(x[:, 0, 0], y)
