"""When the learning rate falls, when training stops, and how large a batch is: plain functions of numbers."""

import math

import numpy as np


def is_stopped(history, c):
    """Tell whether early stopping ends training: the lowest validation loss is PATIENCE epochs ago."""
    losses = history.get("val_loss", [])
    return c.PATIENCE is not None and len(losses) > int(np.argmin(losses or [0])) + c.PATIENCE


def is_best(history, c):
    """Tell whether the last epoch has the lowest validation loss so far, where PATIENCE asks for the best epoch."""
    return c.PATIENCE is not None and int(np.argmin(history["val_loss"])) == len(history["val_loss"]) - 1


def learning_rate(history, c):
    """Return the learning rate of the next epoch: LEARNING_RATE, halved after each plateau."""
    return c.LEARNING_RATE * 0.5 ** count_halvings(history, c.PLATEAU)


def count_halvings(history, plateau):
    """Count how often the loss (the validation loss, if any) has not fallen for `plateau` epochs in a row: at most 3.

    A smaller learning rate would end learning where the loss is only noisy.
    """
    if plateau is None:
        return 0
    count, best, since = 0, np.inf, 0
    for loss in history.get("val_loss", history["loss"]):
        best, since = (loss, 0) if loss < best else (best, since + 1)
        if since == plateau:
            count, since = count + 1, 0
    return min(count, 3)


def balanced_batch_size(n, batch_size, workers=1):
    """Return the largest batch size, batch_size at most, with which the last batch is not far smaller than the others.

    Batch normalisation needs it: the statistics of a last batch of two would spoil its averages. 50 sequences in 16s
    become 13, 13, 13 and 11. The size is a multiple of the number of workers.
    """
    largest = workers * math.ceil(n / math.ceil(n / batch_size) / workers)
    fitting = (size for size in range(largest, 1, -workers) if not n % size or n % size >= max(2, size / 4))
    return next(fitting, largest)
