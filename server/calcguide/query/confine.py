"""What a process asks of the kernel: a name, an end with its parent, limits (Linux)."""

import ctypes
import os
import platform
import resource
import signal
import struct
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_libc = ctypes.CDLL(None, use_errno=True)

_SOCKET: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Of a machine: its number for audit, and that of the system call `socket`."""
_INTERNET: Final = (2, 10)
"""AF_INET, AF_INET6."""
_EACCES: Final = 13


def name(text: str) -> None:
    """Name this process, in 15 characters, as `ps -o comm` shows it."""
    Path("/proc/self/comm").write_text(text, encoding="ascii")


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent, of that process id, has ended."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def limit(memory: int) -> None:
    """Allow no core dump, and `memory` bytes above what is held now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _set(resource.RLIMIT_AS, pages * resource.getpagesize() + memory)
    _set(resource.RLIMIT_CORE, 0)


def forbid_files() -> None:
    """Let no file or socket be opened any more."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def forbid_network() -> None:
    """Let no socket to another host be made any more, by this process or what it forks.

    Those that are there stay, and what they accept. Does nothing on a machine whose system calls
    are not known here (seccomp(2), bpf(4)).
    """
    if platform.machine() not in _SOCKET:
        return
    architecture, call = _SOCKET[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF: load a word, jump if equal, return
    allow, refuse = 0x7FFF0000, 0x00050000 | _EACCES
    filter = [
        (load, 0, 0, 4),
        (equal, 0, 5, architecture),
        (load, 0, 0, 0),
        (equal, 0, 3, call),
        (load, 0, 0, 16),
        (equal, 2, 0, _INTERNET[0]),
        (equal, 1, 0, _INTERNET[1]),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    code = b"".join(struct.pack("=HBBI", *each) for each in filter)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(filter), ctypes.addressof(buffer))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0)


def _set(limit: int, soft: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (soft, hard))
