"""Loss and metrics over the targets that were measured: NaN among them count for nothing."""

from core.lazy import keras, ops, tf


def count_measured_alone(loss, metrics):
    """Return loss and metrics, as `compile` takes them, that are means over the measured targets of a batch.

    Parameters: loss, a mean over all targets of a batch, and metrics: of a Task's compile_arguments, for targets
    (n, outputs).
    """
    loss = keras.losses.get(loss)
    loss = getattr(loss, "call", loss)  # of each sequence: over several devices Keras itself scales only means

    def measured_loss(y, output):  # what is missing counts as met exactly: no error, no gradient
        return ops.mean(loss(*_filled(y, output))) / _measured_share(y)

    for metric in metrics:
        metric.update_state = _measured_update(metric.update_state)
    return {"loss": measured_loss, "metrics": metrics}


def _measured(y):
    """Return 1 for targets that were measured, 0 for NaN."""
    return 1 - ops.cast(ops.isnan(y), "float32")


def _measured_share(y):
    """Return the share of targets that were measured; where devices or workers divide a batch, the sum of their shares.

    Their losses are then added up: the sum is the mean over all that was measured in the batch.
    """
    share, context = ops.mean(_measured(y)), tf.distribute.get_replica_context()
    several = context is not None and context.num_replicas_in_sync > 1  # there is none while Keras builds the loss
    return context.all_reduce("SUM", share) if several else share


def _filled(y, output):
    return ops.where(ops.isnan(y), output, y), output


def _measured_update(update):
    return lambda y, output, sample_weight=None: update(*_filled(y, output), sample_weight=_measured(y))
