"""What a process asks of the kernel: a name, an end with its parent, limits (Linux)."""

import ctypes
import os
import resource
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


def name(text: str) -> None:
    """Name this process, in 15 characters, as `ps -o comm` shows it."""
    _libc.prctl(_PR_SET_NAME, text.encode(), 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent, of that process id, has ended."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def limit(memory: int) -> None:
    """Allow no core dump, no file to be opened, and `memory` bytes above what is held now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    ceiling = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
