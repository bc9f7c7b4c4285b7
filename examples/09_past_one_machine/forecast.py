"""The forecast of `demos forecast --data`, written for PyTorch.

    python forecast.py [PROGRAM]

trains with the seeds 0 to 4, and prints the best epoch, the errors on the test part and the
seconds of CPU time; with the path of `demos`, its own beside them.
"""

import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

torch.set_num_threads(1)  # the matrices are so small that more would only wait for each other

DATA = Path(__file__).parent / "../data/seattle-weather.csv"
WINDOW, HIDDEN, BATCH, LR, CLIP, EPOCHS, PATIENCE = 14, 32, 32, 0.003, 1.0, 100, 20
COLUMNS, TARGET = ["precipitation", "temp_max", "temp_min", "wind"], 1


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(len(COLUMNS), HIDDEN, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 1)

    def forward(self, x):
        _, (h_n, _) = self.lstm(x)
        return self.head(h_n[-1])


def read(columns=COLUMNS):
    """The columns as float64 [rows, columns]."""
    with open(DATA, newline="", encoding="utf-8") as file:
        rows = [[float(row[name]) for name in columns] for row in csv.DictReader(file)]
    return torch.tensor(rows, dtype=torch.float64)


def windows(rows):
    """Windows [n, WINDOW, columns] and their targets [n, 1], as float32."""
    x = rows.unfold(0, WINDOW, 1)[:-1].transpose(1, 2)
    return x.to(torch.float32), rows[WINDOW:, TARGET : TARGET + 1].to(torch.float32)


def step(network, optimizer, x, y):
    """One step of training; returns the loss before it."""
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(network(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
    optimizer.step()
    return loss.detach()


def run(seed):
    """Best epoch, MAE and RMSE on the test part."""
    rows = read()
    a, b = len(rows) * 3 // 5, len(rows) * 4 // 5
    mean, std = rows[:a].mean(0), rows[:a].std(0, correction=0)
    parts = [windows((part - mean) / std) for part in (rows[:a], rows[a:b], rows[b:])]
    (x, y), (x_validation, y_validation), (x_test, y_test) = parts

    torch.manual_seed(seed)
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=LR)
    best, best_epoch, weights = float("inf"), 0, None
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            step(network, optimizer, x[batch], y[batch])
        with torch.no_grad():
            loss = torch.nn.functional.mse_loss(network(x_validation), y_validation).item()
        if loss < best:
            best, best_epoch = loss, epoch
            weights = {name: value.clone() for name, value in network.state_dict().items()}
        elif epoch - best_epoch >= PATIENCE:
            break
    network.load_state_dict(weights)
    with torch.no_grad():
        errors = (network(x_test).double() - y_test.double()) * std[TARGET]
    return best_epoch + 1, errors.abs().mean().item(), errors.square().mean().sqrt().item()


def demos(program, seed):
    """MAE and RMSE as `demos` prints them, and its seconds of CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "forecast", "--data", DATA, "--target", "temp_max", "--quiet"]
        command += ["--seed", str(seed), "--pictures", folder]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    mae, rmse = next(line for line in text.splitlines() if line.startswith("  LSTM")).split()[1:3]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{mae:>9}{rmse:>7}{seconds:7.2f} s"


def main():
    print(f"PyTorch {torch.__version__}")
    print("seed  epoch     MAE    RMSE   CPU" + "      here: MAE   RMSE    CPU" * (len(sys.argv) > 1))
    for seed in range(5):
        start = time.process_time()
        epoch, mae, rmse = run(seed)
        seconds = time.process_time() - start
        line = f"{seed:4}{epoch:7}{mae:9.4f}{rmse:8.4f}{seconds:6.1f} s"
        print(line + ("  " + demos(sys.argv[1], seed) if len(sys.argv) > 1 else ""))


if __name__ == "__main__":
    main()
