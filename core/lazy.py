"""Slow libraries, imported when they are first used: `--help` and refusals of a constant need not wait for them.

`from core.lazy import keras, layers` stands at the top of a file as any import does; `lazy("sklearn.metrics")` stands
for any other module.
"""

import gc
import importlib
from contextlib import contextmanager


class Lazy:
    """Stands for what `load()` returns, from the first look at one of its attributes on. A call is put off as well."""

    def __init__(self, load):
        self._load, self._loaded = load, []

    def _value(self):
        if not self._loaded:
            self._loaded.append(self._load())
        return self._loaded[0]

    def __getattr__(self, name):
        if name.startswith("__"):  # pickle, copy and inspect ask for these: they are no use of the library
            raise AttributeError(name)
        return getattr(self._value(), name)

    def __call__(self, *arguments, **named):
        return Lazy(lambda: self._value()(*arguments, **named))


@contextmanager
def collector_held():
    """Hold Python's garbage collector while libraries are imported: it would walk over their objects time and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def lazy(module, name=None):
    """Return what stands for a module, or for what it calls `name`, until it is used."""

    def load():
        with collector_held():
            loaded = importlib.import_module(module)
        return loaded if name is None else getattr(loaded, name)

    return Lazy(load)


quiet_tensorflow = lazy("core.quiet_tensorflow")  # sets TensorFlow's switches before it imports it
keras, tf = lazy("core.quiet_tensorflow", "keras"), lazy("core.quiet_tensorflow", "tf")
layers, ops = Lazy(lambda: keras.layers), Lazy(lambda: keras.ops)
