"""Two networks from PyPI in PyTorch, for comparison with `main.rs` beside this file.

    compare.py FOLDER

unpacks the wheels in FOLDER; if outputs.safetensors is there, it runs the networks on the same
numbers and says by how much the outputs differ.
"""

import io
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def unpack(folder):
    """The files of weights. The second is a pickle in its wheel, which only PyTorch reads."""
    [silero] = folder.glob("silero_vad-*.whl")
    [resemblyzer] = folder.glob("Resemblyzer-*.whl")
    name = "silero_vad_16k.safetensors"
    (folder / name).write_bytes(zipfile.ZipFile(silero).read(f"silero_vad/data/{name}"))
    pickle = io.BytesIO(zipfile.ZipFile(resemblyzer).read("resemblyzer/pretrained.pt"))
    state = torch.load(pickle, map_location="cpu")["model_state"]
    save_file(state, folder / "resemblyzer.safetensors")


def part(path, prefix):
    """What in a file has a name with this prefix."""
    tensors = load_file(path).items()
    return {name.removeprefix(prefix): t for name, t in tensors if name.startswith(prefix)}


@torch.no_grad()
def compare(folder):
    cell = torch.nn.LSTMCell(128, 128)
    cell.load_state_dict(part(folder / "silero_vad_16k.safetensors", "lstm_cell."))
    path = folder / "resemblyzer.safetensors"
    lstm = torch.nn.LSTM(40, 256, num_layers=3, batch_first=True)
    lstm.load_state_dict(part(path, "lstm."))
    linear = torch.nn.Linear(256, 256)
    linear.load_state_dict(part(path, "linear."))

    torch.manual_seed(1)
    state, hidden = None, []
    for x in torch.rand(2000, 1, 128):
        state = cell(x, state)
        hidden.append(state[0])
    _, (h_n, _) = lstm(torch.rand(8, 160, 40))
    voices = torch.nn.functional.normalize(linear(h_n[2]).relu())

    here = load_file(folder / "outputs.safetensors")
    for name, key, there in [
        ("silero-vad's LSTM cell, 2,000 steps", "hidden", torch.stack(hidden)),
        ("Resemblyzer, 8 voices of 160 frames", "voices", voices),
    ]:
        difference = (here[key].view_as(there) - there).abs().max()
        print(f"{name}: up to {there.abs().max():.2f}, differs by {difference:.0e} at most")
        assert difference < 2e-5


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if (folder / "outputs.safetensors").exists():
        compare(folder)
    else:
        unpack(folder)
