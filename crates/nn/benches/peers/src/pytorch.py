"""PyTorch's contestant: the protocol of worker.rs."""

import array
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    print(f"torch is not importable: {error}; set PEERS_PYTHON to a Python that has it", flush=True)
    sys.exit(1)

threads, data, _name, *sizes, lr = sys.argv[1:]
input, hidden, seq, batch, layers, directions, flatten = map(int, sizes)
lr = float(lr)
torch.set_num_threads(int(threads))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(
            input, hidden, layers, batch_first=bool(flatten), bidirectional=directions == 2
        )
        self.linear = nn.Linear(directions * hidden * (seq if flatten else 1), 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.linear(output.reshape(batch, -1) if flatten else output[-1])


class Contestant:
    def __init__(self):
        with open(data, "rb") as file:
            numbers = array.array("f", file.read())
        rest = torch.frombuffer(numbers, dtype=torch.float32)

        def take(*shape):
            nonlocal rest
            count = torch.Size(shape).numel()
            part, rest = rest[:count].reshape(shape).clone(), rest[count:]
            return part

        self.model = Model()
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.copy_(take(*parameter.shape))
        self.x = take(seq, batch, input)
        if flatten:
            self.x = self.x.transpose(0, 1).contiguous()
        self.y = take(batch, 1)
        assert len(rest) == 0
        self.loss = nn.MSELoss()
        self.adam = torch.optim.Adam(self.model.parameters(), lr=lr)

    def gradients(self):
        self.loss(self.model(self.x), self.y).backward()
        norms = [p.grad.double().norm().item() for p in self.model.parameters()]
        self.adam.zero_grad()
        return norms

    def step(self):
        self.adam.zero_grad()
        loss = self.loss(self.model(self.x), self.y)
        loss.backward()
        self.adam.step()
        return loss.item()

    def forward(self):
        with torch.no_grad():
            return self.record()

    def record(self):
        return self.model(self.x)[0, 0].item()


def milliseconds(count, work):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return times


print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    command, _, count = line.strip().partition(" ")
    contestant = Contestant()
    if command == "check":
        norms = contestant.gradients()
        answer = [contestant.step() for _ in range(3)] + norms
    else:
        works = {
            "train": contestant.step,
            "forward": contestant.forward,
            "record": contestant.record,
        }
        answer = milliseconds(int(count), works[command])
    print(*answer, flush=True)
