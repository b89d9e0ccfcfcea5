#!/usr/bin/env bash
# Everything that wants a GPU, in one call of under ten minutes: how fast a step is, then real trainings with the paper's
# nets, each measured against its pictures.
#
#     benchmarks/gpu.sh OUT SET...        SET: a packed set of `dcgan prepare`, 64x64 or 32x32
#     MINUTES=2 PYTHON=python3.12 benchmarks/gpu.sh results/gpu sets/rooms64 sets/cifar32
#
# MINUTES of training are shared by the sets (default 6). Run it from the root of the repository.
set -euo pipefail
out=${1:?usage: benchmarks/gpu.sh OUT SET...}
shift
python=${PYTHON:-python3}
device=${DEVICE:-cuda}
minutes=${MINUTES:-6}
export PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH}
export DCGAN_CACHE=${DCGAN_CACHE:-$out/cache}
mkdir -p "$out"

"$python" -m benchmarks.gpu --device "$device" ${SPEED:-} | tee "$out/speed.txt"

capture=()
[[ $device == cuda* ]] && capture=(--capture)
for set in "$@"; do
    name=$(basename "$set")
    share=$("$python" -c "print($minutes / $#)")
    "$python" -m dcgan train "$set" --out "$out/$name" --device "$device" "${capture[@]}" \
        --base-channels "${WIDTH:-128}" --batch-size 128 --minutes "$share" \
        --sheet-every 200000 --checkpoint-every 500000 --json | tee "$out/$name.json"
    "$python" -m dcgan evaluate "$out/$name" "$set" --device "$device" --samples "${SAMPLES:-5000}" \
        | tee "$out/$name.txt" || echo "$name was not measured" | tee "$out/$name.txt"
done
