"""What benchmarks/speed.py compares with in PyTorch and JAX: the same network, and each at its best."""

import functools
import time

import numpy as np


def torch_epochs(x, y, batch_size, compiled):
    """Train the network in PyTorch by a plain loop: loss only, no metrics. compiled: by torch.compile."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, y = torch.tensor(x.transpose(0, 2, 1).copy(), device=device), torch.tensor(y, dtype=torch.float32, device=device)
    convolution = nn.Sequential(nn.Conv1d(x.shape[1], 32, 3), nn.ReLU(), nn.MaxPool1d(2))
    lstm, dense, loss = nn.LSTM(32, 50, batch_first=True), nn.Linear(50, 1), nn.BCEWithLogitsLoss()
    modules = nn.ModuleList([convolution, lstm, dense]).to(device)
    adam = torch.optim.Adam(modules.parameters(), lr=0.001)

    def loss_of(x, y):
        states, _ = lstm(convolution(x).transpose(1, 2))
        return loss(dense(states[:, -1])[:, 0], y)

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def one():
        began = time.perf_counter()
        for rows in torch.randperm(len(x), device=device).split(batch_size):
            adam.zero_grad()
            loss_of(x[rows], y[rows]).backward()
            adam.step()
        if device == "cuda":
            torch.cuda.synchronize()  # the last steps are still under way
        return time.perf_counter() - began

    return one


def jax_epochs(x, y, batch_size):
    """Train the network in JAX: the whole epoch is one compiled scan over its batches. Loss only, no metrics."""
    import jax

    jnp, tree = jax.numpy, jax.tree_util.tree_map
    x, y, rng = jnp.asarray(x), jnp.asarray(y, jnp.float32), np.random.default_rng(0)
    shapes = {"kernel": (3, x.shape[2], 32), "w": (32, 200), "u": (50, 200), "dense": (50, 1)}
    weights = {name: jnp.asarray(rng.normal(0, 0.1, shape), jnp.float32) for name, shape in shapes.items()}
    weights |= {"kernel_bias": jnp.zeros(32), "bias": jnp.zeros(200), "dense_bias": jnp.zeros(1)}

    def adam(weights, gradients, moments, t):
        first = tree(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradients)
        second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradients)
        rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return tree(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second), (first, second)

    def step(state, rows):
        weights, moments, t = state
        loss, gradients = jax.value_and_grad(jax_loss)(weights, x[rows], y[rows])
        weights, moments = adam(weights, gradients, moments, t)
        return (weights, moments, t + 1), loss

    scan = jax.jit(functools.partial(jax.lax.scan, step))
    zeros = tree(jnp.zeros_like, weights)
    state = [(weights, (zeros, zeros), jnp.ones(()))]

    def one():
        began = time.perf_counter()
        order = rng.permutation(len(x))[: len(x) // batch_size * batch_size].reshape(-1, batch_size)
        state[0], losses = scan(state[0], jnp.asarray(order))
        losses.block_until_ready()
        return time.perf_counter() - began

    return one


def jax_loss(weights, x, y):
    """Return the binary cross-entropy of the network; the LSTM's inputs are projected for all steps at once."""
    import jax

    jnp, sigmoid = jax.numpy, jax.nn.sigmoid
    form = ("NWC", "WIO", "NWC")
    x = jax.lax.conv_general_dilated(x, weights["kernel"], (1,), "VALID", dimension_numbers=form)
    x = jax.nn.relu(x + weights["kernel_bias"])
    x = x[:, : x.shape[1] // 2 * 2].reshape(len(x), -1, 2, 32).max(axis=2)
    projected = (x @ weights["w"] + weights["bias"]).swapaxes(0, 1)

    def lstm(carry, at):
        hidden, cell = carry
        i, f, g, o = jnp.split(at + hidden @ weights["u"], 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * jnp.tanh(g)
        return (sigmoid(o) * jnp.tanh(cell), cell), None

    start = (jnp.zeros((len(y), 50)), jnp.zeros((len(y), 50)))
    (hidden, _), _ = jax.lax.scan(lstm, start, projected)
    logits = (hidden @ weights["dense"] + weights["dense_bias"])[:, 0]
    return (jax.nn.softplus(logits) - y * logits).mean()
