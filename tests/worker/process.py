"""`smb-monitor serve` as a process whose clock a test moves: a file says how many seconds it is ahead of the real one.

With HANG in the environment a run never gets to its data, with BROKEN it ends with an error that says this. A check for
slots comes every fifth of a second.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, current_thread

from monitor.app.wiring import Company, company
from monitor.entrypoints import logs, serve
from monitor.entrypoints.arguments import parser
from monitor.entrypoints.opening import opened
from monitor.entrypoints.service import SLOTS

AHEAD = Path(os.environ["CLOCK_FILE"])
CHECK = timedelta(seconds=0.2)


def clock() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(AHEAD.read_text()))


def main() -> int:
    args = parser().parse_args(sys.argv[1:])
    with opened(args) as found, logs.written(serve.secrets(found.config), debug=args.debug):

        def opening() -> Company:
            if os.environ.get("HANG") and current_thread().name == SLOTS:
                Event().wait()
            if os.environ.get("BROKEN") and current_thread().name == SLOTS:
                raise RuntimeError(os.environ["BROKEN"])
            return company(found.config)

        return serve.run(found, clock, open_company=opening, check=CHECK)


if __name__ == "__main__":
    sys.exit(main())
