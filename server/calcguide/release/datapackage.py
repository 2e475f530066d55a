"""The release as a Data Package: https://datapackage.org/standard/data-package/."""

import json
from collections.abc import Iterable
from typing import Any, Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.naming import names, summary, texts
from calcguide.formats import TSV
from calcguide.release.citation import Citation, Licence
from calcguide.release.parts import Distribution, Part
from calcguide.release.tables import BETWEEN, Table

_PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
_CELLS: Final = (
    f" Things are named by prefix and local name; the prefixes stand in datapackage.json. "
    f"A cell of several values has {BETWEEN} between them."
)

_COMMENTED: Final = {"commentChar": "#", "delimiter": "\t"}
"""How SSSOM files are to be read: what stands about the table comes first, behind number signs."""


def datapackage(dataset: Dataset, citation: Citation, parts: Iterable[Part]) -> bytes:
    """Return the descriptor of all distributions, as JSON."""
    node = dataset.iri("dataset")
    sources = names(dataset, dataset.values(node, NamedNode(terms.DCT + "source")))
    descriptor: dict[str, Any] = {
        "$schema": _PROFILE,
        "name": dataset.base.rstrip("/").rsplit("/", 1)[-1].lower(),
        "id": citation.iri,
        "title": citation.title,
        "description": summary(dataset, node),
        "version": citation.version,
        "created": citation.date and f"{citation.date}T00:00:00Z",
        "keywords": list(texts(dataset, node, terms.DCAT + "keyword")),
        "licenses": _licences(citation.licence),
        "contributors": [{"title": citation.creator, "roles": ["author"]}],
        "sources": [{"title": source.label} for source in sources],
        "prefixes": dataset.prefixes,
        "resources": [_resource(part, file) for part in parts for file in part.distributions],
    }
    stated = {key: value for key, value in descriptor.items() if value}
    return (json.dumps(stated, ensure_ascii=False, indent=2) + "\n").encode()


def _licences(licence: Licence | None) -> list[dict[str, str]]:
    if licence is None:
        return []
    return [({"name": licence.name} if licence.name else {}) | {"path": licence.iri}]


def _resource(part: Part, distribution: Distribution) -> dict[str, Any]:
    described = {
        "name": distribution.name,
        "path": distribution.name,
        "title": f"{part.title}, {distribution.label}",
        "description": part.description + (_CELLS if part.table else ""),
        "format": distribution.format.suffix,
        "mediatype": distribution.content_type.partition(";")[0],
        "bytes": distribution.size,
        "hash": f"sha256:{distribution.sha256}",
        "licenses": _licences(part.licence),
    }
    if distribution.format == TSV:
        return described | {"dialect": _COMMENTED}
    if part.table is None:
        return described
    return described | {"type": "table", "encoding": "utf-8", "schema": _schema(part.table)}


def _schema(table: Table) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": column.type, "description": column.description}
        | ({"constraints": {"required": True}} if column.required else {})
        for column in table.columns
    ]
    return {"fields": fields, "primaryKey": [table.columns[0].name]}
