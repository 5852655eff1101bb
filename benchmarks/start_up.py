"""Start-up: `import neurosim`, `neurosim check`, and how long the main job takes until it trains.

Every call is a process of its own. The first run of the main job compiles what is not in Numba's cache
beside the package; the later ones find it there.

Peer: `import aihwkit`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import have, main, table, take_turns

SCENARIO = Path(__file__).parents[1] / "scenarios" / "digits-manhattan.yaml"

# Runs the main job up to its first update, of the ideal baseline or of the hardware, and leaves with 77.
UNTIL_TRAINING = """
import sys
import neurosim.learning.epoch as epoch
from neurosim.cli import main

update = epoch._update

def first(*args):
    update(*args)
    raise SystemExit(77)

epoch._update = first
sys.argv = ["neurosim", "run", sys.argv[1], "--folder", sys.argv[2]]
main()
"""


def run(threads: int) -> None:
    """Time one number of threads."""
    print(f"\n{threads} thread(s)")

    def process(*arguments: str):
        return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    with tempfile.TemporaryDirectory() as folder:
        check = process("-m", "neurosim", "check", str(SCENARIO))
        contenders = {
            "python alone": process("-c", "pass"),
            "import neurosim": process("-c", "import neurosim"),
            "neurosim check": check,
            "main job until it trains": lambda: until_training(folder),
        }
        if have("aihwkit"):
            contenders["import aihwkit"] = process("-c", "import aihwkit.nn")
        times = take_turns(contenders, 5)
    table("start-up", times, unit="s")


def until_training(folder: str) -> None:
    """Run the main job up to its first update."""
    out = str(Path(folder) / f"{time.time_ns()}")
    command = [sys.executable, "-c", UNTIL_TRAINING, str(SCENARIO), out]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 77:
        raise RuntimeError(done.stderr)


if __name__ == "__main__":
    main(__doc__, run)
