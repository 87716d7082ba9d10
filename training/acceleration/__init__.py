"""Faster training and prediction by the same mathematics: fused kernels, and many steps in one call of TensorFlow.

Everything in this folder can be left out: with ACCELERATE = False stock Keras trains and predicts. Of texts it learns
another embedding then, since its Adam is another where a word occurs twice in a batch: see adam.py.
"""

from contextlib import ExitStack, contextmanager

from core.lazy import tf
from training.acceleration import adam, convolution, fixed_kernels, lstm

ACCELERATE = True  # False: stock Keras layers and optimizer, trained by Keras' own `fit`


def applies_to(model):
    """Tell whether a model is accelerated: not if it is divided among several devices, which Keras does."""
    return ACCELERATE and model.distribute_strategy.num_replicas_in_sync == 1


@contextmanager
def accelerated(model, batch_size):
    """Replace methods of the model's layers and optimizer by faster ones; what is traced meanwhile keeps them.

    The objects get other methods for as long as the block lasts: weights, configuration and the saved file stay those
    of stock Keras. A layer that cannot be computed exactly keeps its own method. On a GPU Keras' cuDNN layers are
    faster: only the optimizer's methods are replaced. Within another such block of the same model nothing changes.
    """
    with ExitStack() as stack:
        if applies_to(model):
            on_cpu = not tf.config.list_physical_devices("GPU")
            found = []
            if on_cpu:
                found = [*lstm.replacements(model, batch_size), *convolution.replacements(model)]
                found += fixed_kernels.replacements(model, batch_size)
            for owner, name, method in [*found, *adam.replacements(getattr(model, "optimizer", None))]:
                if name not in vars(owner):
                    setattr(owner, name, method)
                    stack.callback(delattr, owner, name)
        yield
