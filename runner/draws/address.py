"""Turn the address of a stream into a 128-bit key."""

from __future__ import annotations

import functools
import hashlib
import json

_VERSION = "cohortsweep-draws-1"


@functools.lru_cache(maxsize=4096)
def stream_key(seed: int, scope: str, name: str, cell: str) -> tuple[int, int]:
    """Return the key of a stream as two 64-bit words.

    `scope` separates users of randomness (`variable`, `engine`), `name` the streams of one scope;
    `cell` is empty under common random numbers. Replicate, step and entity are not part of the
    key: they are the counter.
    """
    address = json.dumps([_VERSION, str(seed), scope, name, cell], separators=(",", ":"))
    digest = hashlib.blake2b(address.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
