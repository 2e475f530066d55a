"""Programs of others that tests call: where they are, or why a test is skipped."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

INSTALL = "run scripts/install-clients, or install it"
JAVA = Path("/usr/share/java")
JENA = ["jena-*", "slf4j-api", "slf4j-nop", "commons-*", "guava", "gson", "jackson-*", "httpc*"]
JENA += [
    "jakarta.json*",
    "titanium-json-ld",
    "jsonld-java",
    "thrift",
    "protobuf",
    "dexx.collection",
]


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test where its Debian package is not installed."""
    found = shutil.which(name, path=os.defpath + ":/usr/sbin:" + os.environ.get("PATH", ""))
    if not found:
        pytest.skip(f"there is no {name}: {INSTALL}, Debian package {package}")
    return found


def output(*command: str, cwd: Path | None = None, **environment: str) -> str:
    """Return what a program prints; what it says on standard error is in the failure."""
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        cwd=cwd,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def comunica() -> str:
    """Return a folder node_modules with Comunica in it; skip the test where there is none."""
    named = os.environ.get("COMUNICA_MODULES") or str(REPOSITORY / ".clients" / "node_modules")
    if not (Path(named) / "@comunica" / "query-sparql").is_dir():
        pytest.skip(f"no @comunica/query-sparql in {named}: {INSTALL} and set COMUNICA_MODULES")
    program("node", "nodejs")
    return named


def jena(folder: Path) -> list[str]:
    """Return how to call a command of Apache Jena; skip the test where that is not installed.

    What Debian's package lacks is written into the folder.
    """
    java = program("java", "default-jre-headless")
    if not (JAVA / "jena-cmds.jar").exists():
        pytest.skip(f"there is no Apache Jena: {INSTALL}, Debian package libapache-jena-java")
    jars = [str(jar) for pattern in JENA for jar in JAVA.glob(f"{pattern}.jar")]
    return [java, "-cp", ":".join([str(_messages(folder)), *jars])]


def _messages(folder: Path) -> Path:
    """Texts that Debian's Jena 4.5 looks for in vain: its packages were renamed, these were not."""
    home = "org/apache/jena/ext/"
    with zipfile.ZipFile(JAVA / "jena-core.jar") as jar:
        for name in jar.namelist():
            if name.startswith(home + "xerces/") and name.endswith(".properties"):
                place = folder / name.removeprefix(home)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(jar.read(name))
    return folder
