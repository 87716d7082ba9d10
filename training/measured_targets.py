"""Loss and metrics over the targets that were measured: NaN among them count for nothing."""

from core.lazy import keras, ops


def count_measured_alone(loss, metrics):
    """Return loss and metrics, as `compile` takes them, that are means over the measured targets of a batch.

    Parameters: loss, a mean over all targets of a batch, and metrics: of a Task's compile_arguments, for targets
    (n, outputs).
    """
    loss = keras.losses.get(loss)

    def measured_loss(y, output):  # what is missing counts as met exactly: no error, no gradient
        return ops.mean(loss(*_filled(y, output))) / ops.mean(_measured(y))

    for metric in metrics:
        metric.update_state = _measured_update(metric.update_state)
    return {"loss": measured_loss, "metrics": metrics}


def _measured(y):
    """Return 1 for targets that were measured, 0 for NaN."""
    return 1 - ops.cast(ops.isnan(y), "float32")


def _filled(y, output):
    return ops.where(ops.isnan(y), output, y), output


def _measured_update(update):
    return lambda y, output, sample_weight=None: update(*_filled(y, output), sample_weight=_measured(y))
