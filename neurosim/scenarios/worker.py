"""A worker process of a sweep: `python -m neurosim.scenarios.worker`, started by `pool.py`.

Reads one task a line from standard input: {"scenario": JSON text, "folder": where the results go,
"baseline": folder of the finished baseline or null}. Answers on standard
output, one event a line: {"event": "progress", "epoch", "epochs", "fraction", "rate"}, and then
{"event": "done"} or {"event": "failed", "error": text}.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from neurosim.errors import NeurosimError


def main() -> None:
    """Do tasks until the parent closes its end."""
    # The terminal sends Ctrl-C to every process; the parent decides what is to happen.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not break the protocol
    tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        _answer(answers, _do(json.loads(tasks.get()), answers))


def _listen(tasks: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(1)  # the parent is gone: nobody waits for what is running


def _do(task: dict[str, Any], answers: TextIO) -> dict[str, Any]:
    try:
        from neurosim.scenarios import runner
        from neurosim.scenarios.schema import Scenario

        scenario = Scenario.model_validate_json(task["scenario"])
        runner.run_into(
            scenario,
            Path(task["folder"]),
            baseline=Path(task["baseline"]) if task["baseline"] else None,
            progress=lambda step: _answer(answers, {"event": "progress", **step}),
        )
    except NeurosimError as error:
        return {"event": "failed", "error": str(error)}
    except MemoryError:
        return {"event": "failed", "error": "not enough memory"}
    except Exception:
        return {"event": "failed", "error": f"neurosim itself failed:\n{traceback.format_exc().strip()}"}
    return {"event": "done"}


def _answer(answers: TextIO, event: dict[str, Any]) -> None:
    answers.write(json.dumps(event) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
