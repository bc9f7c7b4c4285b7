"""Goes on with a model that was trained in Rust, in several processes of PyTorch.

    torchrun --nproc-per-node 2 go_on.py FOLDER

reads FOLDER/model.safetensors, takes two epochs of steps with half of every batch in each process,
compares their losses with those of FOLDER/losses.csv, and saves FOLDER/back.safetensors.
"""

import csv
import json
import sys
from pathlib import Path

import torch
import torch.distributed as distributed
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import forecast

PREFIX = "network."


def main():
    folder = Path(sys.argv[1])
    distributed.init_process_group("gloo")
    rank, processes = distributed.get_rank(), distributed.get_world_size()

    tensors = load_file(folder / "model.safetensors")
    with safe_open(folder / "model.safetensors", "pt") as file:
        metadata = file.metadata()
    task = json.loads(metadata["task"])
    assert (task["window"], task["hidden"], task["layers"], task["horizon"]) == (14, 32, 1, 1)

    network = forecast.Network()
    state = {name: tensors[PREFIX + name] for name in network.state_dict()}
    network.load_state_dict(state, strict=True)
    network = torch.nn.parallel.DistributedDataParallel(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=forecast.LR)

    rows = forecast.read(task["columns"])
    rows = (rows[: len(rows) * 3 // 5] - tensors["scaling.mean"]) / tensors["scaling.std"]
    x, y = forecast.windows(rows)
    losses = []
    torch.manual_seed(1)
    for _ in range(2):
        for batch in torch.randperm(len(x)).split(forecast.BATCH):
            mine = batch[rank::processes]
            loss = forecast.step(network, optimizer, x[mine], y[mine])
            distributed.all_reduce(loss)
            losses.append(loss.item() / processes)

    if rank == 0:
        with open(folder / "losses.csv", newline="") as file:
            here = [float(row["loss"]) for row in csv.DictReader(file)]
        assert len(here) == len(losses)
        largest = max(abs(a / b - 1) for a, b in zip(losses, here))
        print(f"{len(losses)} steps of {processes} processes; the losses differ by {largest:.1e} at most")
        assert largest < 1e-5
        for name, value in network.module.state_dict().items():
            tensors[PREFIX + name] = value.contiguous()
        save_file(tensors, folder / "back.safetensors", metadata=metadata)
    distributed.destroy_process_group()


main()
