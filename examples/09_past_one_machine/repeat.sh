#!/usr/bin/env bash
# Trains here, goes on in two processes of PyTorch, and forecasts here. It needs a Python that has
# torch, numpy and safetensors: PYTHON=path/to/python examples/09_past_one_machine/repeat.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
data=examples/data/seattle-weather.csv

cargo run --quiet -p demos --example 09_past_one_machine -- "$data" "$folder"
"${PYTHON:-python3}" -m torch.distributed.run --nproc-per-node 2 \
    --master-addr 127.0.0.1 --master-port "${PORT:-29511}" \
    examples/09_past_one_machine/go_on.py "$folder"
cargo run --quiet -p demos -- forecast --data "$data" --load "$folder/back.safetensors" \
    --pictures "$folder"
