"""When the learning rate falls, when training stops, and how large a batch is: decided from figures alone."""

import math

import numpy as np

from core.errors import Diverged


def is_stopped(history, c):
    """Tell whether early stopping ends training: the lowest validation loss is PATIENCE epochs ago."""
    losses = history.get("val_loss", [])
    return c.PATIENCE is not None and len(losses) > int(np.argmin(losses or [0])) + c.PATIENCE


def is_best(history, c):
    """Tell whether the last epoch has the lowest validation loss so far, where PATIENCE asks for the best epoch."""
    return c.PATIENCE is not None and int(np.argmin(history["val_loss"])) == len(history["val_loss"]) - 1


def learning_rate(history, c):
    """Return the learning rate of the next epoch: LEARNING_RATE, halved for each plateau."""
    return c.LEARNING_RATE * 0.5 ** halvings(history, c.PLATEAU)


def halvings(history, plateau):
    """Count how often the loss (of validation where there is one) has not fallen for `plateau` epochs in a row.

    Three at the most: a smaller step would end learning where the loss is only noisy.
    """
    if plateau is None:
        return 0
    count, best, since = 0, np.inf, 0
    for loss in history.get("val_loss", history["loss"]):
        best, since = (loss, 0) if loss < best else (best, since + 1)
        if since == plateau:
            count, since = count + 1, 0
    return min(count, 3)


def even_batches(n, batch_size, workers=1):
    """Return the largest size of batches, batch_size at most, of which the last is not far smaller than the others.

    Batch normalisation needs it: the statistics of a last batch of two would spoil its averages. 50 sequences in 16s
    become 13, 13, 13 and 11. Each of several workers has an equal share of a batch.
    """
    largest = workers * math.ceil(n / math.ceil(n / batch_size) / workers)
    fitting = (size for size in range(largest, 1, -workers) if not n % size or n % size >= max(2, size / 4))
    return next(fitting, largest)


def check_finite(loss, epoch, c, what):
    """Raise Diverged if a loss is NaN or infinite. what: it is, in words."""
    if not np.isfinite(loss):
        raise Diverged(
            f"the {what} became {loss} in epoch {epoch + 1} with LEARNING_RATE = {c.LEARNING_RATE}: try a tenth of it"
        )
