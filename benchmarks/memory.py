"""Peak memory and disk of an extraction as the number of images grows: `python -m benchmarks.memory [300 3000 ...]`.

Draws the images, extracts each set in a process of its own, and prints a table. Memory should not grow with the number
of images, and disk should grow linearly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.drawing import smooth

CHECKOUT = Path(__file__).resolve().parents[1]


def measure(folder: Path, home: Path, *options: str) -> dict[str, float]:
    """Extract a folder in a process of its own; peak memory in MB, seconds, and MB on disk."""
    line = [sys.executable, "-m", "dnacore", "extract", str(folder), "--workspace", str(home), "--json", *options]
    process = subprocess.Popen(line, cwd=CHECKOUT, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"extraction failed with status {status}")
    report = json.loads(output)["datasets"][0]
    disk = sum(p.stat().st_size for part in ("shards", "sketches", "dna") for p in (home / part).glob("*"))
    return {
        "images": report["images"],
        "peak": usage.ru_maxrss / 1024,
        "seconds": report["seconds"],
        "disk": disk / 1e6,
    }


def main() -> None:
    counts = [int(text) for text in sys.argv[1:] if text.isdigit()] or [300, 3000]
    options = [text for text in sys.argv[1:] if not text.isdigit()]
    print(f"{'images':>8} {'peak MB':>9} {'s':>8} {'ms/image':>9} {'disk MB':>9} {'kB/image':>9}")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            smooth(Path(folder, "images"), count, (400, 300), (20, 15), 88)
            row = measure(Path(folder, "images"), Path(folder, "workspace"), *options)
        each = row["seconds"] / row["images"] * 1e3, row["disk"] / row["images"] * 1e3
        print(
            f"{row['images']:>8} {row['peak']:>9.0f} {row['seconds']:>8.1f} {each[0]:>9.1f} {row['disk']:>9.1f} {each[1]:>9.1f}"
        )


if __name__ == "__main__":
    main()
