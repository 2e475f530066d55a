"""Where the peers are: in the environment .venv-bench, or on the machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
FOLDER = REPOSITORY / ".venv-bench"
"""A Python environment; beside it what npm installs, and packages of Debian.

These are unpacked and not installed: no service of theirs starts.
"""
PYTHON = FOLDER / "bin"
"""Programs of the peers from PyPI."""
TRIFID = FOLDER / "npm" / "node_modules" / "trifid"

_DEBIAN = FOLDER / "debian"
_PACKAGES = ("nginx", "wrk", "libluajit-5.1-2", "virtuoso-opensource-7-bin", "libpcre3")
"""What is measured and measures, and the libraries of theirs that few machines have."""
_LOCKED = Path(__file__).with_name("trifid")


def debian_program(name: str) -> str | None:
    """Return the path of a program of Debian, None where it is not installed."""
    for folder in ("usr/bin", "usr/sbin"):
        unpacked = _DEBIAN / folder / name
        if unpacked.is_file():
            return str(unpacked)
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def libraries() -> dict[str, str]:
    """Return the environment in which the unpacked programs find their libraries."""
    folders = sorted({str(each.parent) for each in _DEBIAN.rglob("*.so.*")})
    return {"LD_LIBRARY_PATH": ":".join(folders)} if folders else {}


def install() -> bool:
    """Install the peers, each kind as its own registry has it; return whether all went well."""
    kinds = {"PyPI": _from_pypi, "npm": _from_npm, "Debian": _from_debian}
    failed = []
    for kind, fetch in kinds.items():
        sys.stderr.write(f"Installing the peers from {kind} ...\n")
        try:
            fetch()
        except (OSError, subprocess.CalledProcessError) as error:
            failed.append(kind)
            sys.stderr.write(f"Those from {kind} will be missing: {error}\n")
    return not failed


def _from_pypi() -> None:
    subprocess.run([REPOSITORY / "scripts" / "environment", "requirements-bench"], check=True)


def _from_npm() -> None:
    folder = FOLDER / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_LOCKED / name, folder)
    # No script of a package runs here. The lock names versions and hashes, no registry.
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--omit-lockfile-registry-resolved=true"],
        cwd=folder,
        check=True,
    )


def _from_debian() -> None:
    archives = FOLDER / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "--quiet", *_PACKAGES], cwd=archives, check=True)
    for archive in archives.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", archive, _DEBIAN], check=True)
