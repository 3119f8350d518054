"""One command per capability: it parses, calls one public function, and prints."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line. Exit 0: done; 1: findings; 2: misuse, with one message and no traceback."""
    import gc
    import os
    import sys

    # Our matrices are small: threads of linear algebra that wait for one another cost more than they help, much more
    # on a machine that has other work. It must be said before numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    # Results, cells and references are hundreds of thousands of objects without cycles. To look for cycles after each
    # 700 new ones, as Python does, takes a sixth of a run.
    gc.set_threshold(100_000, 20, 50)

    from trialwright.cli._app import app
    from trialwright.cli._errors import explain
    from trialwright.errors import TrialwrightError

    try:
        app()
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough. Python would complain once more when it closes stdout.
        sys.stderr.close()
        sys.exit(1)
    except (TrialwrightError, OSError, MemoryError) as error:
        print_error = explain(error)
        sys.stderr.write(f"{print_error}\n")
        sys.exit(2)
