"""JAX's contestants: the network by hand, its loop over time a `lax.scan`, and one
compiled function for a whole training step, or for all steps of a workload together."""

import math
import os

import protocol
from protocol import batch, directions, flatten, hidden, layers, lr, seq, steps

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "0"
try:
    import jax
    import numpy as np
    from jax import lax
    from jax import numpy as jnp
except ImportError as error:
    protocol.missing(error)

# How many training steps a call takes.
AT_ONCE = steps if protocol.name == "jax-steps" else 1


def lstm(x, weights, reverse):
    """One layer in one direction: `[seq, batch, features]` to `[seq, batch, hidden]`."""
    w_ih, w_hh, b_ih, b_hh = weights

    def step(state, x):
        h, c = state
        i, f, g, o = jnp.split(x @ w_ih + b_ih + h @ w_hh + b_hh, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((batch, hidden))
    # A few steps are faster written one after the other, many in a loop.
    return lax.scan(step, (zeros, zeros), x, reverse=reverse, unroll=seq < 8)[1]


def predict(parameters, x):
    *lstms, weight, bias = parameters
    for k in range(layers):
        weights = [lstms[4 * n :][:4] for n in range(k * directions, (k + 1) * directions)]
        outputs = [lstm(x, own, reverse=n == 1) for n, own in enumerate(weights)]
        x = jnp.concatenate(outputs, axis=-1)
    read = x.swapaxes(0, 1).reshape(batch, -1) if flatten else x[-1]
    return read @ weight + bias


def loss(parameters, x, y):
    return jnp.mean((predict(parameters, x) - y) ** 2)


def adam(state, gradients):
    """As torch's; the powers of β by way of exp, or 1 - β² would lose digits in f32."""
    parameters, m, v, t = state
    t = t + 1
    size = lr / -jnp.expm1(t * math.log(0.9))
    root = jnp.sqrt(-jnp.expm1(t * math.log(0.999)))
    m = [m + 0.1 * (g - m) for m, g in zip(m, gradients)]
    v = [0.999 * v + 0.001 * g * g for v, g in zip(v, gradients)]
    moments = zip(parameters, m, v)
    parameters = [p - size * m / (jnp.sqrt(v) / root + 1e-8) for p, m, v in moments]
    return parameters, m, v, t


def train_steps(state, x, y):
    def step(state, _):
        value, gradients = jax.value_and_grad(loss)(state[0], x, y)
        return adam(state, gradients), value

    return lax.scan(step, state, length=AT_ONCE, unroll=AT_ONCE == 1)


# Compiled once for each process. The old state's memory is taken for the new one.
train_steps = jax.jit(train_steps, donate_argnums=0)
gradients_of_loss = jax.jit(jax.grad(loss))
first_prediction = jax.jit(lambda parameters, x: predict(parameters, x)[0, 0])


class Jax(protocol.Contestant):
    def __init__(self):
        flat = np.frombuffer(protocol.numbers(), dtype=np.float32)
        # Matrices lie as JAX's products like them best, transposed.
        *parameters, x, y = protocol.parts(flat)
        parameters = [jnp.array(p.T) for p in parameters]
        self.x, self.y = jnp.array(x), jnp.array(y)
        m, v = ([jnp.zeros_like(p) for p in parameters] for _ in range(2))
        self.state = (parameters, m, v, jnp.float32(0))

    def gradients(self):
        gradients = gradients_of_loss(self.state[0], self.x, self.y)
        return [float(np.linalg.norm(np.asarray(g, dtype=np.float64))) for g in gradients]

    def train(self):
        self.state, losses = train_steps(self.state, self.x, self.y)
        return losses.tolist()

    def forward(self):
        return [first_prediction(self.state[0], self.x).item()]


protocol.serve(jax.__version__, Jax)
