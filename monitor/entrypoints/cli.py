"""The command line: parse, call, print, exit."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

from monitor.entrypoints.arguments import parser
from monitor.entrypoints.terminal import complain
from monitor.errors import MonitorError

Command = Callable[[argparse.Namespace], int]
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is the process's."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    # a command lives for seconds and leaves no cycles worth looking for: this saves a tenth of its time
    gc.set_threshold(200_000, 50, 50)
    try:
        return _command(args.command)(args)
    except MonitorError as error:
        if args.debug:
            raise
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # the reader of our output has gone; keep Python from complaining when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        complain("interrupted; what was recorded until now stays")
        return INTERRUPTED
    except Exception as error:  # the last door: a person gets a sentence, never a traceback
        if args.debug:
            raise
        complain(f"an error of the program, not yours: {type(error).__name__}: {error} (--debug shows where)")
        return 2


def _command(name: str) -> Command:
    """The function of a command; only its own module is imported."""
    if name in ("breaker", "reseal", "gate", "audit"):
        from monitor.entrypoints import acting

        return acting.COMMANDS[name]
    if name in ("init", "doctor", "config"):
        from monitor.entrypoints import setting_up

        return setting_up.COMMANDS[name]
    if name == "serve":
        from monitor.entrypoints import serve

        return serve.COMMANDS[name]
    from monitor.entrypoints import reading

    return reading.COMMANDS[name]


if __name__ == "__main__":
    sys.exit(main())
