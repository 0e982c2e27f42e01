"""Loaded by Python itself where `tests/gate` is on the path: stops a process once it has written a number of shards.

The process says so in `$TEST_GATE.reached` and goes on when `$TEST_GATE.open` is there. So a test sees a half-done
extraction however slow or quick the machine is.
"""

import os
import time

_gate, _after = os.environ.get("TEST_GATE"), int(os.environ.get("TEST_GATE_AFTER", "1"))
if _gate:
    _replace = os.replace

    def _stopping(source, target, **more):
        _replace(source, target, **more)
        name = os.fspath(target)
        if name.endswith(".npz") and os.path.basename(os.path.dirname(name)) == "shards":
            global _after
            _after -= 1
            if _after > 0:
                return
            with open(f"{_gate}.reached", "w"):
                pass
            while not os.path.exists(f"{_gate}.open"):
                time.sleep(0.02)

    os.replace = _stopping
