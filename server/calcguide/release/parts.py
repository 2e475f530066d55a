"""What a release consists of: files, and what they hold."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import NamedNode

from calcguide.formats import Format
from calcguide.release.citation import Licence
from calcguide.release.tables import Table


@dataclass(frozen=True)
class File:
    """A file of a release."""

    name: str
    content_type: str
    body: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """The checksum of its bytes, in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.body)


@dataclass(frozen=True)
class Distribution(File):
    """A file that holds data, in one format, perhaps compressed."""

    format: Format
    compressed: bool = False

    @property
    def label(self) -> str:
        """The format as people know it, such as `Turtle, gzip`."""
        return self.format.label + (", gzip" if self.compressed else "")


@dataclass(frozen=True)
class Part:
    """What some distributions hold. `size` counts statements, rows or matches."""

    title: str
    description: str
    of: NamedNode
    """The dataset or named graph that they are distributions of."""
    licence: Licence | None
    size: int
    distributions: tuple[Distribution, ...]
    table: Table | None = None


@dataclass(frozen=True)
class Release:
    """All files of one dataset; their bytes depend on the data alone."""

    whole: tuple[Part, ...]
    tables: tuple[Part, ...]
    mappings: tuple[Part, ...]
    graphs: tuple[Part, ...]
    datapackage: File
    sums: File

    @property
    def parts(self) -> tuple[Part, ...]:
        """Whatever there are distributions of."""
        return self.whole + self.tables + self.mappings + self.graphs

    @property
    def files(self) -> tuple[File, ...]:
        """Every file, the sums last."""
        data = (file for part in self.parts for file in part.distributions)
        return (*data, self.datapackage, self.sums)
