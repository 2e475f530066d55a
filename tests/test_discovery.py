"""Robots and browsers find every page, each with its own title and address; routes are told."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.description.listings import BROWSE
from calcguide.settings import Settings
from calcguide.views import discovery
from calcguide.views.openapi import OPERATIONS
from tests.conftest import REPOSITORY, Ask
from tests.markup import Element, read

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
FIXED = {
    "/",
    "/browse",
    "/compare",
    "/questions",
    "/about",
    "/accessibility",
    "/validation",
    "/data",
    "/sparql",
}
FIXED |= {"/ontology.html", "/shapes.html", "/queries.html", "/dataset.html"}
FIXED |= {f"/browse/{kind}" for kind in BROWSE}


def listed(client: FlaskClient, path: str = "/sitemap.xml", item: str = "url") -> list[str]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    root = ET.fromstring(answer.data)
    assert root.tag == SITEMAP + ("urlset" if item == "url" else "sitemapindex")
    assert {child.tag for child in root} == {SITEMAP + item}
    return [str(child.findtext(SITEMAP + "loc")) for child in root]


@pytest.fixture(scope="module")
def pages(app: Flask) -> dict[str, Element]:
    """Path -> page, of every address in the sitemap."""
    client = app.test_client()
    found = {}
    for url in listed(client):
        path = url.removeprefix("http://localhost")
        answer = client.get(path, headers={"Accept": "text/html"})
        assert (path, answer.status_code, answer.mimetype) == (path, 200, "text/html")
        found[path] = read(answer.text)
    return found


def test_robots_are_told_where_the_sitemap_is(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("User-agent: *\n")
    assert "\nSitemap: http://localhost/sitemap.xml\n" in answer.text
    kept_out = re.findall("^Disallow: (.+)$", answer.text, re.MULTILINE)
    assert "/search" in kept_out
    for url in listed(client):
        path = url.removeprefix("http://localhost")
        assert not [rule for rule in kept_out if path.startswith(rule)], path


def test_the_sitemap_has_every_page_once(ask: Ask, client: FlaskClient) -> None:
    urls = listed(client)
    assert len(urls) == len(set(urls)) < 50_000
    kinds = "|".join(terms.THING_KINDS)
    named = ask(
        "SELECT DISTINCT (STR(?s) AS ?iri) { { ?s a ?c } UNION { GRAPH graph:queries { ?s a ?c } } "
        f'FILTER(REGEX(STR(?s), "^https://w3id.org/calcguide/({kinds})/")) }}'
    )
    things = {f"/{iri.removeprefix(terms.BASE)}.html" for (iri,) in named}
    graphs = {f"/graph/{name[6:]}.html" for (name,) in ask("SELECT DISTINCT ?g { GRAPH ?g {} }")}
    assert {url.removeprefix("http://localhost") for url in urls} == FIXED | things | graphs
    counts = Counter(path.split("/")[1] for path in things)
    assert counts >= Counter(id=186, claim=249, passage=119, question=8, section=17)


def test_each_page_has_a_title_a_description_and_an_address_of_its_own(
    pages: dict[str, Element],
) -> None:
    titles = Counter(page.all("title")[0].text for page in pages.values())
    described = Counter(
        page.all("meta", name="description")[0]["content"] for page in pages.values()
    )
    assert [text for text, count in (titles + described).items() if count > 1] == []
    addresses = {path: page.all("link", rel="canonical") for path, page in pages.items()}
    for path, links in addresses.items():
        assert [link["href"] for link in links] == ["http://localhost" + path]


@pytest.mark.slow
def test_no_page_that_another_leads_to_is_missing(
    client: FlaskClient, pages: dict[str, Element]
) -> None:
    targets = {
        urlsplit(link["href"]).path
        for page in pages.values()
        for link in page.all("a")
        if link["href"].startswith("/") and "?" not in link["href"]
    }
    found = set()
    for target in targets:
        answer = client.get(target, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, target
        if answer.mimetype == "text/html":
            found.add(read(answer.text).all("link", rel="canonical")[0]["href"])
    assert found - {"http://localhost" + path for path in pages} == set()


def test_a_sitemap_that_is_too_large_is_an_index_of_several(
    client: FlaskClient, guide: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = listed(client)
    monkeypatch.setattr(discovery, "LARGEST_SITEMAP", 100)
    client = create_app(guide, Settings.read({})).test_client()
    parts = listed(client, item="sitemap")
    assert parts[0] == "http://localhost/sitemap-1.xml"
    split = [listed(client, urlsplit(part).path) for part in parts]
    assert max(map(len, split)) == 100
    assert [url for part in split for url in part] == whole
    for number in (0, len(parts) + 1):
        assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_addresses_are_those_under_which_the_public_reaches_the_server(guide: Dataset) -> None:
    public = "https://example.org/a&b"
    client = create_app(guide, Settings.read({}, public_url=public)).test_client()
    base = {"base_url": public}
    urls = ET.fromstring(client.get("/sitemap.xml", **base).data)
    assert all(str(loc.text).startswith(public + "/") for loc in urls.iter(SITEMAP + "loc"))
    assert f"Sitemap: {public}/sitemap.xml" in client.get("/robots.txt", **base).text
    described = ET.fromstring(client.get("/opensearch.xml", **base).data)
    templates = [url.attrib["template"] for url in described.iter(OPENSEARCH + "Url")]
    assert all(template.startswith(public + "/") for template in templates)


def test_the_search_description_is_true(client: FlaskClient) -> None:
    head = read(client.get("/").text).all("link", rel="search")[0]
    answer = client.get(head["href"])
    assert answer.mimetype == head["type"] == "application/opensearchdescription+xml"
    root = ET.fromstring(answer.data)
    assert root.tag == OPENSEARCH + "OpenSearchDescription"
    assert len(str(root.findtext(OPENSEARCH + "ShortName"))) <= 16
    urls = root.findall(OPENSEARCH + "Url")
    for url in urls:
        target = url.attrib["template"].replace("{searchTerms}", "kidney")
        found = client.get(target.removeprefix("http://localhost"))
        assert (found.status_code, found.mimetype) == (200, url.attrib["type"])
    assert {url.attrib["rel"] for url in urls} == {"results", "suggestions", "self"}
    image = str(root.findtext(OPENSEARCH + "Image")).removeprefix("http://localhost")
    with client.get(image) as drawn:
        assert drawn.mimetype == "image/svg+xml"


@pytest.fixture(scope="module")
def openapi(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    described: dict[str, Any] = answer.json  # type: ignore[assignment]
    return described


SAMPLES = {
    "filename": "calcguide.css",
    "kind": "types",
    "number": "1",
    "suffix": "json",
    "/id/": "eswt",
    "/claim/": "c144",
    "/passage/": "comparison/r1c3",
    "/question/": "faq-1",
    "/section/": "comparison",
    "/collection/": "comparison",
    "/activity/": "coding-1",
    "/query/": "causes-of-hypercalcemia",
    "/graph/": "facts",
    "/dumps/": "claims.csv",
    "/alignments/": "entities",
}
"""Name of an argument, or the path in front of one -> a value that there is."""
UNKNOWN = (
    *("/alignments/", "/dataset/", "/ontology/", "/queries/", "/shapes/"),
    *("/sitemap-", "/vocabulary/"),
)
"""Starts of paths whose documented values differ from version to version."""


def sample(path: str, operation: dict[str, Any]) -> str:
    """The path with values in the place of its parameters."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            name = parameter["name"]
            start = path[: path.index("{")]
            value = parameter["schema"].get("enum", [SAMPLES.get(start) or SAMPLES.get(name, "x")])
            path = path.replace(f"{{{name}}}", value[0])
    return path


def test_every_route_is_described_and_nothing_else(app: Flask, openapi: dict[str, Any]) -> None:
    routes = app.url_map.bind("localhost")
    described = set()
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            rule, _ = routes.match(sample(path, operation), method.upper(), return_rule=True)
            described.add((rule.rule, method.upper()))
    assert described == {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints == OPERATIONS.keys(), "give each endpoint its row in views/openapi.py"


def test_each_operation_has_a_name_and_says_what_it_does(openapi: dict[str, Any]) -> None:
    operations = [o for path in openapi["paths"].values() for o in path.values()]
    names = Counter(operation["operationId"] for operation in operations)
    assert max(names.values()) == 1
    assert [o["operationId"] for o in operations if len(o["summary"]) < 10] == [
        "get_static_filename"
    ]


def test_each_route_answers_with_the_types_that_are_described(
    client: FlaskClient, openapi: dict[str, Any]
) -> None:
    tried = 0
    for path, operations in openapi["paths"].items():
        if path.startswith(UNKNOWN) or "get" not in operations:
            continue
        operation = operations["get"]
        for media_type in operation["responses"]["200"]["content"]:
            target = sample(path, operation)
            query = {"iri": terms.BASE + "id/eswt"} if path == "/describe" else {}
            query |= {"graph": terms.BASE + "graph/facts"} if path == "/graph-store" else {}
            if path == "/sparql" and media_type.startswith(("application/sparql", "text/")):
                query["query"] = "SELECT * { ?s ?p ?o } LIMIT 1"
            query |= {"query": "ASK {}"} if path == "/sparql/check" else {}
            if path == "/sparql" and media_type == "text/turtle":
                query["query"] = "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1"
            if "{suffix}" in path:
                continue
            with client.get(
                target, query_string=query, headers={"Accept": media_type}, follow_redirects=True
            ) as answer:
                assert answer.status_code == 200, (path, media_type)
                assert media_type in ("*/*", answer.mimetype), path
                tried += 1
    assert tried > 90


def test_problems_that_are_described_occur(client: FlaskClient, openapi: dict[str, Any]) -> None:
    for path, operations in openapi["paths"].items():
        if "get" not in operations:
            continue
        operation = operations["get"]
        if "406" in operation["responses"] and "{suffix}" not in path and path != "/describe":
            if path.startswith(UNKNOWN):
                continue
            query = {"graph": terms.BASE + "graph/facts"} if path == "/graph-store" else {}
            answer = client.get(
                sample(path, operation), query_string=query, headers={"Accept": "image/png"}
            )
            assert answer.status_code == 406, path
        if "404" in operation["responses"] and "{" in path:
            nowhere = re.sub(r"\{\w+\}", "999999", path)
            assert client.get(nowhere).status_code == 404, path


def test_the_endpoint_is_described_for_get_and_for_post(openapi: dict[str, Any]) -> None:
    endpoint = openapi["paths"]["/sparql"]
    assert endpoint.keys() == {"get", "post"}
    names = [parameter["name"] for parameter in endpoint["get"]["parameters"]]
    assert names == ["query", "default-graph-uri", "named-graph-uri", "format"]
    assert endpoint["post"]["requestBody"]["content"].keys() == {
        "application/sparql-query",
        "application/x-www-form-urlencoded",
    }
    for method in ("get", "post"):
        assert {"400", "403", "413", "503", "504"} <= endpoint[method]["responses"].keys()


def test_what_may_be_posted_for_validation_is_described(openapi: dict[str, Any]) -> None:
    described = openapi["paths"]["/shacl"]
    assert described.keys() == {"post"}
    assert {"text/turtle", "application/rdf+xml", "application/x-www-form-urlencoded"} <= (
        described["post"]["requestBody"]["content"].keys()
    )
    assert {"400", "406", "413", "415", "422", "503", "504"} <= described["post"][
        "responses"
    ].keys()


@pytest.mark.slow
def test_the_description_of_the_routes_is_valid(openapi: dict[str, Any], tmp_path: Path) -> None:
    python = REPOSITORY / ".venv-tools" / "bin" / "python"
    if not python.exists():
        pytest.skip("the tools are not installed: run scripts/test --all, which makes them")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(openapi))
    ran = subprocess.run(
        [python, "-m", "openapi_spec_validator", file], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
