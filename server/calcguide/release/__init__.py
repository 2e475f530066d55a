"""The release: a dataset as files to take away, how they are described, how they are cited."""

from calcguide.release.catalogue import describe_as_published
from calcguide.release.citation import Citation, Licence, cite, licence_of
from calcguide.release.making import release_of
from calcguide.release.parts import Distribution, File, Part, Release

__all__ = [
    "Citation",
    "Distribution",
    "File",
    "Licence",
    "Part",
    "Release",
    "cite",
    "describe_as_published",
    "licence_of",
    "release_of",
]
