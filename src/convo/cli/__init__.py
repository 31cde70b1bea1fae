"""The command line: results on stdout, progress and messages on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from convo.errors import ConfigError, ConvoError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``convo`` with ``arguments`` (default: the process's own) and return its exit code.

    0 done · 1 failed, in one sentence on stderr · 2 wrong usage · 130 interrupted.
    """
    # A pipe on Windows is not UTF-8 of itself, and names are in any script.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    from convo.cli.app import app
    from convo.cli.shared import complain

    try:
        app(list(arguments) if arguments is not None else None, prog_name="convo")
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer makes this of Ctrl-C
            complain("interrupted: what was finished is kept, run the same command to go on")
        return end.code if isinstance(end.code, int) else FAILED
    except ConfigError as error:
        complain(str(error))
        return USAGE
    except ConvoError as error:
        complain(str(error))
        return FAILED
    return DONE
