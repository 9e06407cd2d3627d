"""The fixed networks of descent bench in JAX on the CPU, each step one jitted function.

The updates are Optax's. Buffers are donated, so that XLA may update in place; a
block of steps is waited for at its end, since JAX runs ahead of Python.
"""

import os
import sys

import peer  # first: it clears settings that must be gone before anything is loaded

os.environ["JAX_PLATFORMS"] = "cpu"


def take_cpus():
    """XLA makes one thread for each CPU that its process may use, and no setting
    of its own says another number, so the process leaves the other CPUs."""
    threads = 1
    for i, a in enumerate(sys.argv):
        if a == "--threads":
            threads = int(sys.argv[i + 1])
        elif a.startswith("--threads="):
            threads = int(a.split("=")[1])
    cpus = sorted(os.sched_getaffinity(0))
    if threads < len(cpus):
        os.sched_setaffinity(0, cpus[:threads])


if __name__ == "__main__" and hasattr(os, "sched_setaffinity"):
    take_cpus()

import jax
import jax.numpy as jnp
import numpy as np
import optax


def linear(key, fan_in, out):
    bound = fan_in**-0.5
    k, b = jax.random.split(key)
    return {"w": jax.random.uniform(k, (fan_in, out), minval=-bound, maxval=bound),
            "b": jax.random.uniform(b, (out,), minval=-bound, maxval=bound)}


def dense(p, x):
    return x @ p["w"] + p["b"]


def mlp(*widths):
    keys = jax.random.split(jax.random.key(1), len(widths))
    params = [linear(k, a, b) for k, a, b in zip(keys, widths, widths[1:])]

    def apply(params, x):
        for p in params[:-1]:
            x = jax.nn.relu(dense(p, x))
        return dense(params[-1], x)

    return params, {}, lambda params, state, x: (apply(params, x), state)


def cnn():
    k = jax.random.split(jax.random.key(1), 4)

    def conv(key, i, o):
        bound = (9 * i) ** -0.5
        return jax.random.uniform(key, (3, 3, i, o), minval=-bound, maxval=bound)

    norm = lambda c: {"scale": jnp.ones(c), "shift": jnp.zeros(c)}
    params = {"conv1": conv(k[0], 1, 32), "norm1": norm(32), "conv2": conv(k[1], 32, 64), "norm2": norm(64),
              "fc1": linear(k[2], 3136, 128), "fc2": linear(k[3], 128, 10)}
    state = {f"norm{i}": {"mean": jnp.zeros(c), "var": jnp.ones(c)} for i, c in ((1, 32), (2, 64))}

    def block(params, state, i, x):
        w, q, s = params[f"conv{i}"], params[f"norm{i}"], state[f"norm{i}"]
        x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        n = x.size // x.shape[-1]
        running = {"mean": 0.9 * s["mean"] + 0.1 * mean, "var": 0.9 * s["var"] + 0.1 * var * n / (n - 1)}
        x = jax.nn.relu((x - mean) * jax.lax.rsqrt(var + 1e-5) * q["scale"] + q["shift"])
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"), running

    def apply(params, state, x):
        x = x.reshape(-1, 28, 28, 1)
        x, one = block(params, state, 1, x)
        x, two = block(params, state, 2, x)
        x = jax.nn.relu(dense(params["fc1"], x.reshape(x.shape[0], -1)))
        return dense(params["fc2"], x), {"norm1": one, "norm2": two}

    return params, state, apply


def charlm(d=128, blocks=4, heads=4):
    k = iter(jax.random.split(jax.random.key(1), 3 + 4 * blocks))
    norm = lambda: {"scale": jnp.ones(d), "shift": jnp.zeros(d)}
    params = {
        "symbol": jax.random.normal(next(k), (peer.SYMBOLS, d)),
        "place": jax.random.normal(next(k), (peer.CONTEXT, d)),
        "blocks": [{"before": norm(), "qkv": linear(next(k), d, 3 * d), "out": linear(next(k), d, d),
                    "between": norm(), "up": linear(next(k), d, 4 * d), "down": linear(next(k), 4 * d, d)} for _ in range(blocks)],
        "norm": norm(), "head": linear(next(k), d, peer.SYMBOLS),
    }

    def normal(p, x):
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * p["scale"] + p["shift"]

    def attention(p, x):
        b, t, _ = x.shape
        q, k, v = jnp.split(dense(p["qkv"], x).reshape(b, t, 3 * heads, d // heads), 3, axis=2)
        y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        return dense(p["out"], y.reshape(b, t, d))

    def apply(params, state, x):
        x = params["symbol"][x] + params["place"]
        for p in params["blocks"]:
            x = x + attention(p, normal(p["before"], x))
            x = x + dense(p["down"], jax.nn.gelu(dense(p["up"], normal(p["between"], x)), approximate=False))
        return dense(params["head"], normal(params["norm"], x)), state

    return params, {}, apply


def entropy(out, y):
    return optax.softmax_cross_entropy_with_integer_labels(out, y).mean()


def size(tree):
    return sum(a.size for a in jax.tree.leaves(tree))


class Held:
    """What a jitted step gives back and takes again."""

    def __init__(self, *values):
        self.values = values

    def wait(self):
        jax.block_until_ready(self.values)


def training(net, text, batch, rule):
    params, state, apply = net
    if text:
        xs, ys = (jnp.asarray(a, jnp.int32) for a in peer.text())
        read = lambda rows, xs: xs[rows]
    else:
        images, labels = peer.digits()
        mean, inverse = peer.scale(images)
        xs, ys = jnp.asarray(images), jnp.asarray(labels, jnp.int32)
        read = lambda rows, xs: (xs[rows].astype(jnp.float32) - mean) * inverse

    def step(params, state, memory, rows, xs, ys):
        def loss(params):
            out, next = apply(params, state, read(rows, xs))
            return entropy(out, ys[rows]), next

        (e, state), grad = jax.value_and_grad(loss, has_aux=True)(params)
        change, memory = rule.update(grad, memory, params)
        return optax.apply_updates(params, change), state, memory, e

    run = jax.jit(step, donate_argnums=(0, 1, 2))
    count = size(params)
    held = Held(params, state, rule.init(params), None)
    batches = peer.Batches(len(xs), batch, lambda p: p.astype(np.int32))

    def once():
        held.values = run(*held.values[:3], batches.next(), xs, ys)

    return peer.Work(once, "steps/s", peer.rate(1), held.wait, count, lambda: float(held.values[3]))


def derivative(second):
    params, _, apply = mlp(784, 256, 128, 10)
    x, y = jnp.asarray(peer.ramp(512 * 784).reshape(512, 784)), jnp.arange(512) % 10
    v = jax.tree.map(lambda a: jnp.asarray(peer.ramp(a.size).reshape(a.shape)), params)
    loss = lambda p, x, y: entropy(apply(p, {}, x)[0], y)
    if second:
        run = jax.jit(lambda p, v, x, y: jax.jvp(lambda p: jax.grad(loss)(p, x, y), (p,), (v,))[1])
    else:
        run = jax.jit(lambda p, v, x, y: jax.grad(loss)(p, x, y))
    held = Held()

    def once():
        held.values = run(params, v, x, y)

    return peer.Work(once, "ms", peer.milliseconds, held.wait, size(params))


def adam10m():
    n = 10_000_000
    rule = optax.adam(1e-3)

    def step(w, memory, grad):
        change, memory = rule.update(grad, memory, w)
        return optax.apply_updates(w, change), memory

    w, grad = jnp.array(peer.ramp(n)), jnp.array(peer.ramp(n))
    run = jax.jit(step, donate_argnums=(0, 1))
    held = Held(w, rule.init(w))

    def once():
        held.values = run(*held.values, grad)

    return peer.Work(once, "GB/s", peer.rate(28 * n / 1e9), held.wait)


def sgemm(n):
    a, b = (jnp.asarray(peer.ramp(n * n).reshape(n, n)) for _ in range(2))
    run = jax.jit(lambda a, b: a @ b)
    held = Held()

    def once():
        held.values = run(a, b)

    return peer.Work(once, "GFLOP/s", peer.rate(2 * n**3 / 1e9), held.wait)


def prepare(name):
    adam = optax.adam(1e-3)
    match = {
        "mlp_adam": lambda: training(mlp(784, 256, 128, 10), False, 128, adam),
        "mlp_momentum": lambda: training(mlp(784, 256, 128, 10), False, 128, optax.sgd(0.05, momentum=0.9)),
        "wide_adam": lambda: training(mlp(784, 2048, 2048, 10), False, 128, adam),
        "cnn_adam": lambda: training(cnn(), False, 64, adam),
        "charlm_adamw": lambda: training(charlm(), True, 32, optax.adamw(1e-3, weight_decay=0.01)),
        "adam10m": adam10m,
        "gradient512": lambda: derivative(False),
        "hvp512": lambda: derivative(True),
    }
    if name in match:
        return match[name]()
    if name.startswith("sgemm"):
        return sgemm(int(name[len("sgemm"):]))
    raise peer.Missing("not in this comparison")


def setup(args):
    hello = {"peer": "JAX", "version": jax.__version__, "detail": "XLA on the CPU, Optax " + optax.__version__}
    return hello, prepare


if __name__ == "__main__":
    peer.main(setup)
