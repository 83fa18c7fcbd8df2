"""Run one command for the launcher, and end it should the launcher die. Run by path, it imports nothing of ours.

    python -I config/child.py LAUNCHER_PID GRACE_SECONDS COMMAND…

The kernel tells nobody that a killed process's children are left over, and not every system can be asked to. This
small parent looks: when its own parent is no longer the launcher, it ends the command, politely first.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

LOOK = 0.5
#: Seconds to end in when nobody is left to wait: the rows in hand have leases and are taken up again.
ORPHAN_GRACE = 5.0
_PR_SET_PDEATHSIG = 1


def main(launcher: int, grace: float, command: list[str]) -> int:
    """Run the command until it ends; return its exit status."""
    process = subprocess.Popen(command, preexec_fn=_follow if sys.platform == "linux" else None)

    def pass_on(number: int, _frame: object) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    while True:
        try:
            return process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if os.getppid() != launcher:
                return _end(process, min(grace, ORPHAN_GRACE))


def _follow() -> None:
    """Have the kernel end the command should this very process be killed (Linux knows how)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes], grace: float) -> int:
    """Ask the command to stop; when its time is up, kill the whole group, this process with it."""
    process.terminate()
    deadline = time.monotonic() + grace
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if process.poll() is None:
        os.killpg(0, signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
