"""Dataclasses to and from what JSON can hold, their types checked by the fields' annotations."""

import types
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import numpy as np


def to_plain(value):
    """Turn a dataclass, with all it holds, into dictionaries, lists, numbers and strings."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: to_plain(own) for name, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(own) for own in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def from_plain(kind, value):
    """Undo `to_plain` for a dataclass `kind`. Raises: TypeError, naming the field, for what is not of its type."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if get_origin(hint) is not ClassVar}
    if not isinstance(value, dict) or set(value) != {field.name for field in fields(kind)}:
        raise TypeError(f"the fields of {kind.__name__} are missing, or there are others")
    return kind(**{name: _checked(hints[name], own, name) for name, own in value.items()})


def _checked(hint, value, name):
    """Return a field's value, a dataclass where its annotation says so."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType,):
        fitting = [own for own in arguments if own is not types.NoneType]
        return None if value is None and types.NoneType in arguments else _checked(fitting[0], value, name)
    if is_dataclass(hint):
        return from_plain(hint, value)
    if origin is list and isinstance(value, list):
        return [_checked(arguments[0], own, name) for own in value]
    if origin is dict and isinstance(value, dict) and all(isinstance(key, arguments[0]) for key in value):
        return {key: _checked(arguments[1], own, name) for key, own in value.items()}
    accepted = (int, float) if hint is float else hint
    if hint is not Any and (origin or not isinstance(value, accepted) or isinstance(value, bool) and hint is not bool):
        raise TypeError(f"field {name!r} holds {str(value)[:40]!r}")
    return value
