"""Writes the numbers of PyTorch that the Rust tests compare ours with.

The Rust tests only read the *.safetensors files beside this script. Nobody
needs Python, except a person who regenerates them, from the project's root:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python crates/nn/tests/golden/generate.py

(requirements.txt pins the same versions.) Two runs write the same bytes. On
another processor the last bits of computed values may differ; the inputs don't.

Every input is exact in float32, so that the f32 and the f64 tests share it, and
every expected value is computed in float64, unless its name or its section says
otherwise. Each file has one metadata key, "cases": a JSON list with the options
of each case. (With two keys safetensors would write them in random order.)
"""

import itertools
import json
import random
from pathlib import Path

import torch
from safetensors.torch import save as to_bytes
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = Path(__file__).parent


def save(name, tensors, cases):
    tensors = {key: t.detach().clone().contiguous() for key, t in tensors.items()}
    content = to_bytes(tensors, {"cases": json.dumps(cases)})
    (HERE / f"{name}.safetensors").write_bytes(content)


def values(generator, *shape):
    """Uniform in [-1, 1). Multiples of 2^-23: exact in float32, on any machine."""
    return (torch.rand(shape, generator=generator) * 2 - 1).double()


def record(tensors, name, module, inputs, run, generator):
    """Runs a module with random parameters and stores one whole case.

    The gradients are those of the loss Σ u·output over all outputs, with random
    u; but an output that is a single number is the loss itself, so its u is 1.
    """
    for parameter in module.parameters():
        parameter.data = values(generator, *parameter.shape)
    for tensor in inputs.values():
        tensor.requires_grad_()
    outputs = run(module, inputs)
    us = {
        key: values(generator, *y.shape) if y.dim() else torch.ones((), dtype=y.dtype)
        for key, y in outputs.items()
    }
    loss = sum((u * outputs[key]).sum() for key, u in us.items())

    leaves = inputs | {f"param.{key}": p for key, p in module.named_parameters()}
    gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values()))))
    for prefix, group in ("", leaves), ("", outputs), ("u.", us), ("grad.", gradients):
        tensors.update({f"{name}.{prefix}{key}": t for key, t in group.items()})


def cover(options, count, seed, impossible=lambda case: False):
    """At least `count` cases, in which every pair of option values occurs.

    Greedy: of 100 random cases take the one that adds the most new pairs.
    """

    def pairs(case):
        return set(itertools.combinations(sorted(case.items()), 2))

    rng = random.Random(seed)
    wanted = {
        ((a, x), (b, y))
        for a, b in itertools.combinations(sorted(options), 2)
        for x in options[a]
        for y in options[b]
        if not impossible({a: x, b: y})
    }
    cases, missing = [], set(wanted)
    while missing or len(cases) < count:
        drawn = [{key: rng.choice(of) for key, of in options.items()} for _ in range(100)]
        possible = [case for case in drawn if not impossible(case)]
        best = max(possible, key=lambda case: len(pairs(case) & missing))
        cases.append(best)
        missing -= pairs(best)
    assert wanted == set().union(*map(pairs, cases))
    return cases


# ---- lstm.safetensors: every option of torch.nn.LSTM --------------------------
# No dropout: which values torch drops may depend on the kind of processor.


def run_lstm(lengths, seq):
    def run(lstm, inputs):
        x = inputs["x"]
        state = (inputs["h_0"], inputs["c_0"]) if "h_0" in inputs else None
        if lengths is None:
            output, (h_n, c_n) = lstm(x, state)
        else:
            first = lstm.batch_first
            packed = pack_padded_sequence(x, lengths, first, enforce_sorted=False)
            packed, (h_n, c_n) = lstm(packed, state)
            # total_length: the output keeps x's length, though no sequence may fill it.
            output, _ = pad_packed_sequence(packed, first, total_length=seq)
        return {"output": output, "h_n": h_n, "c_n": c_n}

    return run


def lstm():
    options = {
        "input_size": range(1, 7),
        "hidden_size": range(1, 7),
        "num_layers": [1, 2, 3],
        "bias": [False, True],
        "batch_first": [False, True],
        "bidirectional": [False, True],
        "projected": [False, True],
        "layout": ["unbatched", "batched", "packed"],
        "seq": range(1, 8),
        "batch": [None, 1, 2, 3, 4],
        "state": [False, True],
    }

    def impossible(case):
        if case.get("hidden_size") == 1 and case.get("projected"):
            return True  # proj_size must be smaller than hidden_size
        if "layout" in case and "batch" in case:
            return (case["layout"] == "unbatched") != (case["batch"] is None)
        return False

    rng, generator = random.Random(1), torch.Generator().manual_seed(1)
    tensors, cases = {}, []
    for i, case in enumerate(cover(options, 72, 1, impossible)):
        name, seq, hidden = f"{i:03}", case["seq"], case["hidden_size"]
        batch = [] if case["layout"] == "unbatched" else [case["batch"]]
        lengths = None
        if case["layout"] == "packed":
            lengths = [rng.randint(1, seq) for _ in range(case["batch"])]
        arguments = {
            "input_size": case["input_size"],
            "hidden_size": hidden,
            "num_layers": case["num_layers"],
            "bias": case["bias"],
            "batch_first": case["batch_first"],
            "bidirectional": case["bidirectional"],
            "proj_size": rng.randint(1, hidden - 1) if case["projected"] else 0,
        }

        x = values(generator, *batch, seq, case["input_size"])
        for row, length in enumerate(lengths or []):
            x[row, length:] = 7.5  # would show if it were read
        if batch and not case["batch_first"]:
            x = x.transpose(0, 1).contiguous()
        inputs = {"x": x}
        if case["state"]:
            rows = case["num_layers"] * (1 + case["bidirectional"])
            inputs["h_0"] = values(generator, rows, *batch, arguments["proj_size"] or hidden)
            inputs["c_0"] = values(generator, rows, *batch, hidden)

        module = nn.LSTM(**arguments, dtype=torch.float64)
        record(tensors, name, module, inputs, run_lstm(lengths, seq), generator)
        # The rank of x says whether it is a batch, and h_0's presence the state.
        cases.append({"name": name} | arguments | {"lengths": lengths})
    assert sum(len(set(case["lengths"] or [])) > 1 for case in cases) >= 12
    save("lstm", tensors, cases)


# ---- lstm_cell.safetensors ----------------------------------------------------


def lstm_cell():
    def run(cell, inputs):
        h, c = cell(inputs["x"], (inputs["h_0"], inputs["c_0"]))
        return {"h": h, "c": c}

    generator = torch.Generator().manual_seed(2)
    tensors, cases = {}, []
    for i in range(8):
        name, bias, batch = f"{i:03}", i % 2 == 0, [[], [1 + i // 2]][i // 2 % 2]
        input_size, hidden_size = [(3, 2), (1, 5), (6, 1), (4, 4)][i // 2]
        inputs = {
            "x": values(generator, *batch, input_size),
            "h_0": values(generator, *batch, hidden_size),
            "c_0": values(generator, *batch, hidden_size),
        }
        arguments = {"input_size": input_size, "hidden_size": hidden_size, "bias": bias}
        module = nn.LSTMCell(**arguments, dtype=torch.float64)
        record(tensors, name, module, inputs, run, generator)
        cases.append({"name": name} | arguments)
    save("lstm_cell", tensors, cases)


# ---- rnn.safetensors ----------------------------------------------------------


def rnn():
    def run(module, inputs):
        output, h_n = module(inputs["x"], inputs.get("h_0"))
        return {"output": output, "h_n": h_n}

    generator = torch.Generator().manual_seed(6)
    tensors, cases = {}, []
    for i, (seq, batch, input_size, hidden_size) in enumerate(
        [(1, 1, 1, 1), (3, 2, 1, 4), (2, 3, 5, 1), (7, 1, 2, 3), (4, 5, 3, 2), (5, 2, 4, 6)]
    ):
        name = f"{i:03}"
        inputs = {"x": values(generator, seq, batch, input_size)}
        if i % 2 == 1:
            inputs["h_0"] = values(generator, 1, batch, hidden_size)
        arguments = {"input_size": input_size, "hidden_size": hidden_size}
        record(tensors, name, nn.RNN(**arguments, dtype=torch.float64), inputs, run, generator)
        cases.append({"name": name} | arguments)
    save("rnn", tensors, cases)


# ---- linear_mse.safetensors ---------------------------------------------------


def linear_mse():
    def run(module, inputs):
        return {"output": module(*inputs.values())}

    generator = torch.Generator().manual_seed(3)
    tensors, cases = {}, []
    for i in range(12):
        name, leading = f"linear_{i:02}", [2, 3, 4][: i % 4]
        arguments = {"in_features": 1 + i % 5, "out_features": 1 + i % 3, "bias": i % 8 < 4}
        inputs = {"x": values(generator, *leading, arguments["in_features"])}
        module = nn.Linear(**arguments, dtype=torch.float64)
        record(tensors, name, module, inputs, run, generator)
        cases.append({"name": name} | arguments)
    shapes = [5], [3, 4], [2, 3, 2]
    for i, (shape, reduction) in enumerate(itertools.product(shapes, ["mean", "sum", "none"])):
        name = f"mse_{i:02}"
        inputs = {"input": values(generator, *shape), "target": values(generator, *shape)}
        record(tensors, name, nn.MSELoss(reduction=reduction), inputs, run, generator)
        cases.append({"name": name, "reduction": reduction})
    save("linear_mse", tensors, cases)


# ---- cross_entropy.safetensors --------------------------------------------------


def cross_entropy():
    rng, generator = random.Random(7), torch.Generator().manual_seed(7)
    tensors, cases = {}, []
    # Scales: nearly uniform, usual, and so large that exp would overflow even in float64.
    for i, (n, classes, scale) in enumerate(
        [(1, 1, 1.0), (5, 1, 1024.0), (1, 2, 1.0), (3, 4, 2.0**-10), (8, 5, 1.0), (4, 3, 1024.0)]
        + [(16, 60, 4.0), (6, 7, 0.0), (5, 5, 1024.0), (3, 300, 16.0)]
    ):
        name, target = f"{i:02}", [rng.randrange(classes) for _ in range(n)]
        logits = values(generator, n, classes) * scale
        if i == 8:  # ties at the top, and zeros of both signs
            logits[0, :] = 1024.0
            logits[1, :] = torch.tensor([-0.0, 0.0, -0.0, -1024.0, -1024.0])
        run = lambda loss, inputs: {"loss": loss(inputs["input"], torch.tensor(target))}
        record(tensors, name, nn.CrossEntropyLoss(), {"input": logits}, run, generator)
        cases.append({"name": name, "target": target})
    save("cross_entropy", tensors, cases)


# ---- embedding.safetensors -------------------------------------------------------


def embedding():
    rng, generator = random.Random(8), torch.Generator().manual_seed(8)
    tensors, cases = {}, []
    for i, (count, dim, n) in enumerate([(1, 1, 1), (5, 3, 12), (27, 4, 6), (3, 8, 0), (2, 2, 9)]):
        name, symbols = f"{i:02}", [rng.randrange(count) for _ in range(n)]
        module = nn.Embedding(count, dim, dtype=torch.float64)
        run = lambda module, _: {"output": module(torch.tensor(symbols, dtype=torch.long))}
        record(tensors, name, module, {}, run, generator)
        cases.append({"name": name, "symbols": symbols, "shape": [count, dim]})
    # Initial values, which are made in blocks of 16: fewer, as many, and some more; and the
    # weights of a module that is made afterwards, by which the generator is known.
    shapes = [1, 1], [1, 2], [3, 5], [2, 7], [4, 4], [17, 1], [31, 1], [8, 6], [60, 16], [27, 37]
    for i, (shape, dtype) in enumerate(itertools.product(shapes, [torch.float32, torch.float64])):
        name = f"init_{i:02}"
        torch.manual_seed(1000 + i)
        tensors[f"{name}.weight"] = nn.Embedding(*shape, dtype=dtype).weight
        tensors[f"{name}.next"] = torch.rand(3)
        cases.append({"name": name, "shape": shape, "seed": 1000 + i})
    save("embedding", tensors, cases)


# ---- adam.safetensors: trajectories of 25 steps --------------------------------


def adam():
    steps, n = 25, 8
    options = {
        "lr": [1e-3, 1e-2, 1e-1],
        "betas": [(0.9, 0.999), (0.8, 0.9), (0.5, 0.99), (0.0, 0.95)],
        "eps": [1e-8, 1e-4],
        "weight_decay": [0.0, 0.01, 0.5],
        "amsgrad": [False, True],
        "maximize": [False, True],
    }
    sets = [("Adam", case) for case in cover(options, 20, 4)]
    options["weight_decay"] = [0.01, 0.5]  # without it AdamW is Adam
    sets += [("AdamW", case) for case in cover(options, 4, 6)[:4]]
    assert len(sets) == 24

    rng, generator = random.Random(4), torch.Generator().manual_seed(4)
    tensors, cases = {}, []
    for i, (optimizer, arguments) in enumerate(sets):
        name, lr_at = f"{i:02}", [arguments["lr"]] * steps
        if i % 6 == 5:  # in four of the sets the learning rate falls half-way
            lr_at[12:] = [arguments["lr"] / 10] * (steps - 12)

        start = values(generator, n)
        # Scales from 2^-20 (1e-6) to 2^7 (1e2).
        scales = [[2.0 ** rng.randint(-20, 7) for _ in range(n)] for _ in range(steps)]
        gradients = values(generator, steps, n) * torch.tensor(scales).double()
        gradients[0, 0] = 0.0  # 0 / (√0 + eps) in the very first step
        gradients[7, 3] = 0.0

        p = nn.Parameter(start.clone())
        adam = getattr(torch.optim, optimizer)([p], **arguments)
        trajectory = []
        for gradient, lr in zip(gradients, lr_at):
            adam.param_groups[0]["lr"] = lr
            p.grad = gradient.clone()
            adam.step()
            trajectory.append(p.detach().clone())
        moments = {key: t for key, t in adam.state[p].items() if key != "step"}
        found = {"start": start, "gradients": gradients, "trajectory": torch.stack(trajectory)}
        tensors.update({f"{name}.{key}": t for key, t in (found | moments).items()})
        cases.append({"name": name, "optimizer": optimizer} | arguments | {"lr_at": lr_at})
    save("adam", tensors, cases)


# ---- clip_grad_norm.safetensors -------------------------------------------------


def clip_grad_norm():
    generator = torch.Generator().manual_seed(5)
    tensors, cases = {}, []
    # (shapes, scale of the gradients, max_norm): norms above and below max_norm,
    # norms so small that clip_grad_norm_'s 1e-6 shows, and all gradients zero.
    for i, (shapes, scale, max_norm) in enumerate(
        [
            ([[3]], 1.0, 0.5),
            ([[3]], 1.0, 10.0),
            ([[2, 3], [4], [1]], 8.0, 1.0),
            ([[2, 3], [4], [1]], 8.0, 100.0),
            ([[8, 3], [8, 2], [8], [8]], 1.0, 2.5),
            ([[2, 2, 2], [5]], 2.0**-20, 1e-6),
            ([[2, 2], [3]], 2.0**-20, 1.0),
            ([[2, 2], [3]], 0.0, 1.0),
        ]
    ):
        name = f"{i:02}"
        parameters = [nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in shapes]
        for j, p in enumerate(parameters):
            p.grad = values(generator, *p.shape) * scale
            tensors[f"{name}.grad.{j}"] = p.grad.clone()
        tensors[f"{name}.norm"] = nn.utils.clip_grad_norm_(parameters, max_norm)
        for j, p in enumerate(parameters):
            tensors[f"{name}.clipped.{j}"] = p.grad
        cases.append({"name": name, "max_norm": max_norm, "tensors": len(shapes)})
    save("clip_grad_norm", tensors, cases)


# ---- manual_seed.safetensors: initial weights, bit for bit -----------------------


def modules():
    """One after the other from one generator: six in float32, two in float64, one in float32."""
    double = {"dtype": torch.float64}
    return [
        nn.LSTM(3, 2),
        nn.LSTM(2, 5, num_layers=2, bidirectional=True),
        nn.LSTM(4, 6, num_layers=2, proj_size=3, bias=False),
        nn.Linear(7, 3),
        nn.Linear(4, 2, bias=False),
        nn.LSTMCell(3, 4),
        nn.LSTM(3, 2, **double),
        nn.Linear(5, 2, **double),
        nn.RNN(3, 4),
    ]


def manual_seed():
    # Without AVX2 torch rounds once more in each draw (no fused multiply-add),
    # and the last bits of half the weights differ.
    assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
    seeds = [0, 1, 42, 3169160073, 4294967295, 7, 65536, 20261124, 2147483648, 2718281828]
    tensors, cases = {}, []
    for seed in seeds:
        torch.manual_seed(seed)
        drawn = [dict(module.named_parameters()) for module in modules()]
        torch.manual_seed(seed + 2**32)  # only the low 32 bits of a seed count
        again = [dict(module.named_parameters()) for module in modules()]
        for i, parameters in enumerate(drawn):
            for key, p in parameters.items():
                assert torch.equal(p, again[i][key])
                tensors[f"{seed}.{i}.{key}"] = p
        cases.append({"name": str(seed), "seed": seed})
    save("manual_seed", tensors, cases)


# ---- forecast.safetensors: how the notebook's network learns ---------------------


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 20, batch_first=True)
        self.linear = nn.Linear(60, 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.linear(output.reshape(len(x), -1)).view(-1)


# 8 windows of 3 steps over (0, 5), (10, 15), …, (90, 95); the target is the sum
# of a window's last row.
WINDOWS = [[[10 * t, 10 * t + 5] for t in range(i, i + 3)] for i in range(8)]
TARGETS = [sum(window[-1]) for window in WINDOWS]


def train(network, steps):
    dtype = network.linear.weight.dtype
    x, y = torch.tensor(WINDOWS, dtype=dtype), torch.tensor(TARGETS, dtype=dtype)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        loss = nn.functional.mse_loss(network(x), y)
        losses.append(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.stack(losses)


def forecast():
    tensors, cases = {}, []
    for seed in [0, 7, 1234, 20261124, 4000000000]:
        torch.manual_seed(seed)
        network = Network()
        double = Network().double()
        double.load_state_dict(network.state_dict())  # the same float32 weights
        tensors[f"{seed}.losses_f32"] = train(network, 60)
        tensors[f"{seed}.losses_f64"] = train(double, 60)
        cases.append({"name": str(seed), "seed": seed})
    save("forecast", tensors, cases)


# ---- The notebook: its printed numbers come from one seed ------------------------

NOTEBOOK_LOSSES = [
    15388.94921875, 15017.09765625, 14673.6796875, 14356.7880859375, 14033.16796875,
    13554.828125, 12812.4365234375, 12329.8701171875, 11862.169921875, 11422.3623046875,
    10983.6669921875, 10548.66015625, 10119.884765625, 9699.3212890625, 9288.4794921875,
    8887.8359375, 8496.3037109375, 8102.515625, 7546.8466796875, 7158.310546875,
    6808.65234375, 6470.984375, 6146.25634765625, 5833.763671875, 5506.349609375,
    5056.294921875, 4779.8896484375, 4517.98779296875, 4270.06640625,
]  # fmt: skip
NOTEBOOK_WEIGHT_IH = [
    [-0.1932, -0.5081, 0.0987], [-0.0793, 0.5171, -0.2966],
    [-0.1412, 0.5200, -0.3319], [0.4398, -0.1529, -0.0209],
    [0.5111, -0.3910, 0.1674], [0.0869, 0.4588, 0.3659],
    [-0.5566, -0.5922, -0.2575], [-0.4459, 0.6885, -0.0592],
]  # fmt: skip
NOTEBOOK_WEIGHT_HH = [
    [-0.6337, 0.1353], [0.3896, -0.4928], [-0.2574, 0.5458], [0.4612, 0.3946],
    [-0.4717, -0.0333], [-0.4188, -0.2073], [-0.3588, 0.6900], [0.6157, -0.0471],
]  # fmt: skip


def check_notebook():
    torch.manual_seed(3169160073)
    nn.LSTM(3, 2)  # these two were made first, in cells that ran earlier
    nn.LSTM(3, 2, num_layers=2)
    losses = train(Network(), len(NOTEBOOK_LOSSES))
    torch.testing.assert_close(losses, torch.tensor(NOTEBOOK_LOSSES), rtol=1e-6, atol=0)
    lstm1 = nn.LSTM(3, 2)
    weights = {"weight_ih_l0": NOTEBOOK_WEIGHT_IH, "weight_hh_l0": NOTEBOOK_WEIGHT_HH}
    for name, printed in weights.items():
        drawn = getattr(lstm1, name).tolist()
        assert [[round(w, 4) for w in row] for row in drawn] == printed


if __name__ == "__main__":
    torch.set_num_threads(1)  # sums in one order
    check_notebook()
    for write in lstm, lstm_cell, rnn, linear_mse, cross_entropy, embedding:
        write()
    for write in adam, clip_grad_norm, manual_seed, forecast:
        write()
