"""Adam on TensorFlow's fused kernel: the same formula as stock Keras, in one operation for each variable.

Keras makes some thirty operations for each variable, which take a tenth of a small step and a third of its tracing, and
eight passes over memory, which count where a variable is larger than the caches: the embedding of a vocabulary. Where a
word occurs twice in a batch, Keras squares its two gradients before it adds them; here they are added first, as Adam
(Kingma and Ba 2015) has it.
"""

import functools

from core.lazy import keras, tf


def replacements(optimizer):
    """Yield (optimizer, name of a method, faster method) for Keras' Adam; optimizer: of Keras, or None."""
    if type(optimizer) is keras.optimizers.Adam and not optimizer.amsgrad:
        yield optimizer, "_backend_update_step", functools.partial(_fused_update, optimizer)


def _fused_update(optimizer, gradients, variables, learning_rate):
    """Stand in for keras.optimizers.Adam's update of all variables: their gradients have the same order.

    Keras would first sum the gradients of its one device by a function whose gradient TensorFlow registers for ever:
    with it stay the traced step and the model, 5 MB for each training that a process makes.
    """
    step = tf.cast(optimizer.iterations, "float32") + 1
    powers = [tf.pow(beta, step) for beta in (optimizer.beta_1, optimizer.beta_2)]
    for gradient, variable in zip(gradients, variables):
        place, dtype = optimizer._get_variable_index(variable), variable.dtype
        beta1_power, beta2_power = (tf.cast(power, dtype) for power in powers)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=optimizer._momentums[place].value.handle,
            v=optimizer._velocities[place].value.handle,
            beta1_power=beta1_power,
            beta2_power=beta2_power,
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(optimizer.beta_1, dtype),
            beta2=tf.cast(optimizer.beta_2, dtype),
            epsilon=tf.cast(optimizer.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )
