"""Takes a file of weights through PyTorch and back.

    python crates/nn/tests/golden/round_trip.py IN.safetensors OUT.safetensors

IN is what `nn::save` wrote of an Lstm(input_size=3, hidden_size=5, num_layers=2,
bidirectional, proj_size=2). It must pass load_state_dict(strict=True); OUT is what
PyTorch saves of the model then.
"""

import sys

from safetensors.torch import load_file, save_file
from torch import nn

lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True, proj_size=2)
tensors = load_file(sys.argv[1])
lstm.to(next(iter(tensors.values())).dtype)
print(lstm.load_state_dict(tensors, strict=True))
save_file(lstm.state_dict(), sys.argv[2])
