#!/usr/bin/env bash
# Fetches two published networks from PyPI, runs them here and in PyTorch, and compares. It needs a
# Python that has torch and safetensors: PYTHON=path/to/python examples/10_published_networks/repeat.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

"$python" -m pip download --quiet --no-deps --dest "$folder" silero-vad==6.2.3 Resemblyzer==0.1.4
"$python" examples/10_published_networks/compare.py "$folder"
cargo run --quiet -p demos --example 10_published_networks -- "$folder"
"$python" examples/10_published_networks/compare.py "$folder"
