"""A page as a tree of elements, for tests to look into; what is not closed in order is an error."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "circle", "path", "rect"))
INLINE = frozenset(("a", "code", "span", "strong", "sup"))


class Element:
    """An element with its attributes, its parent, and elements and text in their order."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.content: list[Element | str] = []

    def __getitem__(self, attribute: str) -> str:
        return self.attributes.get(attribute, "")

    @property
    def text(self) -> str:
        """All text inside, runs of white space as one space."""
        return " ".join("".join(self._parts()).split())

    def _parts(self) -> Iterator[str]:
        for child in self.content:
            if isinstance(child, str):
                yield child
            else:
                yield from child._parts()
                yield "" if child.tag in INLINE else " "

    def walk(self) -> Iterator[Element]:
        """Yield the element and all below it, in the order of the document."""
        ahead = [self]
        while ahead:
            element = ahead.pop()
            yield element
            ahead += [each for each in reversed(element.content) if isinstance(each, Element)]

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Return the elements below of a tag, with these attributes; data_x stands for data-x."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            found
            for found in self.walk()
            if tag in ("", found.tag) and wanted.items() <= found.attributes.items()
        ]

    def having(self, attribute: str) -> list[Element]:
        """Return the elements below that have an attribute."""
        return [found for found in self.walk() if attribute in found.attributes]

    def within(self, tag: str) -> Element | None:
        """Return the nearest element of a tag around this one."""
        around = self.parent
        while around is not None and around.tag != tag:
            around = around.parent
        return around


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.open = Element("document", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.content.append(element)
        if tag not in VOID:
            self.open = element

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>, line {self.getpos()[0]}"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.content.append(data)


def scripts(page: Element) -> list[Element]:
    """Return the scripts that stand in the page itself: all but blocks of data and files."""
    found = [s for s in page.all("script") if s["type"] != "application/ld+json"]
    return [script for script in found if not script["src"] or script.text]


def read(html: str) -> Element:
    """Return the root of a page; raises AssertionError where tags do not nest."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open is reader.root, f"<{reader.open.tag}> is not closed"
    return reader.root
