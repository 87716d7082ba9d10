"""Adam on TensorFlow's fused kernel for large variables: the same formula as stock Keras in one pass over memory.

Keras makes eight passes, which count where a variable is larger than the caches: the embedding of a vocabulary. On a
GPU each pass is a launch, which counts for every variable. Where a word occurs twice in a batch, Keras squares its two
gradients before it adds them; here they are added first, as Adam (Kingma and Ba 2015) has it.
"""

import numpy as np

from core.lazy import keras, tf

LARGE = 100_000  # values of a variable from which on the kernel is used on a CPU


def replacements(optimizer, on_cpu):
    """Yield (optimizer, name of a method, faster method); optimizer: of Keras, or None."""
    if optimizer is None:
        return
    # Keras would sum the gradients of its one device by a function whose gradient TensorFlow registers for ever: with
    # it stay the traced step and the model, 5 MB for each training that a process makes.
    yield optimizer, "_all_reduce_sum_gradients", lambda gradients_and_variables: gradients_and_variables
    if type(optimizer) is not keras.optimizers.Adam or optimizer.amsgrad:
        return
    stock_update, smallest = optimizer.update_step, LARGE if on_cpu else 0

    def update_step(gradient, variable, learning_rate):
        large = np.prod(variable.shape) >= smallest and tf.as_dtype(variable.dtype) == tf.float32
        if large:
            _fused_update(optimizer, gradient, variable, learning_rate)
        else:
            stock_update(gradient, variable, learning_rate)

    yield optimizer, "update_step", update_step


def _fused_update(optimizer, gradient, variable, learning_rate):
    index = optimizer._get_variable_index(variable)
    steps = tf.cast(optimizer.iterations, "float32") + 1
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=optimizer._momentums[index].handle,
        v=optimizer._velocities[index].handle,
        beta1_power=tf.pow(optimizer.beta_1, steps),
        beta2_power=tf.pow(optimizer.beta_2, steps),
        lr=tf.cast(learning_rate, "float32"),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        grad=tf.convert_to_tensor(gradient),
    )
