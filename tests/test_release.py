"""The downloads hold what the store holds, the same bytes each time, and are described truly."""

import csv
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import (
    CanonicalizationAlgorithm,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    parse,
)
from pyoxigraph import Dataset as Quads
from rdflib import Graph, Namespace, URIRef
from rdflib.compare import to_isomorphic
from rdflib.namespace import DCTERMS, RDF, VOID

from calcguide import terms
from calcguide.app import create_app
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.errors import UsageError
from calcguide.formats import DOCUMENT_FORMATS, HTML
from calcguide.release import Distribution, Part, Release, cite, describe_as_published, release_of
from calcguide.release.citation import Citation
from calcguide.settings import Settings
from tests.conftest import CLAIMS, REPOSITORY, Ask
from tests.markup import Element, read

DCAT, SPDX, VCARD = (Namespace(iri) for iri in (terms.DCAT, terms.SPDX, terms.VCARD))
DATASET = "https://w3id.org/calcguide/dataset"


@pytest.fixture(scope="module")
def release(guide: Dataset) -> Release:
    found = release_of(guide)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def described(app: Flask) -> Graph:
    """What /dataset says, as rdflib reads it."""
    return Graph().parse(data=app.test_client().get("/dataset.ttl").data, format="turtle")


def rdf(release: Release) -> list[tuple[Part, Distribution]]:
    return [(p, d) for p in release.parts for d in p.distributions if d.format.rdf is not None]


def unpacked(file: Distribution) -> bytes:
    return gzip.decompress(file.body) if file.compressed else file.body


def canonical(quads: Any) -> Quads:
    """Statements with their unnamed nodes named by what is said of them."""
    found = Quads(quads)
    found.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return found


def in_one_graph(quads: list[Quad]) -> list[Quad]:
    return [Quad(q.subject, q.predicate, q.object) for q in quads]


def stored(guide: Dataset, part: Part) -> list[Quad]:
    """What the store holds of a part, by another way than the release takes."""
    if part.title == "Whole dataset":
        return [q for q in guide.store if q.graph_name != DEFAULT_GRAPH]
    graph = DefaultGraph() if part.title == "Default graph" else part.of
    return in_one_graph([q for q in guide.store if q.graph_name == graph])


def test_every_dump_parses_back_to_what_the_store_says(guide: Dataset, release: Release) -> None:
    expected = {part.title: canonical(stored(guide, part)) for part in release.parts}
    assert len(rdf(release)) == 10 + len(guide.named_graphs())
    for part, file in rdf(release):
        assert file.format.rdf is not None
        parsed = list(parse(unpacked(file), format=file.format.rdf))
        assert len(parsed) == part.size, file.name
        assert canonical(parsed) == expected[part.title], file.name


def test_the_whole_dataset_is_all_that_is_needed_to_make_the_default_graph(
    guide: Dataset, release: Release
) -> None:
    whole = parse(release.whole[0].distributions[0].body, format=RdfFormat.N_QUADS)
    left_out = {guide.graph("shapes"), guide.graph("queries")}
    merged = {q.triple for q in whole if q.graph_name not in left_out}
    assert merged == {q.triple for q in guide.graph_quads(DefaultGraph())}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default-graph.jsonld", "graph-background.ttl"])
def test_rdflib_reads_the_same(guide: Dataset, release: Release, name: str) -> None:
    part, file = next((p, d) for p, d in rdf(release) if d.name == name)
    read_by_rdflib = Graph().parse(data=file.body, format=file.format.media_type)
    nt = "".join(f"{quad.triple} .\n" for quad in stored(guide, part))
    assert to_isomorphic(read_by_rdflib) == to_isomorphic(Graph().parse(data=nt, format="nt"))


def test_a_packed_file_unpacks_to_its_neighbour_and_hides_no_time(release: Release) -> None:
    files = {file.name: file.body for file in release.files}
    packed = [name for name in files if name.endswith(".gz")]
    assert len(packed) == 5
    for name in packed:
        assert gzip.decompress(files[name]) == files[name.removesuffix(".gz")]
        assert files[name][4:8] == b"\0\0\0\0"  # RFC 1952, MTIME: none is available


def test_the_sums_are_those_of_every_other_file(release: Release) -> None:
    lines = release.sums.body.decode().splitlines()
    expected = [f"{hashlib.sha256(f.body).hexdigest()}  {f.name}" for f in release.files[:-1]]
    assert lines == expected


def test_two_processes_write_the_same_bytes(release: Release, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for seed, folder in enumerate(folders, 1):
        subprocess.run(
            [sys.executable, "-m", "calcguide.release", str(folder)],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
        )
    written = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert written[0] == written[1] == {file.name: file.body for file in release.files}


def test_the_command_without_a_folder_says_what_to_do() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "calcguide.release"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "Name the folder" in ran.stderr


# Tables


def table(release: Release, name: str) -> list[dict[str, str]]:
    file = next(f for f in release.files if f.name == name)
    return list(csv.DictReader(io.StringIO(file.body.decode(), newline="")))


def test_the_table_of_claims_is_what_the_store_says(ask: Ask, release: Release) -> None:
    rows = table(release, "claims.csv")
    assert len(rows) == CLAIMS
    several = "(GROUP_CONCAT(DISTINCT STR(?{0}); separator=' ') AS ?{0}s)".format
    columns = ["passage", "subject", "predicate", "object", "polarity", "certainty"]
    perhaps = {"frequency": "?f", "importance": "?i"}
    query = (
        f"SELECT ?id {' '.join('?' + c for c in columns)} ?section ?sl ?pl ?ol ?f ?i ?h ?g "
        f"{several('under')} {several('especially')} {{ ?id a calc:Claim ; "
        + " ; ".join(f"calc:{'statedIn' if c == 'passage' else c} ?{c}" for c in columns)
        + " ; skos:definition ?g . ?section a calc:Section ; dct:hasPart ?passage . "
        "?subject rdfs:label ?sl . ?object rdfs:label ?ol . "
        "{ SELECT ?predicate (SAMPLE(?l) AS ?pl) { ?predicate rdfs:label ?l } GROUP BY ?predicate }"
        + "".join(f" OPTIONAL {{ ?id calc:{p} {v} }}" for p, v in perhaps.items())
        + " OPTIONAL { ?id calc:hedgeWord ?h } OPTIONAL { ?id calc:under ?under }"
        " OPTIONAL { ?id calc:especially ?especially } } GROUP BY ?id "
        + " ".join("?" + c for c in columns)
        + " ?section ?sl ?pl ?ol ?f ?i ?h ?g ORDER BY ?id"
    )
    keys = [*columns, "section", "subject_label", "predicate_label", "object_label"]
    keys = ["id", *keys, "frequency", "importance", "hedge_word", "gloss", "under", "especially"]
    expected = [dict(zip(keys, row, strict=True)) for row in ask(query)]
    for row in expected:
        for column in ("under", "especially"):
            names = [iri.rsplit("/", 1)[-1] for iri in row[column].split()]
            row[column] = "|".join(f"id:{name}" for name in sorted(names))
    for row in rows:
        for column in ("under", "especially"):
            row[column] = "|".join(sorted(row[column].split("|")))
    assert rows == expected


def test_a_condition_is_not_an_emphasis_and_unproven_not_denied(release: Release) -> None:
    rows = {row["id"]: row for row in table(release, "claims.csv")}
    assert (rows["claim:c144"]["under"], rows["claim:c144"]["especially"]) == ("", "id:acute-phase")
    assert (rows["claim:c159"]["under"], rows["claim:c159"]["especially"]) == ("id:benign", "")
    polarities = {rows[c]["polarity"] for c in ("claim:c130", "claim:c035")}
    assert polarities == {"calc:denied", "calc:unproven"}


def test_the_comparison_has_the_grades_with_condition_and_emphasis(
    ask: Ask, release: Release
) -> None:
    rows = table(release, "comparison.csv")
    shown = {
        (r["kind"], r["grade"], r["grade_label"], r["rank"], r["condition"], r["emphasis"])
        for r in rows
    }
    assert shown == set(
        ask(
            "SELECT ?kind ?grade ?label ?rank ?under ?especially { "
            "?c calc:predicate calc:resolutionPotential ; calc:subject ?kind ; calc:object ?grade ."
            " ?grade rdfs:label ?label . OPTIONAL { ?grade calc:rank ?rank } "
            "OPTIONAL { ?c calc:under ?under } OPTIONAL { ?c calc:especially ?especially } }"
        )
    )
    assert {r["grade"]: r["rank"] for r in rows}["id:possible"] == ""


def test_no_word_in_the_comparison_lacks_its_hedge_or_its_claim(release: Release) -> None:
    claims = {row["id"]: row for row in table(release, "claims.csv")}
    for row in table(release, "comparison.csv"):
        behind = [claims[name] for name in row["claims"].split("|")]
        for column, end in (
            ("places", "object"),
            ("outcomes", "object"),
            ("approaches", "subject"),
        ):
            names, words = row[column].split("|"), row[f"{column}_label"].split("|")
            assert len(names) == len(words)
            for name, said in zip(names, words, strict=True):
                for claim in (c for c in behind if c[end] == name):
                    hedged = claim["certainty"] != "calc:stated"
                    assert not hedged or f"“{claim['hedge_word']}”" in said, said
                    assert bool(claim["under"] or claim["frequency"] or hedged) == ("(" in said)


def test_the_mapping_sets_are_among_the_downloads_as_they_are_served(
    client: FlaskClient, release: Release
) -> None:
    files = {part.distributions[0].name: part for part in release.mappings}
    assert {name: part.size for name, part in files.items()} == {
        "alignments-entities.sssom.tsv": 243,
        "alignments-vocabulary.sssom.tsv": 7,
    }
    for name, part in files.items():
        served = client.get("/" + name.replace("-", "/", 1))
        assert part.distributions[0].body == served.data
        assert part.distributions[0].content_type == served.content_type
        assert part.licence is not None
        assert "publicdomain/zero" in part.licence.iri


# What the server sends


def test_every_file_is_served_as_it_is(client: FlaskClient, release: Release) -> None:
    assert len({file.name for file in release.files}) == len(release.files)
    for file in release.files:
        got = client.get(f"/dumps/{file.name}")
        assert (got.status_code, got.data) == (200, file.body)
        assert got.headers["ETag"] == f'"{file.sha256}"'
        assert got.headers["Cache-Control"] == "no-cache"
        assert got.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Encoding" not in got.headers
        again = client.get(f"/dumps/{file.name}", headers={"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("dataset.nq", "application/n-quads"),
        ("dataset.nq.gz", "application/gzip"),
        ("default-graph.ttl", "text/turtle; charset=utf-8"),
        ("default-graph.jsonld", "application/ld+json"),
        ("claims.csv", "text/csv; charset=utf-8"),
        ("datapackage.json", "application/json"),
        ("sha256sums.txt", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_says_what_it_is(client: FlaskClient, name: str, content_type: str) -> None:
    head = client.head(f"/dumps/{name}", headers={"Accept": "image/png"})
    assert (head.status_code, head.data, head.content_type) == (200, b"", content_type)
    assert int(head.headers["Content-Length"]) > 1000


@pytest.mark.parametrize("name", ["dataset", "dataset.ttl", "..%2fpyproject.toml", ""])
def test_a_file_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/dumps/{name}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


# The description of the dataset: DCAT and VoID


def test_each_distribution_is_described_as_the_bytes_that_are_served(
    client: FlaskClient, release: Release, described: Graph
) -> None:
    nodes = set(described.subjects(RDF.type, DCAT.Distribution))
    assert len(nodes) == len(release.files) - 2
    iana = "https://www.iana.org/assignments/media-types/"
    for node in nodes:
        stated = dict(described.predicate_objects(node))
        address = str(stated[DCAT.downloadURL])
        assert str(node) == f"{DATASET}#{address.rsplit('/', 1)[-1]}"
        served = client.get(address.removeprefix("http://localhost"))
        assert str(stated[DCAT.byteSize]) == str(len(served.data))
        checksum = described.value(stated[SPDX.checksum], SPDX.checksumValue)
        assert str(checksum) == hashlib.sha256(served.data).hexdigest()
        packed = stated.get(DCAT.compressFormat)
        assert (str(packed) == f"{iana}application/gzip") == address.endswith(".gz")
        if packed is None:
            assert str(stated[DCAT.mediaType]) == f"{iana}{served.mimetype}"
        assert str(stated[DCTERMS.license]).startswith("https://creativecommons.org/")
        page = client.get(str(stated[DCAT.accessURL]).removeprefix("http://localhost"))
        assert page.mimetype == "text/html"


def test_a_graph_has_its_own_distribution_and_licence(described: Graph) -> None:
    base = "https://w3id.org/calcguide/graph/"
    for name, licence in [("facts", "licenses/by/4.0"), ("alignments", "publicdomain/zero/1.0")]:
        graph = URIRef(base + name)
        distribution = URIRef(f"{DATASET}#graph-{name}.ttl")
        assert (graph, DCAT.distribution, distribution) in described
        assert licence in str(described.value(distribution, DCTERMS.license))
        assert str(described.value(graph, VOID.dataDump)).endswith(f"/dumps/graph-{name}.ttl")


def test_the_dataset_names_its_version_page_service_and_citation(described: Graph) -> None:
    node, endpoint = URIRef(DATASET), URIRef("http://localhost/sparql")
    assert str(described.value(node, DCAT.version)) == "0.1.0"
    assert str(described.value(node, DCAT.landingPage)) == "http://localhost/data"
    assert described.value(node, VOID.sparqlEndpoint) == endpoint
    assert (endpoint, RDF.type, DCAT.DataService) in described
    assert described.value(endpoint, DCAT.servesDataset) == node
    assert "Version 0.1.0. " + DATASET in str(described.value(node, DCTERMS.bibliographicCitation))
    assert described.value(node, VOID.exampleResource) is not None
    assert {str(k) for k in described.objects(node, DCAT.keyword)} >= {"calcification"}


@pytest.mark.parametrize("format", [f for f in DOCUMENT_FORMATS if f != HTML], ids=lambda f: f.name)
def test_the_document_of_the_dataset_is_what_the_store_says_and_what_this_server_adds(
    client: FlaskClient, guide: Dataset, format: Any
) -> None:
    said = guide.document(DATASET)
    added = describe_as_published(guide, "http://localhost")
    assert {q.graph_name for q in said} == {guide.graph("dataset")}
    assert {q.graph_name for q in added} == {DEFAULT_GRAPH}
    assert not {q.triple for q in said} & {q.triple for q in added}
    in_quads = format.name in ("trig", "nq")
    expected = in_one_graph(said + added) + (said if in_quads else [])
    served = client.get(f"/dataset.{format.suffix}").data
    assert canonical(parse(served, format=format.rdf)) == canonical(expected)


def test_the_well_known_place_says_the_same(client: FlaskClient) -> None:
    served = client.get("/.well-known/void", headers={"Accept": "application/n-triples"})
    assert served.data == client.get("/dataset.nt").data


def test_what_the_store_says_alone_is_the_graph(client: FlaskClient, guide: Dataset) -> None:
    served = parse(client.get("/graph/dataset.nt").data, format=RdfFormat.N_TRIPLES)
    assert {q.triple for q in served} == {q.triple for q in guide.document(DATASET)}


def test_addresses_follow_the_public_url_and_names_do_not(guide: Dataset) -> None:
    settings = Settings.read({}, public_url="https://example.org/guide/", access_log="off")
    served = create_app(guide, settings).test_client().get("/dataset.ttl")
    graph = Graph().parse(data=served.data, format="turtle")
    addresses = {str(o) for o in graph.objects(None, DCAT.downloadURL)}
    assert "https://example.org/guide/dumps/claims.csv" in addresses
    assert {a.rpartition("/")[0] for a in addresses} == {"https://example.org/guide/dumps"}
    assert (URIRef(f"{DATASET}#claims.csv"), RDF.type, DCAT.Distribution) in graph


@pytest.mark.parametrize(
    ("contact", "link"),
    [("mailto:editors@example.org", "hasEmail"), ("https://example.org/report", "hasURL")],
)
def test_the_contact_is_on_pages_and_in_the_description(
    guide: Dataset, contact: str, link: str
) -> None:
    client = create_app(guide, Settings.read({}, contact=contact)).test_client()
    graph = Graph().parse(data=client.get("/dataset.ttl").data, format="turtle")
    card = graph.value(URIRef(DATASET), DCAT.contactPoint)
    assert str(graph.value(card, VCARD[link])) == contact
    for path in ("/data", "/dataset.html", "/about"):
        assert read(client.get(path).text).all("a", href=contact), path


def test_without_a_contact_none_is_named(client: FlaskClient, described: Graph) -> None:
    assert described.value(URIRef(DATASET), DCAT.contactPoint) is None
    assert "Report a mistake" not in client.get("/data").text


@pytest.mark.parametrize("contact", ["editors@example.org", "javascript:alert(1)", "https://a b"])
def test_a_contact_that_is_no_address_is_refused(contact: str) -> None:
    with pytest.raises(UsageError, match="must be a mailto: or https: address"):
        Settings.read({}, contact=contact)


# The page


def page(client: FlaskClient, path: str) -> Element:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    return read(response.text)


@pytest.mark.parametrize("path", ["/data", "/dataset.html"])
def test_the_page_has_each_file_with_size_and_checksum(
    client: FlaskClient, release: Release, path: str
) -> None:
    rows = {row["id"]: row.text for row in page(client, path).all("tr") if row["id"]}
    files = [file for part in release.parts for file in part.distributions]
    assert rows.keys() == {file.name for file in files}
    for file in files:
        assert file.sha256 in rows[file.name]
        assert file.format.label in rows[file.name] or "graph-" in file.name
    [size] = [file.size for file in files if file.name == "claims.csv"]
    assert f" {size / 1000:.1f} kB " in rows["claims.csv"]


@pytest.mark.parametrize("path", ["/data", "/dataset.html"])
def test_every_link_of_the_page_leads_somewhere(client: FlaskClient, path: str) -> None:
    main = page(client, path).all("main")[0]
    ids = {element["id"] for element in main.walk()}
    for link in main.all("a"):
        target = link["href"]
        if target.startswith("#"):
            assert target[1:] in ids
        elif target.startswith("/"):
            assert client.get(target, headers={"Accept": "text/html"}).status_code < 400, target


def test_the_page_gives_each_graph_with_its_count(ask: Ask, client: FlaskClient) -> None:
    text = page(client, "/data").text
    for name, count in ask("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"):
        assert f"graph-{name.removeprefix('graph:')}.ttl {count} " in text


def test_the_page_of_the_dataset_has_the_counts(client: FlaskClient, ask: Ask) -> None:
    main = page(client, "/dataset.html").all("main")[0]
    [(total,)] = ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert f"{int(total):,} statements" in main.text
    assert "Claim 249" in main.text
    assert "http://localhost/sparql" in main.text


def test_the_citation_agrees_with_the_citation_file(guide: Dataset, client: FlaskClient) -> None:
    citation = cite(guide)
    repository = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    shared = [line for line in citation.cff.splitlines() if not line.startswith(("message", "lic"))]
    assert [line for line in shared if line not in repository] == []
    keywords = guide.values(guide.iri("dataset"), NamedNode(terms.DCAT + "keyword"))
    listed = repository[repository.index("keywords:") + 1 :]
    assert {f"  - {k.value}" for k in keywords if isinstance(k, Literal)} == set(listed)
    code = [element.text for element in page(client, "/data").all("code")]
    assert " ".join(citation.bibtex.split()) in code
    assert " ".join(citation.cff.split()) in code


# Other data


@pytest.fixture
def foreign() -> FlaskClient:
    store = Store()
    store.add(Quad(NamedNode("http://example.com/a"), terms.RDFS_LABEL, Literal("A")))
    return create_app(Dataset(store, terms.BASE), Settings.read({})).test_client()


@pytest.mark.parametrize("path", ["/data", "/dumps/dataset.nq"])
def test_other_people_s_data_have_no_downloads(foreign: FlaskClient, path: str) -> None:
    answer = foreign.get(path, headers={"Accept": "text/turtle"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert "other people's data" in answer.json["detail"]


def test_other_people_s_data_are_counted_all_the_same(foreign: FlaskClient) -> None:
    answer = foreign.get("/.well-known/void", headers={"Accept": "text/turtle"})
    assert b"void:triples 1" in answer.data
    assert b"dcat:Distribution" not in answer.data
    assert b'href="/data"' not in foreign.get("/").data


# Frictionless


def frictionless(descriptor: Path) -> "subprocess.CompletedProcess[str]":
    program = REPOSITORY / ".venv-tools" / "bin" / "frictionless"
    if not program.exists():
        pytest.skip("the tools are not installed: run scripts/test --all, which does so")
    return subprocess.run(
        [program, "validate", "--json", descriptor], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_data_package_is_valid_and_a_changed_file_is_noticed(
    release: Release, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    for file in release.files:
        (folder / file.name).write_bytes(file.body)
    ran = frictionless(folder / "datapackage.json")
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["valid"]) == (0, True), ran.stdout
    assert report["stats"]["tasks"] == len(release.files) - 2
    claims = folder / "claims.csv"
    shutil.copy(claims, folder / "kept")
    for content in (claims.read_bytes().replace(b"calc:affirmed", b"calc:denied!!", 1), b"id\r\n"):
        claims.write_bytes(content)
        assert json.loads(frictionless(folder / "datapackage.json").stdout)["valid"] is False


def test_the_data_package_describes_each_file_and_column(release: Release) -> None:
    package = json.loads(release.datapackage.body)
    assert package["name"] == "calcguide"
    assert package["licenses"] == [
        {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
    ]
    assert package["sources"] == [{"title": "Can calcification go away on its own?"}]
    resources = {resource["path"]: resource for resource in package["resources"]}
    for file in release.files[:-2]:
        resource = resources[file.name]
        assert (resource["bytes"], resource["hash"]) == (len(file.body), f"sha256:{file.sha256}")
    for name in ("claims.csv", "comparison.csv"):
        fields = resources[name]["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table(release, name)[0])
        assert all(len(field["description"]) > 10 for field in fields)


def test_the_page_of_a_thing_is_cited_within_the_dataset() -> None:
    citation = Citation("What is it?", "Editors", "2026-11-22", "1.2", "https://e.example/d", None)
    assert citation.of_part("Hip", "https://e.example/hip") == (
        "Editors (2026). Hip. In: What is it? Version 1.2. https://e.example/hip"
    )
    assert citation.sentence == "Editors (2026). What is it? Version 1.2. https://e.example/d"
