"""What a network consists of, for a drawing."""

MOST_LAYERS = 40  # drawn, of larger networks those that learn something


def layer_rows(model):
    """Return the layers of a keras.Model in their order; plain operations between them are left out.

    Returns: list of (name, kind, shape of the output, number of parameters, places of the layers before it).
    """
    kept = list(model.layers)
    if len(kept) > MOST_LAYERS:
        kept = [layer for layer in kept if layer.count_params() or layer in (kept[0], kept[-1])]
    places, before = {id(layer): k for k, layer in enumerate(kept)}, {}
    for operation in model.operations:  # each comes after those that it takes its inputs from
        parents = [node.operation for own in operation._inbound_nodes for node in own.parent_nodes]
        before[id(operation)] = set()
        for parent in parents:
            known = {places[id(parent)]} if id(parent) in places else before.get(id(parent), set())
            before[id(operation)] |= known
    return [(own.name, kind_of(own), shape_of(own), own.count_params(), sorted(before[id(own)])) for own in kept]


def kind_of(layer):
    """Return the class of a layer; of one that wraps another one's for each time step, the other one's."""
    if type(layer).__name__ == "TimeDistributed":
        return f"{kind_of(layer.layer)}, each step"
    return type(layer).__name__


def shape_of(layer):
    """Write the shape of a layer's (first) output for one sequence: 24 × 32, "any" for any number of steps."""
    output = layer.output[0] if isinstance(layer.output, (list, tuple)) else layer.output
    return " × ".join("any" if size is None else str(size) for size in output.shape[1:]) or "1"
