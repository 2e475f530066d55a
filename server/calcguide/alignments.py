"""Alignments: a mapping set in SSSOM is read as SKOS statements about our terms and others'."""

import csv
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from calcguide import terms
from calcguide.errors import DataError
from calcguide.files import read_text


def _english(text: str) -> Literal:
    return Literal(text, language="en")


_SET: Final = "mapping_set_id"
_MAPPING_SET: Final = NamedNode(terms.SSSOM + "MappingSet")
_SLOTS: Final[dict[str, tuple[str, Callable[[str], Literal | NamedNode]]]] = {
    "license": (terms.DCT + "license", NamedNode),
    "mapping_set_description": (terms.DCT + "description", _english),
    "mapping_set_title": (terms.DCT + "title", _english),
    "mapping_set_version": (terms.OWL + "versionInfo", Literal),
}
"""Slot of a header -> the property that says the same of a mapping set, and its kind of value."""

_MATCH: Final = ("subject_id", "predicate_id", "object_id")
_LABEL: Final = "object_label"
_JUSTIFICATION: Final = "mapping_justification"


def parse_sssom(path: Path) -> list[Quad]:
    """Return the statements of a mapping set: matches, labels of their objects, the set's own.

    The file is SSSOM/TSV with its metadata embedded. Who judges a mapping, how sure and why
    stays in the file. Raises DataError at the first line that cannot be used.
    """
    lines = read_text(path).replace("\r\n", "\n").split("\n")
    header = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
    slots, prefixes = _slots(header), dict(_curie_map(header))
    for key, found in ((_SET, _SET in slots), ("curie_map", prefixes)):
        if not found:
            message = f"has no {key} in its header, the lines that begin with #. Add it there."
            raise DataError(message, path=path)
    rows = csv.reader(lines[len(header) :], delimiter="\t", strict=True)
    try:
        quads = [*_metadata(slots)]
        columns = _columns(rows)
        for cells in filter(None, rows):
            quads += _mapping(_row(columns, cells), prefixes)
    except (ValueError, csv.Error) as error:
        line = len(header) + rows.line_num
        raise DataError(f"cannot be read as SSSOM: {error}.", path=path, line=line) from error
    return quads


def _slots(header: list[str]) -> dict[str, str]:
    """The metadata that stand on one line, each without the quotes that YAML allows."""
    pairs = (line[1:].partition(": ") for line in header if not line.startswith("# "))
    return {slot: value.strip().strip('"') for slot, _, value in pairs if value}


def _curie_map(header: list[str]) -> Iterator[tuple[str, str]]:
    """Prefix and namespace of each line that is indented below `curie_map:`."""
    below = itertools.dropwhile(lambda line: line != "#curie_map:", header)
    for line in itertools.takewhile(lambda line: line.startswith("# "), [*below][1:]):
        prefix, _, namespace = line[1:].strip().partition(": ")
        yield prefix, namespace.strip('"')


def _metadata(slots: Mapping[str, str]) -> Iterator[Quad]:
    mapping_set = NamedNode(slots[_SET])
    yield Quad(mapping_set, terms.RDF_TYPE, _MAPPING_SET)
    for slot, (predicate, make) in _SLOTS.items():
        if slot in slots:
            yield Quad(mapping_set, NamedNode(predicate), make(slots[slot]))


def _columns(rows: Iterator[list[str]]) -> list[str]:
    """The first row; raises ValueError, in words, where a column is missing."""
    columns = next(rows, [])
    missing = [c for c in (*_MATCH, _LABEL, _JUSTIFICATION) if c not in columns]
    if missing:
        raise ValueError(f"there is no column {' and no column '.join(missing)}. Add it")
    return columns


def _row(columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise ValueError(
            f"this row has {len(cells)} cells, and there are {len(columns)} columns. Separate "
            "the cells by tabs, also where one is empty"
        )
    return dict(zip(columns, cells, strict=True))


def _mapping(row: Mapping[str, str], prefixes: Mapping[str, str]) -> Iterator[Quad]:
    """The statements that one row makes; raises ValueError, in words, where it makes none."""
    if not row[_JUSTIFICATION].startswith("semapv:"):
        raise ValueError(
            f"the justification “{row[_JUSTIFICATION]}” is no term of the Semantic Mapping "
            "Vocabulary. Give one, such as semapv:ManualMappingCuration"
        )
    subject, predicate, object = (_expand(row[column], prefixes) for column in _MATCH)
    yield Quad(subject, predicate, object)
    yield Quad(object, terms.RDFS_LABEL, _english(row[_LABEL]))


def _expand(curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    prefix, _, local = curie.partition(":")
    if prefix not in prefixes or not local:
        raise ValueError(
            f"“{curie}” is no prefix of the header with a colon and a name behind it. Correct it, "
            "or declare its prefix below curie_map"
        )
    return NamedNode(prefixes[prefix] + local)
