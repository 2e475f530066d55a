"""What a page says in the vocabulary of schema.org, for search engines: nothing but what is stated.

What the guide hedges or ties to a condition is given as text with its hedge and condition, since
the vocabulary has no place for them; properties of schema.org repeat plain facts alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.entity import GRADE, OUTCOME
from calcguide.description.listings import questions
from calcguide.description.naming import calc, name, names, summary, text, texts, types_of
from calcguide.description.statements import claims_about

Node = dict[str, Any]
"""A node object of JSON-LD."""

_CONTEXT: Final = {"@context": "https://schema.org"}
_ANATOMY: Final = ("occursIn",)
_CAUSES: Final = ("hasCause",)
_TREATMENTS: Final = ("treats", "breaksUp", "relieves", "reverses", "slows", "manages")
"""Effects on a condition; to assess or to prevent it is another thing than to treat it."""
_PROGRESSION: Final = (GRADE.value, OUTCOME.value)
_CLASSES: Final = {
    terms.VOID + "Dataset": "Dataset",
    terms.CALC + "Calcification": "MedicalCondition",
    terms.CALC + "Claim": "Claim",
    terms.CALC + "Question": "Question",
    terms.OWL + "Ontology": "DefinedTermSet",
}
"""Class -> local name of the class of schema.org that says the same of its members."""


def classes(dataset: Dataset, iri: str) -> tuple[str, ...]:
    """Return the classes of schema.org that a thing is in, as IRIs; often none."""
    types = types_of(dataset, NamedNode(iri))
    return tuple(terms.SCHEMA + local for type, local in _CLASSES.items() if type in types)


def describe_kind(dataset: Dataset, iri: str, url: str) -> Node | None:
    """Return a MedicalWebPage at `url` about a MedicalCondition; None for what is no such kind."""
    node = NamedNode(iri)
    if calc("Calcification").value not in types_of(dataset, node):
        return None
    label, definition = name(dataset, node).label, summary(dataset, node)
    condition = {
        "@type": "MedicalCondition",
        "@id": iri,
        "name": label,
        "alternateName": texts(dataset, node, terms.SKOS + "altLabel"),
        "description": definition,
        "associatedAnatomy": _related(dataset, node, _ANATOMY, "AnatomicalStructure"),
        "cause": _related(dataset, node, _CAUSES, "MedicalCause"),
        "possibleTreatment": _related(dataset, node, _TREATMENTS, "MedicalTherapy", True),
        "naturalProgression": _progression(dataset, node),
    }
    page = {
        "@type": "MedicalWebPage",
        "@id": url,
        "url": url,
        "name": label,
        "description": definition,
        "mainEntity": _stated(condition),
        "license": _licence(dataset),
    }
    return _CONTEXT | _stated(page)


def describe_questions(dataset: Dataset, url: str) -> Node:
    """Return the FAQPage at `url`; a question whose wording is the editors' says so in its text."""
    label = name(dataset, calc("reconstructed")).label
    return _CONTEXT | {
        "@type": "FAQPage",
        "@id": url,
        "url": url,
        "mainEntity": [
            {
                "@type": "Question",
                "@id": entry.name.iri,
                "name": entry.name.label,
                "text": f"{entry.name.label} ({label})"
                if _is_reconstructed(dataset, entry.name.iri or "")
                else entry.name.label,
                "acceptedAnswer": {"@type": "Answer", "text": entry.summary},
            }
            for entry in questions(dataset)
        ],
    }


def describe_dataset(dataset: Dataset, url: str, downloads: Sequence[Node] = ()) -> Node:
    """Return the Dataset that has its page at `url`, with DataDownload nodes."""
    node = dataset.iri("dataset")
    described = {
        "@type": "Dataset",
        "@id": node.value,
        "url": url,
        "name": text(dataset, node, terms.DCT + "title"),
        "description": summary(dataset, node),
        "version": text(dataset, node, terms.OWL + "versionInfo"),
        "license": _licence(dataset),
        "creator": _organization(text(dataset, node, terms.DCT + "creator")),
        "publisher": _organization(text(dataset, node, terms.DCT + "publisher")),
        "dateCreated": text(dataset, node, terms.DCT + "created"),
        "datePublished": text(dataset, node, terms.DCT + "issued"),
        "keywords": list(texts(dataset, node, terms.DCAT + "keyword")),
        "inLanguage": text(dataset, node, terms.DCT + "language"),
        "isBasedOn": [
            source.value
            for source in dataset.values(node, NamedNode(terms.DCT + "source"))
            if isinstance(source, NamedNode)
        ],
        "distribution": downloads,
    }
    return _CONTEXT | _stated(described)


def describe_download(url: str, label: str, content_type: str, size: int) -> Node:
    """Return a file of so many bytes as the DataDownload that it is."""
    return {
        "@type": "DataDownload",
        "contentUrl": url,
        "name": label,
        "encodingFormat": content_type.partition(";")[0],
        "contentSize": f"{size} B",
    }


def breadcrumbs(trail: Iterable[tuple[str, str]], here: str) -> Node:
    """Return the way to a page: the label and address of each page above, the page's own label."""
    steps: list[Node] = [{"name": label, "item": url} for label, url in trail]
    return _CONTEXT | {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position} | step
            for position, step in enumerate([*steps, {"name": here}], 1)
        ],
    }


def _related(
    dataset: Dataset, node: NamedNode, predicates: Iterable[str], type: str, incoming: bool = False
) -> list[Node]:
    """What plain facts relate a thing to, by one of these predicates."""
    facts = dataset.graph("facts")
    ends = (None, node) if incoming else (node, None)
    found = [
        quad.subject if incoming else quad.object
        for predicate in predicates
        for quad in dataset.store.quads_for_pattern(ends[0], calc(predicate), ends[1], facts)
    ]
    return [{"@type": type, "@id": n.iri, "name": n.label} for n in names(dataset, found)]


def _progression(dataset: Dataset, node: NamedNode) -> list[str]:
    """What the claims say becomes of it, each with its hedge, frequency, condition, emphasis."""
    return [
        f"{claim.predicate.label}: {claim.gloss}"
        + (f" ({claim.in_words})" if claim.in_words else "")
        for claim in claims_about(dataset, node)
        if claim.subject.iri == node.value and claim.predicate.iri in _PROGRESSION
    ]


def _is_reconstructed(dataset: Dataset, iri: str) -> bool:
    return text(dataset, NamedNode(iri), terms.CALC + "reconstructed") == "true"


def _licence(dataset: Dataset) -> str:
    licence = dataset.value(dataset.iri("dataset"), NamedNode(terms.DCT + "license"))
    return licence.value if isinstance(licence, NamedNode) else ""


def _organization(label: str) -> Node:
    return {"@type": "Organization", "name": label} if label else {}


def _stated(node: Node) -> Node:
    """The node without what the data leave open."""
    return {key: value for key, value in node.items() if value}
