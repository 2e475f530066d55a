"""Real servers for tests: started on a free port of the loopback address, ended by their id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CALCGUIDE = [sys.executable, "-c", "from calcguide.cli import main; main()"]


@dataclass
class Server:
    """A running `calcguide serve`."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, query: str, accept: str = "text/csv", timeout: float = 30) -> tuple[int, str]:
        """Return status and body of a query sent by direct POST."""
        request = urllib.request.Request(
            self.url + "/sparql",
            data=query.encode(),
            headers={"Content-Type": "application/sparql-query", "Accept": accept},
        )
        return self.open(request, timeout)

    def get(self, path: str, accept: str = "*/*") -> tuple[int, str]:
        """Return status and body of a GET, redirects followed."""
        return self.open(urllib.request.Request(self.url + path, headers={"Accept": accept}))

    def open(self, request: urllib.request.Request, timeout: float = 30) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def family(self) -> set[int]:
        """Return the ids of the server's processes, its own and all below."""
        return descendants(self.process.pid)


def descendants(pid: int) -> set[int]:
    """Return a process id and those of all processes below it (Linux)."""
    found = {pid}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                found |= descendants(int(child))
    return found


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    folder: Path, *options: str, command: list[str] | None = None, **environment: str
) -> Iterator[Server]:
    """Run `calcguide serve` with options until the block ends; its log goes into `folder`."""
    port = free_port()
    log = folder / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*(command or CALCGUIDE), "serve", "--port", str(port), *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(server: Server) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            if server.get("/health/ready")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {server.log.read_text()}")
