"""How a dataset is cited: in a sentence, as BibTeX, as a citation file."""

import functools
import json
import re
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.description.naming import text

_CREATIVE_COMMONS: Final = re.compile(
    r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+)/"
)
_SPECIAL: Final = str.maketrans({sign: "\\" + sign for sign in "&%$#_{}"})


@dataclass(frozen=True)
class Licence:
    """A licence, by its IRI."""

    iri: str

    @property
    def name(self) -> str:
        """Its name in the SPDX list, such as `CC-BY-4.0`; empty where that is not known."""
        found = _CREATIVE_COMMONS.match(self.iri)
        if not found:
            return ""
        kind = "CC0" if found[1] == "zero" else f"CC-{found[1].upper()}"
        return f"{kind}-{found[2]}"


@dataclass(frozen=True)
class Citation:
    """What a citation consists of; the empty string stands for what the dataset does not state."""

    title: str
    creator: str
    date: str
    version: str
    iri: str
    licence: Licence | None

    @property
    def year(self) -> str:
        """The year of the date."""
        return self.date[:4]

    @property
    def sentence(self) -> str:
        """The citation in one line."""
        return self._line(_ended(self.title), self.iri)

    def of_part(self, label: str, iri: str) -> str:
        """Return the citation of one thing in the dataset, in one line."""
        return self._line(f"{_ended(label)} In: {_ended(self.title)}", iri)

    def _line(self, what: str, iri: str) -> str:
        author = f"{self.creator} ({self.year})." if self.year else f"{self.creator}."
        version = f" Version {self.version}." if self.version else ""
        return f"{author} {what}{version} {iri}"

    @property
    def bibtex(self) -> str:
        """The citation as an entry for BibTeX."""
        word = re.sub(r"\W", "", self.title.split(" ")[0].lower(), flags=re.ASCII)
        fields = {
            "author": f"{{{self.creator.translate(_SPECIAL)}}}",
            "title": f"{{{self.title.translate(_SPECIAL)}}}",
            "year": self.year,
            "version": self.version,
            "url": self.iri,
        }
        lines = [f"  {key} = {{{value}}}" for key, value in fields.items() if value]
        return f"@misc{{{word}{self.year},\n" + ",\n".join(lines) + "\n}\n"

    @property
    def cff(self) -> str:
        """The citation as a file in the Citation File Format, version 1.2.0."""
        rows = {
            "version": self.version,
            "date-released": self.date,
            "license": self.licence.name if self.licence else "",
        }
        return (
            "cff-version: 1.2.0\n"
            'message: "If you use these data, please cite them as below."\n'
            f"title: {_quoted(self.title)}\n"
            "type: dataset\n"
            f"authors:\n  - name: {_quoted(self.creator)}\n"
            + "".join(f"{key}: {value}\n" for key, value in rows.items() if value)
            + f"url: {_quoted(self.iri)}\n"
        )


def _ended(title: str) -> str:
    """A title with a full stop, where it ends with no sign of its own."""
    return title if title.endswith(("?", ".", "!")) else title + "."


def _quoted(value: str) -> str:
    """A string of YAML in double quotes, which JSON's are too."""
    return json.dumps(value, ensure_ascii=False)


@functools.lru_cache(maxsize=1)
def cite(dataset: Dataset) -> Citation:
    """Return what the dataset states of itself that a citation needs.

    It is kept, since every page is cited and a dataset does not change.
    """
    node = dataset.iri("dataset")
    return Citation(
        title=text(dataset, node, terms.DCT + "title"),
        creator=text(dataset, node, terms.DCT + "creator"),
        date=text(dataset, node, terms.DCT + "issued")
        or text(dataset, node, terms.DCT + "created"),
        version=dataset.version or "",
        iri=node.value,
        licence=licence_of(dataset, node),
    )


def licence_of(dataset: Dataset, node: NamedNode) -> Licence | None:
    """Return the licence of the dataset or of a named graph, None where it states none."""
    found = dataset.value(node, NamedNode(terms.DCT + "license"))
    return Licence(found.value) if isinstance(found, NamedNode) else None
