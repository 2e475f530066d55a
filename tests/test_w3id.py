"""The redirect rules for w3id.org, played by a real Apache in front of the running server."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rdflib import RDF, Graph, URIRef

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.formats import DOCUMENT_FORMATS, Format
from tests.clients import output, program
from tests.conftest import REPOSITORY
from tests.running import Server, free_port, serving

PLACEHOLDER = "https://calcguide.example"
NAMES = ["id/calcific-tendonitis", "claim/c144", "passage/comparison/r1c3", "question/faq-4"]
NAMES += ["section/comparison", "collection/comparison", "activity/coding-1", "vocabulary/mondo"]
NAMES += ["query/causes-of-hypercalcemia"]
DOCUMENTS = ["ontology", "ontology/0.1.0", "shapes", "queries", "dataset", "graph/facts"]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
QUERY = 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(?p != <urn:a#b> && STR(?s) != "50 % & + ?") }'

CONFIGURATION = """
ServerName w3id.test
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
Listen 127.0.0.1:{port}
{user}
{modules}
DocumentRoot "{folder}/www"
<Directory "{folder}/www">
  AllowOverride All
  Require all granted
</Directory>
"""
MODULES = ("mpm_event", "authz_core", "dir", "headers", "rewrite")


@dataclass(frozen=True)
class Answer:
    """The last answer, and the status and target of each redirect before it."""

    status: int
    media_type: str
    body: bytes
    redirects: tuple[tuple[int, str], ...]


def follow(method: str, url: str, accept: str = "*/*", body: str | None = None) -> Answer:
    redirects: list[tuple[int, str]] = []
    while True:
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/sparql-query"
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status not in (301, 302, 303, 307, 308) or len(redirects) > 4:
            media_type = answer.headers.get_content_type()
            return Answer(answer.status, media_type, content, tuple(redirects))
        url = urllib.parse.urljoin(url, answer.headers["Location"])
        redirects.append((answer.status, url))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("w3id")) as running:
        yield running


@pytest.fixture(scope="module")
def w3id(server: Server) -> Iterator[str]:
    """Where an Apache plays https://w3id.org/calcguide/, without the final slash."""
    apache = program("apache2", "apache2-bin")
    modules = Path("/usr/lib/apache2/modules")
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules = (REPOSITORY / "w3id" / ".htaccess").read_text()
        (folder / "www" / "calcguide").mkdir(parents=True)
        (folder / "www" / "calcguide" / ".htaccess").write_text(
            rules.replace(PLACEHOLDER, server.url)
        )
        # Apache gives up the rights of root, and must then still reach the folder.
        folder.chmod(0o755)
        loaded = [f"LoadModule {m}_module {modules}/mod_{m}.so" for m in MODULES]
        configuration = CONFIGURATION.format(
            folder=folder,
            port=port,
            user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
            modules="\n".join(loaded),
        )
        (folder / "apache.conf").write_text(configuration)
        process = subprocess.Popen(
            [apache, "-f", str(folder / "apache.conf"), "-DFOREGROUND"], stderr=subprocess.STDOUT
        )
        try:
            _wait_for(port, process, folder / "error.log")
            yield f"http://127.0.0.1:{port}/calcguide"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"Apache did not start: {log.read_text() if log.exists() else ''}")


def test_the_placeholder_stands_once_and_the_readme_says_what_to_do_with_it() -> None:
    rules = (REPOSITORY / "w3id" / ".htaccess").read_text()
    assert rules.count(PLACEHOLDER) == 1
    readme = (REPOSITORY / "w3id" / "README.md").read_text()
    assert f"s|{PLACEHOLDER}|$CALCGUIDE_PUBLIC_URL|" in readme


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("format", DOCUMENT_FORMATS, ids=lambda f: f.name)
def test_a_name_leads_to_the_document_that_is_accepted(
    w3id: str, server: Server, path: str, format: Format
) -> None:
    answer = follow("GET", f"{w3id}/{path}", format.media_type)
    assert answer.redirects == (
        (307, f"{server.url}/{path}"),
        (303, f"{server.url}/{path}.{format.suffix}"),
    )
    assert (answer.status, answer.media_type) == (200, format.media_type)


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("format", DOCUMENT_FORMATS, ids=lambda f: f.name)
def test_the_name_of_a_document_leads_to_it(
    w3id: str, server: Server, path: str, format: Format
) -> None:
    answer = follow("GET", f"{w3id}/{path}", format.media_type)
    assert answer.redirects == ((307, f"{server.url}/{path}"),)
    assert (answer.status, answer.media_type) == (200, format.media_type)


@pytest.mark.parametrize(
    ("path", "accept", "status", "media_type"),
    [
        ("", "text/turtle", 200, "text/turtle"),
        ("/", "text/turtle", 200, "text/turtle"),
        ("/", BROWSER, 200, "text/html"),
        ("/id/eswt", BROWSER, 200, "text/html"),
        ("/id/eswt", "*/*", 200, "text/html"),
        ("/id/eswt.nt", BROWSER, 200, "application/n-triples"),
        ("/id/eswt", "image/png", 406, "application/problem+json"),
        ("/id/knee", "text/turtle", 404, "application/problem+json"),
        ("/id/caf%C3%A9%20au%20lait", "text/turtle", 404, "application/problem+json"),
        ("/ontology#Claim", "text/turtle", 200, "text/turtle"),
        ("/shapes#Claim", BROWSER, 200, "text/html"),
        ("/static/favicon.svg", "*/*", 200, "image/svg+xml"),
        ("/dumps/dataset.nq.gz", "*/*", 200, "application/gzip"),
        ("/alignments/entities.sssom.tsv", "*/*", 200, "text/tab-separated-values"),
        ("/context.jsonld", "*/*", 200, "application/ld+json"),
        ("/.well-known/void", "text/turtle", 200, "text/turtle"),
        ("/README.md", "*/*", 404, "application/problem+json"),
    ],
)
def test_any_other_address_answers_as_at_the_server(
    w3id: str, server: Server, path: str, accept: str, status: int, media_type: str
) -> None:
    answer = follow("GET", w3id + path, accept)
    assert (answer.status, answer.media_type) == (status, media_type)
    direct = follow("GET", server.url + path, accept)
    asked_anew = {"application/problem+json"}  # each of these names its own request
    assert answer.body == direct.body or media_type in asked_anew
    assert answer.redirects[0][0] == (307 if path else 301)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_query_arrives_as_it_was_sent(w3id: str, server: Server, method: str) -> None:
    arguments = "" if method == "POST" else "?" + urllib.parse.urlencode({"query": QUERY})
    body = QUERY if method == "POST" else None
    answer = follow(method, f"{w3id}/sparql{arguments}", "text/csv", body)
    assert answer.redirects == ((307, f"{server.url}/sparql{arguments}"),)
    assert (answer.status, answer.media_type) == (200, "text/csv")
    assert answer.body == follow(method, f"{server.url}/sparql{arguments}", "text/csv", body).body
    assert answer.body.startswith(b"n\r\n") == (method != "HEAD")


def test_scripts_of_other_hosts_may_follow_a_name(w3id: str) -> None:
    parts = urllib.parse.urlsplit(w3id)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", parts.path + "/id/eswt")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (307, "*")
    connection.close()


def test_rdflib_finds_a_term_by_its_name(w3id: str) -> None:
    found = Graph().parse(f"{w3id}/ontology#Claim")
    assert (URIRef(terms.CALC + "Claim"), RDF.type, None) in found


def test_rapper_reads_an_entity_by_its_name(w3id: str, guide: Dataset) -> None:
    printed = output(
        program("rapper", "raptor2-utils"), "-q", "-g", "-o", "ntriples", f"{w3id}/id/eswt"
    )
    assert len(printed.splitlines()) == len(
        {q.triple for q in guide.document(guide.base + "id/eswt")}
    )
