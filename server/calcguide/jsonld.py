"""Compact JSON-LD 1.1: a context made from the ontology, and documents that embed it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from calcguide import terms
from calcguide.errors import NotAcceptable

_Node = NamedNode | BlankNode
_Term = NamedNode | BlankNode | Literal | Triple
_Json = Any  # what the json module reads and writes

_LANGUAGE: Final = "en"
"""The language of text that stands as a plain string; any other is named beside the text."""
_DEEPEST: Final = 16
"""How many unnamed nodes may stand inside one another: parsers of JSON-LD recurse."""
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Whole numbers that every JSON parser keeps as they are."""
_NAME: Final = re.compile(r"\w[\w-]*")
"""Local names that can be keys: with a colon or an at sign they would mean something else."""

_FIRST, _REST, _NIL = (NamedNode(terms.RDF + name) for name in ("first", "rest", "nil"))
_RANGE: Final = NamedNode(terms.RDFS + "range")
_NAMESPACE: Final = NamedNode(terms.VANN + "preferredNamespaceUri")
_OBJECT_PROPERTY: Final = NamedNode(terms.OWL + "ObjectProperty")
_PROPERTIES: Final = (
    _OBJECT_PROPERTY,
    NamedNode(terms.OWL + "DatatypeProperty"),
    NamedNode(terms.OWL + "AnnotationProperty"),
)
_LINK, _TEXT = "@id", terms.RDF + "langString"
_STANDARD: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    terms.RDFS: {
        _TEXT: ("comment", "label"),
        _LINK: ("domain", "isDefinedBy", "range", "seeAlso", "subClassOf", "subPropertyOf"),
    },
    terms.OWL: {
        _LINK: (
            *("annotatedProperty", "annotatedSource", "annotatedTarget"),
            *("inverseOf", "members", "propertyChainAxiom", "versionIRI"),
        ),
    },
    terms.DCT: {
        _TEXT: ("abstract", "bibliographicCitation", "description", "title"),
        _LINK: ("conformsTo", "isReplacedBy", "license", "replaces", "source"),
        terms.XSD + "date": ("created", "issued", "modified"),
    },
    terms.SKOS: {
        _TEXT: (
            *("altLabel", "definition", "hiddenLabel", "prefLabel"),
            *("changeNote", "editorialNote", "example", "historyNote", "note", "scopeNote"),
        ),
        _LINK: ("broadMatch", "closeMatch", "exactMatch", "narrowMatch", "relatedMatch"),
    },
    terms.VOID: {_LINK: ("exampleResource", "subset", "vocabulary")},
    terms.SH: {
        _TEXT: ("message", "name"),
        _LINK: (
            *("class", "datatype", "group", "ignoredProperties", "in", "inversePath", "nodeKind"),
            *("path", "prefixes", "property", "severity", "targetClass", "targetSubjectsOf"),
        ),
    },
}
"""What the values are of properties that the standards define, which an ontology only names."""


@dataclass(frozen=True)
class Key:
    """A JSON key for a property. A plain value under it is of `type`, or text in `language`."""

    name: str
    iri: str
    type: str | None = None
    """`@id` for a link, else the IRI of a datatype."""
    language: str | None = None


@dataclass(frozen=True)
class Context:
    """The short names of documents: prefixes of namespaces, and keys by the IRI of a property."""

    prefixes: Mapping[str, str]
    keys: Mapping[str, Key]

    def compact(self, iri: str) -> str:
        """Return `prefix:local` where a prefix fits, else the IRI itself."""
        prefix = terms.prefix_of(iri, self.prefixes)
        return iri if prefix is None else f"{prefix}:{iri[len(self.prefixes[prefix]) :]}"

    def definitions(self) -> dict[str, _Json]:
        """Return what stands under `@context` (JSON-LD 1.1, section 9.15)."""
        keys = sorted(self.keys.values(), key=lambda key: key.name)
        return dict(sorted(self.prefixes.items())) | {
            key.name: self._definition(key) for key in keys
        }

    def _definition(self, key: Key) -> _Json:
        iri = self.compact(key.iri)
        if key.type:
            return {"@id": iri, "@type": self.compact(key.type)}
        return {"@id": iri, "@language": key.language} if key.language else iri


def make_context(ontology: Iterable[Quad], prefixes: Mapping[str, str]) -> Context:
    """Return a context with a key for each property that the ontology declares: its local name.

    A range says the type of the values, where the standards do not. Where two properties share
    a local name, the ontology's own property has it, and the other goes by its prefix.
    """
    quads = list(ontology)
    own = tuple(q.object.value for q in quads if q.predicate == _NAMESPACE)  # type: ignore[union-attr]
    ranges = {
        quad.subject: quad.object.value
        for quad in quads
        if quad.predicate == _RANGE and isinstance(quad.object, NamedNode)
    }
    types = {
        quad.subject.value: _LINK
        if quad.object == _OBJECT_PROPERTY
        else ranges.get(quad.subject, "")
        for quad in quads
        if quad.object in _PROPERTIES and isinstance(quad.subject, NamedNode)
    }
    types |= {
        namespace + local: type
        for namespace, known in _STANDARD.items()
        for type, locals in known.items()
        for local in locals
    }
    keys: dict[str, Key] = {}
    for iri in sorted(types, key=lambda iri: (not iri.startswith(own), iri)):
        key = _key(iri, types[iri])
        if _NAME.fullmatch(key.name) and key.name not in prefixes:
            keys.setdefault(key.name, key)
    return Context(dict(prefixes), {key.iri: key for key in keys.values()})


def _key(iri: str, type: str) -> Key:
    name = re.split("[/#:]", iri)[-1]
    if type == _TEXT:
        return Key(name, iri, language=_LANGUAGE)
    known = type == _LINK or (type.startswith(terms.XSD) and type != terms.XSD + "string")
    return Key(name, iri, type=type if known else None)


def write(triples: Iterable[Triple], context: Context) -> str:
    """Return a document of the statements, each given once, in their order.

    It embeds the part of the context that it uses, so that it can be read without asking for
    another document. An unnamed node stands inside the one node that mentions it.
    Raises NotAcceptable for a term of RDF 1.2 that JSON-LD 1.1 cannot hold.
    """
    document = _Document(triples, context)
    content = {"@context": {}, "@graph": document.nodes()}
    content["@context"] = document.used().definitions()
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


class _Document:
    """Statements by subject and property, and which unnamed nodes stand inside others."""

    def __init__(self, triples: Iterable[Triple], context: Context) -> None:
        self._stated: dict[_Term, dict[NamedNode, list[_Term]]] = {}
        self._mentions: Counter[_Term] = Counter()
        for triple in triples:
            about = self._stated.setdefault(triple.subject, {})
            about.setdefault(triple.predicate, []).append(triple.object)
            self._mentions[triple.object] += 1
        self._context = _unambiguous(context, self._iris())
        self._short: dict[str, str] = {}
        self._keys: dict[str, Key] = {}
        self._lists: dict[_Term, list[_Term]] = {}
        """The first cell of a list -> its members."""
        self._inside: set[_Term] = set()
        """Unnamed nodes that are written where they are mentioned, and the cells of lists."""
        self._arrange()

    def nodes(self) -> list[_Json]:
        """Return every node that stands for itself, in the order of the statements."""
        return [self._node(node) for node in self._stated if node not in self._inside]

    def used(self) -> Context:
        """Return the part of the context that the nodes returned so far need."""
        for key in self._keys.values():
            self._compact(key.iri)
            self._compact(key.type or "")
        written = {short.partition(":")[0] for iri, short in self._short.items() if short != iri}
        prefixes = {p: iri for p, iri in self._context.prefixes.items() if p in written}
        return Context(prefixes, self._keys)

    def _iris(self) -> Iterator[str]:
        for subject, about in self._stated.items():
            for term in (subject, *about, *_objects(about)):
                if isinstance(term, NamedNode):
                    yield term.value
                elif isinstance(term, Literal):
                    yield term.datatype.value

    def _arrange(self) -> None:
        """Walk from the nodes that cannot stand inside another; circles are never reached."""
        waiting = [(node, 0) for node in self._stated if not self._once(node)]
        while waiting:
            node, depth = waiting.pop()
            for object in _objects(self._stated[node]):
                self._place(object, depth, waiting)

    def _place(self, object: _Term, depth: int, waiting: list[tuple[_Term, int]]) -> None:
        if not self._once(object):
            return
        if depth == _DEEPEST:
            waiting.append((object, 0))
            return
        cells = self._cells(object)
        self._inside.update(cells or [object])
        if not cells:
            waiting.append((object, depth + 1))
            return
        self._lists[object] = [self._stated[cell][_FIRST][0] for cell in cells]
        for member in self._lists[object]:
            self._place(member, depth + 1, waiting)

    def _once(self, node: _Term) -> bool:
        """Whether it is an unnamed node with statements that is mentioned exactly once."""
        return isinstance(node, BlankNode) and node in self._stated and self._mentions[node] == 1

    def _cells(self, node: _Term) -> list[_Term]:
        """The cells of the list that begins here; none where it is no list, or not only a list."""
        cells = []
        while node != _NIL:
            about = self._stated[node] if self._once(node) else {}
            if about.keys() != {_FIRST, _REST} or any(len(found) > 1 for found in about.values()):
                return []
            cells.append(node)
            node = about[_REST][0]
        return cells

    def _node(self, node: _Term) -> dict[str, _Json]:
        written: dict[str, _Json] = {}
        if isinstance(node, NamedNode):
            written["@id"] = self._compact(node.value)
        elif isinstance(node, BlankNode) and self._mentions[node] and node not in self._inside:
            written["@id"] = f"_:{node.value}"
        about = dict(self._stated[node])
        types = [term for term in about.get(terms.RDF_TYPE, ()) if isinstance(term, NamedNode)]
        if types and len(types) == len(about[terms.RDF_TYPE]):
            del about[terms.RDF_TYPE]
            written["@type"] = _one_or_all(self._compact(type.value) for type in types)
        return written | dict(sorted(self._values(*item) for item in about.items()))

    def _values(self, property: NamedNode, objects: list[_Term]) -> tuple[str, _Json]:
        key = self._context.keys.get(property.value)
        if key is None:
            key = Key(self._compact(property.value), property.value)
        else:
            self._keys[key.iri] = key
        return key.name, _one_or_all(self._value(object, key) for object in objects)

    def _value(self, term: _Term, key: Key) -> _Json:
        if isinstance(term, Literal):
            return self._literal(term, key)
        if term == _NIL:
            return {"@list": []}
        if term in self._lists:
            return {"@list": [self._value(member, key) for member in self._lists[term]]}
        if term in self._inside:
            return self._node(term)
        if isinstance(term, Triple):
            reason = "JSON-LD 1.1 cannot hold a statement about a statement."
            raise NotAcceptable(("text/turtle", "application/n-triples"), reason)
        iri = self._compact(term.value) if isinstance(term, NamedNode) else f"_:{term.value}"
        return iri if key.type == "@id" else {"@id": iri}

    def _literal(self, literal: Literal, key: Key) -> _Json:
        """The shortest form that reads back as this very literal (JSON-LD 1.1, section 4.2)."""
        datatype, native = literal.datatype.value, _native(literal)
        if literal.language:
            if literal.language == key.language and not literal.direction:
                return literal.value
            direction = {"@direction": literal.direction.value} if literal.direction else {}
            return {"@language": literal.language, "@value": literal.value} | direction
        if datatype == key.type or (native is not None and key.type is None):
            return literal.value if native is None else native
        if datatype == terms.XSD + "string":
            plain = key.type is None and key.language is None
            return literal.value if plain else {"@value": literal.value}
        return {"@type": self._compact(datatype), "@value": literal.value}

    def _compact(self, iri: str) -> str:
        if iri not in self._short:
            self._short[iri] = self._context.compact(iri)
        return self._short[iri]


def _unambiguous(context: Context, iris: Iterable[str]) -> Context:
    """The context without the prefixes that IRIs such as `urn:x` would be taken to have."""
    split = (iri.partition(":") for iri in iris)
    schemes = {scheme for scheme, _, rest in split if not rest.startswith("//")}
    prefixes = {prefix: iri for prefix, iri in context.prefixes.items() if prefix not in schemes}
    return Context(prefixes, context.keys)


def _objects(about: Mapping[NamedNode, list[_Term]]) -> list[_Term]:
    return [object for found in about.values() for object in found]


def _native(literal: Literal) -> int | bool | None:
    """The JSON number or truth value for a literal in canonical form; None where there is none."""
    if literal.datatype.value == terms.XSD + "integer" and _INTEGER.fullmatch(literal.value):
        return int(literal.value)
    if literal.datatype.value == terms.XSD + "boolean":
        return {"true": True, "false": False}.get(literal.value)
    return None


def _one_or_all(values: Iterable[_Json]) -> _Json:
    """A single value as it is, several as an array."""
    found = list(values)
    return found[0] if len(found) == 1 else found
