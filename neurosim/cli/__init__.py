"""The command line. `main` is what the `neurosim` command calls.

Exit codes: 0 done; 1 the run failed; 2 the user's input is wrong; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from neurosim.errors import NeurosimError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code; what the user did wrong is never shown as a traceback."""
    from neurosim.cli.app import app

    try:
        app(args=None if arguments is None else list(arguments), prog_name="neurosim")
    except NeurosimError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _complain("stopped")
        sys.exit(130)


def _complain(text: str) -> None:
    sys.stdout.flush()
    print(text, file=sys.stderr)
