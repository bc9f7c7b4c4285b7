"""The protocol of worker.rs, for the contestants in Python."""

import array
import sys
import time
from itertools import accumulate
from math import prod

name, threads, data, workload, *sizes, lr = sys.argv[1:]
input, hidden, seq, batch, layers, directions, flatten, steps = map(int, sizes)
lr = float(lr)
head = directions * hidden * (seq if flatten else 1)


def missing(error):
    """Ends the process: this Python lacks what the contestant is made of."""
    print(f"{error}; set PEERS_PYTHON to a Python that has it", flush=True)
    sys.exit(1)


def numbers():
    """All numbers of the file."""
    with open(data, "rb") as file:
        return array.array("f", file.read())


def parts(flat):
    """The parameters in torch's order, then x and y, from all numbers as a flat array of
    torch's or numpy's."""
    shapes = []
    for k in range(layers * directions):
        features = input if k < directions else directions * hidden
        rows = 4 * hidden
        shapes += [(rows, features), (rows, hidden), (rows,), (rows,)]
    shapes += [(1, head), (1,), (seq, batch, input), (batch, 1)]
    ends = list(accumulate(map(prod, shapes)))
    assert ends[-1] == len(flat)
    return [flat[end - prod(shape) : end].reshape(shape) for end, shape in zip(ends, shapes)]


class Contestant:
    """What takes training steps: `gradients()` returns the norms, `train()` a list of
    losses, of one step or of several."""

    def check(self):
        norms = self.gradients()
        losses = []
        while len(losses) < 3:
            losses += self.train()
        return losses[:3] + norms


def milliseconds(count, work):
    """The milliseconds of each call, until they have returned so many results."""
    times = []
    while count > 0:
        start = time.perf_counter()
        results = work()
        times.append((time.perf_counter() - start) * 1e3)
        count -= len(results)
    return times


def serve(version, make):
    """Answers each line with what the method of its name does on a new model."""
    print("ready", version, flush=True)
    for line in sys.stdin:
        command, _, count = line.strip().partition(" ")
        work = getattr(make(), command)
        print(*(milliseconds(int(count), work) if count else work()), flush=True)
