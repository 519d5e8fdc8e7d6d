"""Compare `battery known` (standard input) with the draws of this project."""

from __future__ import annotations

import sys

import numpy as np

from runner.draws.address import stream_key
from runner.draws.mixer import uniforms


def main() -> int:
    count = 0
    for line in sys.stdin:
        stream, replicate, step, entity, bits = (int(word) for word in line.split())
        key = stream_key(2026, "engine", f"s{stream}", "")
        at = [np.array([place], dtype=np.uint64) for place in (replicate, step, entity)]
        if uniforms(key, *at)[0] != bits * 2.0**-53:
            print(f"differs: {line.strip()}")
            return 1
        count += 1
    print(f"{count} known answers agree")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
