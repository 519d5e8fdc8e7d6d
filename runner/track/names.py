"""Name things so that MLflow accepts them and people find them."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Collection

LONGEST_KEY = 250
LONGEST_TAG = 8000
LONGEST_PARAM = 6000
_REFUSED = re.compile(r"[^/\w.\- ]", re.ASCII)
_STATISTICS = ("sd", "ci_low", "ci_high")


def safe_key(name: str) -> str:
    """Return a name of a metric, parameter or tag that MLflow accepts on every system.

    Letters, digits and `_ - . / space` stay; anything else becomes `_`. A name that had to be
    changed or cut ends in a few digits of its hash, so that no two names become one.
    """
    kept = _REFUSED.sub("_", name)
    if posixpath.normpath(kept) != kept or kept.startswith(("/", "..")) or kept == ".":
        kept = kept.replace("/", "_").strip(".") or "_"
    if kept == name and len(kept) <= LONGEST_KEY:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=3).hexdigest()
    return f"{kept[: LONGEST_KEY - len(digest) - 1]}_{digest}"


def statistic_keys(metric: str, declared: Collection[str]) -> dict[str, str]:
    """Return the keys of a metric's statistics: `arpu.sd`, or `arpu-sd` where that is a metric."""
    joined = {name: f"{metric}.{name}" for name in _STATISTICS}
    return {
        name: safe_key(f"{metric}-{name}" if key in declared else key)
        for name, key in joined.items()
    }


def effect_keys(metric: str) -> dict[str, str]:
    """Return the keys of a metric's difference from the control and the ends of its interval."""
    return {
        "difference": safe_key(f"effect.{metric}"),
        **{end: safe_key(f"effect.{metric}.{end}") for end in ("ci_low", "ci_high")},
    }


def clipped(text: str, longest: int = LONGEST_TAG) -> str:
    """Return a text that fits, with `...` where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
