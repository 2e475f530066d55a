"""What judges from outside make of ontology, data and shapes: `python -m tests.judges` asks all.

They are owlrl, HermiT, pySHACL, pyrudof and the sssom package. HermiT, pyrudof and sssom have an
environment of their own, .venv-tools, which `scripts/test --all` makes; HermiT needs Java too.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize
from rdflib import RDF, SH, Graph, URIRef

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.files import Root, published
from calcguide.loading import load
from tests.conftest import REPOSITORY
from tests.test_validation import with_examples

TOOLS: Final = REPOSITORY / ".venv-tools" / "bin"
MAPPING_SETS: Final = ("ontology/alignments.sssom.tsv", "data/alignments.sssom.tsv")
CONTRADICTIONS: Final = {
    "a comparison both ways": (
        "dystrophic-calcification",
        "moreReversibleThan",
        "metastatic-calcification",
    ),
    "an intervention that is a condition": ("rest", "occursIn", "hip"),
}
"""What is planted -> the statement that contradicts what is there."""
PLAIN: Final = ("background", "facts", "entailed")
QUALIFIED: Final = (*PLAIN, "qualified-facts", "qualified-entailed")
PASSED_OVER: Final = (URIRef(terms.BASE + "shapes#ResolutionLevel-rank-unique"),)
"""A cardinality on a path of two steps, which pyrudof 0.3 passes over."""
_FIELDS: Final = ("focusNode", "sourceShape", "sourceConstraintComponent")

Statement = tuple[str, str, str]


class Missing(Exception):
    """A judge is not installed; the message says what to do."""


@dataclass(frozen=True)
class Compared:
    """What two judges found."""

    ours: set[Statement]
    theirs: set[Statement]
    version: str
    """Of the one from outside."""


# owlrl


def closure(guide: Dataset, graphs: tuple[str, ...]) -> Compared:
    """Return what is entailed with our own properties and classes, by our rules and by owlrl."""
    import owlrl  # type: ignore[import-untyped]

    stated = [name for name in graphs if not name.endswith("entailed")]
    graph = Graph()
    triples = serialize(_logic(guide, *stated), format=RdfFormat.N_TRIPLES)
    graph.parse(data=triples, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    theirs = {t for s, p, o in graph if _of_ours(t := (str(s), str(p), str(o)), guide.base)}
    ours = {
        (q.subject.value, q.predicate.value, q.object.value)
        for name in (*graphs, "entities", "claims")
        for q in guide.graph_quads(guide.graph(name))
        if isinstance(q.subject, NamedNode) and isinstance(q.object, NamedNode)
    }
    of_ours = {triple for triple in ours if _of_ours(triple, guide.base)}
    return Compared(of_ours, theirs, f"owlrl {metadata.version('owlrl')}")


def _logic(guide: Dataset, *graphs: str) -> set[Triple]:
    """The ontology, the asserted classes of entities, and the statements of some graphs."""
    quads = guide.graph_quads(guide.graph("ontology"))
    for name in ("entities", "claims"):
        typed = guide.graph_quads(guide.graph(name))
        quads += [q for q in typed if q.predicate == terms.RDF_TYPE and "/id/" in str(q.subject)]
    for name in graphs:
        quads += [
            q for q in guide.graph_quads(guide.graph(name)) if isinstance(q.subject, NamedNode)
        ]
    return {q.triple for q in quads}


def _of_ours(triple: Statement, base: str) -> bool:
    subject, predicate, object = triple
    ours = predicate.startswith(terms.CALC) or (
        predicate == RDF.type.toPython() and object.startswith(terms.CALC)
    )
    return ours and subject.startswith(base + "id/")


# HermiT


def consistency(guide: Dataset, planted: str | None = None) -> tuple[str, str]:
    """Return HermiT's verdict on ontology and data, a contradiction planted or none; versions."""
    if not shutil.which("java"):
        raise Missing("HermiT needs Java: run scripts/install-clients, or install a Java runtime")
    triples = _logic(guide, "background", "facts", "qualified-facts")
    if planted:
        subject, predicate, object = CONTRADICTIONS[planted]
        ends = guide.iri(f"id/{subject}"), guide.iri(f"id/{object}")
        triples.add(Triple(ends[0], NamedNode(terms.CALC + predicate), ends[1]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ontology.nt"
        path.write_bytes(serialize(sorted(triples, key=str), format=RdfFormat.N_TRIPLES) or b"")
        verdict, _, versions = _run(_python("reasoner.py"), str(path)).partition(" ")
    return verdict, versions


# pyrudof beside pySHACL


def core_results() -> Compared:
    """Return what pySHACL and pyrudof find with the core shapes in the guide and all examples.

    Left out are shapes with a target by query, which is no part of the core, and `PASSED_OVER`.
    """
    import pyshacl

    dataset, _ = with_examples()
    outside = {dataset.graph("shapes"), dataset.graph("queries")}
    triples = {q.triple for q in dataset.store if q.graph_name not in outside}
    shapes = Graph()
    for file in Root(published()).glob("shapes/*.ttl"):
        shapes.parse(file)
    for shape in {*shapes.subjects(SH.target), *PASSED_OVER}:
        shapes.remove((shape, None, None))
        shapes.remove((None, None, shape))
    with tempfile.TemporaryDirectory() as folder:
        data, core = Path(folder) / "data.nt", Path(folder) / "core.ttl"
        data.write_bytes(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        shapes.serialize(core)
        _, report, _ = pyshacl.validate(Graph().parse(data), shacl_graph=shapes)
        found = json.loads(_run(_python("second_validator.py"), str(data), str(core)))
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL made no report: {report!r}")
    ours = {
        _statement(str(report.value(result, SH[field])) for field in _FIELDS)
        for result in report.objects(None, SH.result)
        if isinstance(report.value(result, SH.focusNode), URIRef)
    }
    theirs = {_statement(row) for row in found["results"] if row[0].startswith("http")}
    return Compared(ours, theirs, f"pyrudof {found['version']}")


def _statement(fields: Iterator[str] | list[str]) -> Statement:
    one, two, three = fields
    return one, two, three


# sssom


def sssom_faults(path: Path) -> str:
    """Return what the sssom package says of a mapping set that it does not find valid, else ''."""
    checks = ("JsonSchema", "PrefixMapCompleteness", "StrictCurieFormat")
    options = [word for check in checks for word in ("-V", check)]
    ran = _ran([_tool("sssom"), "validate", *options, str(path)])
    said = ran.stdout + ran.stderr
    return said if ran.returncode or "error" in said.casefold() else ""


def sssom_version() -> str:
    """Return the version of the sssom package."""
    code = "from importlib import metadata; print('sssom', metadata.version('sssom'))"
    return _run([_tool("python"), "-c", code])


# All of them


def _tool(name: str) -> str:
    program = TOOLS / name
    if not program.exists():
        raise Missing(f"{name} is not installed: run scripts/test --all, which makes .venv-tools")
    return str(program)


def _python(script: str) -> list[str]:
    return [_tool("python"), str(Path(__file__).with_name(script))]


def _ran(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _run(command: list[str], *arguments: str) -> str:
    """Run a program of the tools' environment; return what it prints."""
    ran = _ran([*command, *arguments])
    if "ModuleNotFoundError" in ran.stderr:
        raise Missing(f"{ran.stderr.strip().splitlines()[-1]}: run scripts/test --all")
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return ran.stdout.strip()


Asked = tuple[str, str, str, bool]
"""The judge with its version, what it was asked about, its verdict, whether that is right."""


def _hermit(guide: Dataset, planted: str | None) -> Asked:
    verdict, versions = consistency(guide, planted)
    about = f"{planted}, planted" if planted else "ontology and data"
    return versions, about, verdict, verdict == ("inconsistent" if planted else "consistent")


def _owlrl(guide: Dataset, graphs: tuple[str, ...]) -> Asked:
    found = closure(guide, graphs)
    about = "closure with what is qualified" if graphs == QUALIFIED else "closure of plain facts"
    return found.version, about, *_agreement(found, "statements")


def _pyrudof() -> Asked:
    found = core_results()
    who = f"{found.version} beside pySHACL {metadata.version('pyshacl')}"
    return who, "core shapes, over guide and examples", *_agreement(found, "results")


def _sssom(path: str) -> Asked:
    faults = sssom_faults(REPOSITORY / path)
    return sssom_version(), path, faults or "valid", not faults


def _agreement(found: Compared, what: str) -> tuple[str, bool]:
    same = found.ours == found.theirs
    if same:
        return f"the same {len(found.ours)} {what}", True
    return (
        f"{len(found.ours - found.theirs)} of ours are missing there, "
        f"{len(found.theirs - found.ours)} are there alone",
        False,
    )


def main() -> int:
    """Print each verdict with its versions; return how many are wrong or missing."""
    guide, wrong = load(Root(published())), 0
    questions: list[Callable[[], Asked]] = [
        *(partial(_hermit, guide, planted) for planted in (None, *CONTRADICTIONS)),
        *(partial(_owlrl, guide, graphs) for graphs in (PLAIN, QUALIFIED)),
        _pyrudof,
        *(partial(_sssom, path) for path in MAPPING_SETS),
    ]
    print("| judge | asked about | verdict |\n|---|---|---|")
    for ask in questions:
        try:
            who, asked, verdict, right = ask()
        except Missing as missing:
            who, asked, verdict, right = "—", str(missing), "not asked", False
        print(f"| {who} | {asked} | {verdict} |", flush=True)
        wrong += not right
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main()))
