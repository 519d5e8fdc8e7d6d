"""Be `python -m runner` where no file may grow larger than so many bytes: `limited.py BYTES WORDS`.

The files of such a process end as they do on a full disk.
"""

from __future__ import annotations

import resource
import runpy
import sys

if __name__ == "__main__":
    size = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    runpy.run_module("runner", run_name="__main__", alter_sys=True)
