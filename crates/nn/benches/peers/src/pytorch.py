"""PyTorch's contestants: with its default Adam, or with its fused one."""

import protocol
from protocol import batch, directions, flatten, head, hidden, input, layers

try:
    import torch
    from torch import nn
except ImportError as error:
    protocol.missing(error)

torch.set_num_threads(int(protocol.threads))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(
            input, hidden, layers, batch_first=bool(flatten), bidirectional=directions == 2
        )
        self.linear = nn.Linear(head, 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.linear(output.reshape(batch, -1) if flatten else output[-1])


class Torch(protocol.Contestant):
    def __init__(self):
        flat = torch.frombuffer(protocol.numbers(), dtype=torch.float32)
        *values, x, y = protocol.parts(flat)
        self.model = Model()
        parameters = list(self.model.parameters())
        with torch.no_grad():
            for parameter, value in zip(parameters, values, strict=True):
                parameter.copy_(value)
        self.x = (x.transpose(0, 1) if flatten else x).clone(
            memory_format=torch.contiguous_format
        )
        self.y = y.clone()
        self.loss = nn.MSELoss()
        # None is the default.
        fused = True if protocol.name == "torch-fused" else None
        self.adam = torch.optim.Adam(parameters, lr=protocol.lr, fused=fused)

    def gradients(self):
        self.loss(self.model(self.x), self.y).backward()
        norms = [p.grad.double().norm().item() for p in self.model.parameters()]
        self.adam.zero_grad()
        return norms

    def train(self):
        self.adam.zero_grad()
        loss = self.loss(self.model(self.x), self.y)
        loss.backward()
        self.adam.step()
        return [loss.item()]

    def forward(self):
        with torch.no_grad():
            return self.record()

    def record(self):
        return [self.model(self.x)[0, 0].item()]


class Cell(Torch):
    """One step after the other, in inference."""

    def __init__(self):
        super().__init__()
        torch.set_grad_enabled(False)  # as no_grad, for all steps together
        weights = self.model.lstm.state_dict()
        self.lstm_cell = nn.LSTMCell(input, hidden)
        self.lstm_cell.load_state_dict({k.removesuffix("_l0"): w for k, w in weights.items()})
        self.state = None

    def cell(self):
        self.state = self.lstm_cell(self.x[0], self.state)
        return self.state[:1]

    def layer(self):
        _, self.state = self.model.lstm(self.x, self.state)
        return self.state[:1]

    def check(self):
        answer = []
        for step in [self.cell, self.layer]:
            self.state = None
            for _ in range(10):
                step()
            answer += self.state[0].flatten().tolist()
        return answer


protocol.serve(torch.__version__, Cell if protocol.workload.startswith("cell-") else Torch)
