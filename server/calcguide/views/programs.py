"""A query as a program: the same question asked by curl, Python and R, with nothing to install."""

import json
import shlex
from typing import Final
from urllib.parse import urlencode

from calcguide.formats import CSV, Format

_PYTHON: Final = """\
import csv, io
from urllib.parse import urlencode
from urllib.request import Request, urlopen

asked = {asked}
request = Request(
    {endpoint},
    data=urlencode(asked).encode(),
    headers={{"Accept": {media_type}}},
)
with urlopen(request) as answer:
    text = answer.read().decode()
{reading}
"""
_ROWS: Final = "for row in csv.DictReader(io.StringIO(text)):\n    print(row)"

_R: Final = """\
query <- {query}
address <- paste0({endpoint}, {rest}, URLencode(query, reserved = TRUE))
{reading}
"""


def programs(
    endpoint: str, parameters: list[tuple[str, str]], format: Format
) -> list[tuple[str, str]]:
    """Return (language, program) for a query with its graphs, answered in one format.

    curl and Python send it by POST, which knows no limit of length; R asks by address.
    """
    return [
        ("curl", _curl(endpoint, parameters, format)),
        ("Python", _python(endpoint, parameters, format)),
        ("R", _r(endpoint, parameters, format)),
    ]


def _curl(endpoint: str, parameters: list[tuple[str, str]], format: Format) -> str:
    fields = [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in parameters]
    accept = shlex.quote(f"Accept: {format.media_type}")
    return " \\\n  ".join([f"curl {shlex.quote(endpoint)}", f"--header {accept}", *fields]) + "\n"


def _python(endpoint: str, parameters: list[tuple[str, str]], format: Format) -> str:
    rows = "".join(f"    ({name!r}, {_python_text(value)}),\n" for name, value in parameters)
    reading = _ROWS if format is CSV else "print(text)"
    program = _PYTHON.format(
        asked=f"[\n{rows}]",
        endpoint=repr(endpoint),
        media_type=json.dumps(format.media_type),
        reading=reading,
    )
    return program if format is CSV else program.removeprefix("import csv, io\n")


def _python_text(value: str) -> str:
    """A string literal on as many lines as the text has, where it can be."""
    plain = not set(value) & set("\\\r\0") and '"""' not in value and not value.endswith('"')
    return f'"""{value}"""' if plain and "\n" in value else repr(value)


def _r(endpoint: str, parameters: list[tuple[str, str]], format: Format) -> str:
    (_, query), *graphs = parameters
    rest = "?" + urlencode([*graphs, ("format", format.name), ("query", "")])
    return _R.format(
        query=_r_text(query),
        endpoint=json.dumps(endpoint),
        rest=json.dumps(rest),
        reading="print(read.csv(address))"
        if format is CSV
        else 'cat(readLines(address), sep = "\\n")',
    )


def _r_text(value: str) -> str:
    """A raw string of R 4.0, with as many dashes as the text demands."""
    dashes = ""
    while f'){dashes}"' in value:
        dashes += "-"
    return f'r"{dashes}({value}){dashes}"'
