"""Run as a script: become the wanted user, tie this life to the parent's, run the program.

``python -I -S child_exec.py PARENT_PID SIGNAL USER PROGRAM ARGUMENT...`` where USER is ``same``,
``namespace`` (root appears as nobody inside a user namespace) or ``UID:GID``. A step in between
instead of ``preexec_fn``, which may deadlock in a program with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534


def main() -> None:
    parent_pid, death_signal, user, *command = sys.argv[1:]
    if user == "namespace":
        _enter_user_namespace()
    elif user != "same":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    _check_the_way_here()
    # After the change of user, which would clear it again.
    _die_with_parent(int(death_signal))
    if os.getppid() != int(parent_pid):
        sys.exit("the parent is gone already")
    # Python ignores SIGPIPE, and what is ignored would stay ignored in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - the launcher's own command


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        sys.exit(f"no user namespace: {os.strerror(ctypes.get_errno())}")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


def _check_the_way_here() -> None:
    """A working directory stays open to a user who could not have come here; its files do not."""
    try:
        os.chdir(Path.cwd())
    except OSError as error:
        sys.exit(str(error))


def _die_with_parent(death_signal: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)


if __name__ == "__main__":
    main()
