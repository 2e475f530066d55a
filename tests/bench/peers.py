"""The servers that are measured: how each is found, loaded, started, and asked."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from calcguide import terms
from tests.bench.installing import PYTHON, TRIFID, debian_program, libraries

GRAPH = "https://bench.invalid/graph"
"""The named graph that Virtuoso calls its default graph."""


@dataclass(frozen=True)
class Place:
    """Where a server runs: the graph it serves, a folder of its own, its port."""

    graph: Path | None
    """None for calcguide means the guide that it comes with."""
    folder: Path
    port: int


@dataclass(frozen=True)
class Peer:
    """A server, as data and functions."""

    name: str
    program: str | None
    """What must be there; None means that it is missing."""
    source: str
    """Where it comes from."""
    version: Callable[[], str]
    command: Callable[[Place], list[str]]
    sparql: str | None = None
    """Path of its endpoint, None for one that has none."""
    page: str | None = None
    """What stands after an entity's path where its page is, None for one without pages."""
    load: Callable[[Place], None] = lambda _: None
    """Fills its store from the graph before it starts."""
    fill: Callable[[Place], None] | None = None
    """Fills its store from the graph once it listens."""
    environment: Callable[[Place], dict[str, str]] = field(default=lambda _: {})


def run(command: list[str], **environment: str) -> str:
    """Run a program to its end and return what it printed; raises CalledProcessError."""
    ran = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | environment
    )
    return (ran.stdout + ran.stderr).strip()


def _installed(path: Path) -> str | None:
    return str(path) if path.exists() else None


# calcguide


def _calcguide(place: Place) -> list[str]:
    command = [sys.executable, "-c", "from calcguide.cli import main; main()", "serve"]
    given = ["--data", str(place.graph)] if place.graph else []
    return [*command, "--port", str(place.port), *given]


def _calcguide_environment(place: Place) -> dict[str, str]:
    """A store on disk is built anew for each graph; the guide's verdict is where it always is."""
    return {"CALCGUIDE_CACHE": str(place.folder / "cache")} if place.graph else {}


# Oxigraph's own server, as its manual has it: loaded, optimized, then served; or in memory.

_OXIGRAPH = _installed(PYTHON / "oxigraph")


def _oxigraph_load(place: Place) -> None:
    folder = ["--location", str(place.folder / "store")]
    run([str(_OXIGRAPH), "load", *folder, "--file", str(place.graph)])
    run([str(_OXIGRAPH), "optimize", *folder])


def _oxigraph(place: Place) -> list[str]:
    address = ["--bind", f"127.0.0.1:{place.port}"]
    return [str(_OXIGRAPH), "serve-read-only", "--location", str(place.folder / "store"), *address]


def _oxigraph_in_memory(place: Place) -> list[str]:
    return [str(_OXIGRAPH), "serve", "--bind", f"127.0.0.1:{place.port}"]


def _oxigraph_fill(place: Place) -> None:
    assert place.graph
    with place.graph.open("rb") as file:
        request = urllib.request.Request(
            f"http://127.0.0.1:{place.port}/store?default",
            data=file,
            headers={
                "Content-Type": "application/n-triples",
                "Content-Length": str(place.graph.stat().st_size),
            },
        )
        urllib.request.urlopen(request, timeout=3600).close()


# rdflib-endpoint, with Oxigraph for its store: the faster of the two that it offers.

_RDFLIB = _installed(PYTHON / "rdflib-endpoint")


def _rdflib_endpoint(place: Place) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(place.port)]
    return [str(_RDFLIB), "serve", *address, "--store", "Oxigraph", str(place.graph)]


def _version_in_environment(package: str) -> str:
    script = "import sys; from importlib import metadata; print(metadata.version(sys.argv[1]))"
    return run([str(PYTHON / "python"), "-c", script, package])


# Virtuoso: a configuration file, the bulk loader by its SQL client.

_VIRTUOSO = debian_program("virtuoso-t")
_ISQL = debian_program("isql-vt")
_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
ServerThreads = 20
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
DirsAllowed = {graphs}
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 20
[SPARQL]
DefaultGraph = {graph}
ResultSetMaxRows = 1000000
"""
"""Buffers of 8 kB as OpenLink advises for 4 GB of memory."""


def _sql_port(place: Place) -> int:
    return place.port + 1


def _virtuoso(place: Place) -> list[str]:
    assert place.graph
    ini = place.folder / "virtuoso.ini"
    text = _INI.format(
        port=place.port, sql_port=_sql_port(place), graphs=place.graph.parent, graph=GRAPH
    )
    ini.write_text(text, encoding="utf-8")
    return [str(_VIRTUOSO), "+foreground", "+wait", "+configfile", str(ini)]


def _virtuoso_fill(place: Place) -> None:
    assert place.graph
    if (place.folder / "filled").exists():
        return
    statements = (
        f"ld_dir('{place.graph.parent}', '{place.graph.name}', '{GRAPH}');"
        "rdf_loader_run(); checkpoint;"
    )
    address = f"127.0.0.1:{_sql_port(place)}"
    run([str(_ISQL), address, "dba", "dba", f"exec={statements}"], **libraries())
    (place.folder / "filled").touch()


def _virtuoso_version() -> str:
    ran = subprocess.run(
        [str(_VIRTUOSO), "-?"],
        check=False,  # its status is 1 even so
        capture_output=True,
        text=True,
        env=os.environ | libraries(),
    )
    found = re.search(r"Version (\S+)", ran.stdout + ran.stderr)
    return found[1] if found else "unknown"


# Trifid, as its own example has it: a file, and pages of what is in it.


def _trifid(place: Place) -> list[str]:
    instance = TRIFID / "instances" / "docker-fetch" / "config.yaml"
    address = {"host": "127.0.0.1", "port": place.port}
    configuration = place.folder / "config.json"
    configuration.write_text(
        json.dumps({"extends": [str(instance)], "server": {"listener": address}}), encoding="utf-8"
    )
    return ["node", str(TRIFID / "server.js"), "-c", str(configuration)]


def _trifid_environment(place: Place) -> dict[str, str]:
    return {
        "FETCH_HANDLER_FILE": str(place.graph),
        "FETCH_HANDLER_FILE_TYPE": "application/n-triples",
        "DATASET_BASE_URL": terms.BASE,
    }


def _trifid_version() -> str:
    description = json.loads((TRIFID / "package.json").read_text(encoding="utf-8"))
    return str(description["version"])


# nginx: the bytes of a page and a document as files, the limit for prepared bytes.

_NGINX = debian_program("nginx")
_NGINX_CONFIGURATION = """
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ text/html html; text/turtle ttl; }}
  server {{ listen 127.0.0.1:{port}; root {folder}/prepared; }}
}}
"""


def _nginx(place: Place) -> list[str]:
    configuration = place.folder / "nginx.conf"
    text = _NGINX_CONFIGURATION.format(folder=place.folder, port=place.port)
    configuration.write_text(text, encoding="utf-8")
    return [str(_NGINX), "-c", str(configuration), "-e", "stderr"]


PEERS = (
    Peer(
        "calcguide",
        sys.executable,
        "this checkout",
        lambda: metadata.version("calcguide"),
        _calcguide,
        sparql="/sparql",
        page=".html",
        environment=_calcguide_environment,
    ),
    Peer(
        "oxigraph",
        _OXIGRAPH,
        "PyPI: oxigraph",
        lambda: run([str(_OXIGRAPH), "--version"]),
        _oxigraph,
        sparql="/query",
        load=_oxigraph_load,
    ),
    Peer(
        "oxigraph in memory",
        _OXIGRAPH,
        "PyPI: oxigraph",
        lambda: run([str(_OXIGRAPH), "--version"]),
        _oxigraph_in_memory,
        sparql="/query",
        fill=_oxigraph_fill,
    ),
    Peer(
        "rdflib-endpoint",
        _RDFLIB,
        "PyPI: rdflib-endpoint, oxrdflib",
        lambda: _version_in_environment("rdflib-endpoint"),
        _rdflib_endpoint,
        sparql="/",
    ),
    Peer(
        "virtuoso",
        _VIRTUOSO and _ISQL,
        "Debian: virtuoso-opensource-7-bin",
        _virtuoso_version,
        _virtuoso,
        sparql="/sparql",
        fill=_virtuoso_fill,
        environment=lambda _: libraries(),
    ),
    Peer(
        "trifid",
        _installed(TRIFID / "server.js"),
        "npm: trifid",
        _trifid_version,
        _trifid,
        sparql="/query",
        page="",
        environment=_trifid_environment,
    ),
    Peer(
        "nginx",
        _NGINX,
        "Debian: nginx",
        lambda: run([str(_NGINX), "-v"], **libraries()).split("/")[-1],
        _nginx,
        environment=lambda _: libraries(),
    ),
)
