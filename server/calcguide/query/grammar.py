"""Where a query stops being SPARQL: the first token that does not fit, and what would.

The engine says so too, but often a token late, and lists what its parser tried. The grammar of
SPARQL 1.1 Query Language (section 19.8) can be read with one token of lookahead, so the first
token that fits no rule is the mistake. This reader is asked only about what the engine has
refused already; where it is more lenient than the grammar, it finds nothing and the engine's own
words stand.
"""

import difflib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from calcguide.query.scan import Token, tokens

_GRAMMAR: Final = """
Query: Prologue ( Select | Construct | Describe | Ask ) ( VALUES DataBlock )? END
Prologue: ( BASE iri | PREFIX name iri )*
Select: SelectClause DatasetClause* WhereClause SolutionModifier
SelectClause: SELECT ( DISTINCT | REDUCED )? ( ( var | "(" Expression AS var ")" )+ | "*" )
Construct: CONSTRUCT ( Template DatasetClause* WhereClause SolutionModifier |
  DatasetClause* WHERE Template SolutionModifier )
Template: "{" ConstructTriples? "}"
ConstructTriples: Triples ( "." ConstructTriples? )?
Describe: DESCRIBE ( ( var | Iri )+ | "*" ) DatasetClause* WhereClause? SolutionModifier
Ask: ASK DatasetClause* WhereClause SolutionModifier
DatasetClause: FROM NAMED? Iri
WhereClause: WHERE? Group
SolutionModifier: ( GROUP BY GroupCondition+ )? ( HAVING Constraint+ )?
  ( ORDER BY OrderCondition+ )? ( Limit Offset? | Offset Limit? )?
GroupCondition: BuiltIn | FunctionCall | "(" Expression ( AS var )? ")" | var
OrderCondition: ( ASC | DESC ) "(" Expression ")" | Constraint | var
Limit: LIMIT number
Offset: OFFSET number
Group: "{" ( SubSelect | GroupSub ) "}"
SubSelect: SelectClause WhereClause SolutionModifier ( VALUES DataBlock )?
GroupSub: TriplesBlock? ( NotTriples "."? TriplesBlock? )*
TriplesBlock: Triples ( "." TriplesBlock? )?
NotTriples: Group ( UNION Group )* | OPTIONAL Group | MINUS Group | GRAPH VarOrIri Group |
  SERVICE SILENT? VarOrIri Group | FILTER Constraint | BIND "(" Expression AS var ")" |
  VALUES DataBlock
DataBlock: var "{" DataValue* "}" | "(" var* ")" "{" ( "(" DataValue* ")" )* "}"
DataValue: Iri | Literal | UNDEF
Constraint: "(" Expression ")" | BuiltIn | FunctionCall
FunctionCall: Iri ArgList
ArgList: "(" ( DISTINCT? Expression ( "," Expression )* )? ")"
Triples: Term PropertyList | Node PropertyList?
PropertyList: VerbObjects ( ";" VerbObjects? )*
VerbObjects: Path Objects
Objects: Object ( "," Object )*
Object: Term | Node
Node: "(" Object* ")" | "[" PropertyList? "]"
Path: PathSequence ( "|" PathSequence )*
PathSequence: PathElement ( "/" PathElement )*
PathElement: "^"? PathPrimary ( "?" | "*" | "+" )?
PathPrimary: var | Iri | A | "!" PathNegated | "(" Path ")"
PathNegated: PathOne | "(" ( PathOne ( "|" PathOne )* )? ")"
PathOne: "^"? ( Iri | A )
Term: var | Iri | Literal | blank
VarOrIri: var | Iri
Iri: iri | name
Literal: string ( "@" word ( "-" ( word | number ) )* | "^^" Iri )? | Number | TRUE | FALSE
Number: ( "+" | "-" )? number
Expression: And ( "||" And )*
And: Relation ( "&&" Relation )*
Relation: Sum ( ( "=" | "!" "=" | "<" "="? | ">" "="? ) Sum | NOT? IN List )?
List: "(" ( Expression ( "," Expression )* )? ")"
Sum: Product ( ( "+" | "-" ) Product )*
Product: Unary ( ( "*" | "/" ) Unary )*
Unary: ( "!" | "+" | "-" ) Unary | Primary
Primary: "(" Expression ")" | BuiltIn | Iri ArgList? | Literal | var
BuiltIn: Aggregate | function ArgList | NOT? EXISTS Group
Aggregate: COUNT "(" DISTINCT? ( "*" | Expression ) ")" | GROUP_CONCAT "(" DISTINCT? Expression
  ( ";" SEPARATOR "=" string )? ")" |
  ( SUM | MIN | MAX | AVG | SAMPLE ) "(" DISTINCT? Expression ")"
"""
"""Upper-case words are keywords, lower-case ones kinds of tokens, others names of rules."""

_FUNCTIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        STR LANG LANGMATCHES DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT STRLEN
        UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY
        HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE
        IF STRLANG STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC REGEX SUBSTR REPLACE
        """,
    )
)
_WORDS: Final = {
    "var": "a variable",
    "iri": "an IRI",
    "name": "a prefixed name",
    "string": "a string",
    "number": "a number",
    "function": "a function",
    "blank": "a blank node",
    "A": "a",
    "word": "a language",
    "END": "the end of the query",
}
_LAST_DOTS: Final = re.compile(r"(?<!\\)\.+$")
"""Dots at the end, but for one that is escaped."""
_MOST: Final = 8
"""What would fit is listed up to this length."""

Symbol = tuple[str, Any]
"""A token by its kind, a rule by its name, or what is made of symbols: ("token", "var"),
("rule", "Group"), ("all", symbols), ("any", symbols), ("?", symbol), ("*", symbol)."""


@dataclass(frozen=True)
class Mistake:
    """The first token that does not fit, by its offset; None where the query ends too early."""

    token: Token | None
    expected: tuple[str, ...]
    meant: str | None = None
    """A keyword or function that the token resembles."""

    @property
    def explanation(self) -> str:
        """What is wrong, and what to write instead."""
        if self.token and self.token.text == "<":
            return "the IRI that begins here has no '>', or holds what no IRI may: a space, say."
        if self.token is None:
            what = "the query ends here too early."
        elif self.token.text in ("'", '"'):
            return "the string that begins here has no end. Close it with the same quotation mark."
        else:
            what = f"{self.token.text} does not fit here."
        if self.meant:
            return f"{what} Did you mean {self.meant}?"
        return f"{what} Expected: {', '.join(self.expected)}."


def mistake(query: str) -> Mistake | None:
    """Return the first mistake of a query, None where this reader finds none."""
    found = [*_as_read(query)]
    stack: list[Symbol] = [("rule", "Query")]
    expected: set[str] = set()
    position = 0
    while stack:
        kinds, token = found[position]
        fitting = _step(stack, kinds, expected)
        if fitting is None:
            continue
        if not fitting:
            return _mistake(token, expected)
        position += 1
        expected = set()
    return None


def _step(stack: list[Symbol], kinds: frozenset[str], expected: set[str]) -> bool | None:
    """Take the next symbol off the stack: whether the token fits, None where it decides less."""
    kind, content = symbol = stack.pop()
    first, _ = _first(symbol)
    expected |= first
    if kind == "token":
        return content in kinds
    if kind == "rule":
        stack.append(_rules()[content])
    elif kind == "all":
        stack.extend(reversed(content))
    elif kind == "any":
        chosen = [option for option in content if _first(option)[0] & kinds]
        chosen = chosen or [option for option in content if _first(option)[1]]
        if not chosen:
            return False
        stack.append(chosen[0])
    elif first & kinds:
        stack.extend([symbol, content] if kind == "*" else [content])
    return None


@cache
def _first(symbol: Symbol) -> tuple[frozenset[str], bool]:
    """The kinds of tokens that a symbol can begin with, and whether it can be empty."""
    kind, content = symbol
    if kind == "token":
        return frozenset([content]), False
    if kind == "rule":
        return _first(_rules()[content])
    if kind in "?*":
        return _first(content)[0], True
    kinds: frozenset[str] = frozenset()
    for part in content:  # a rule may stand in its own later parts: go no further than needed
        first, empty = _first(part)
        kinds |= first
        if kind == "all" and not empty:
            return kinds, False
    return kinds, kind == "all" or any(_first(part)[1] for part in content)


def _mistake(token: Token, expected: set[str]) -> Mistake:
    if token.kind == "end":
        return Mistake(None, _in_words(expected))
    keywords = {each for each in expected if each.isupper() and each != "END"}
    if "function" in expected:
        keywords |= _FUNCTIONS
    near = difflib.get_close_matches(token.text.upper(), keywords, 1, 0.75)
    return Mistake(token, _in_words(expected), near[0] if near else None)


def _in_words(expected: set[str]) -> tuple[str, ...]:
    """What would fit: kinds of terms first, then what closes and joins, keywords, operators."""
    kinds = [text for kind, text in _WORDS.items() if kind in expected]
    closing = [f"'{each}'" for each in ")}].;,({[" if each in expected]
    keywords = sorted(each for each in expected if each.isupper() and each not in _WORDS)
    others = sorted(f"'{e}'" for e in expected if not e[0].isalpha() and e not in ")}].;,({[")
    return tuple([*kinds, *closing, *keywords, *others][:_MOST])


def _as_read(query: str) -> Iterator[tuple[frozenset[str], Token]]:
    """Yield each token with what it can stand for; a dot at the end of a name is one by itself."""
    for token in tokens(query):
        for part in _split(token):
            yield _kinds(part), part
    yield frozenset(["END"]), Token("end", "", len(query))


def _split(token: Token) -> Iterator[Token]:
    named = token.kind in ("name", "number")
    text = _LAST_DOTS.sub("", token.text) if named else token.text
    if text:
        yield Token(token.kind, text, token.start)
    for offset in range(len(text), len(token.text)):
        yield Token("sign", ".", token.start + offset)


def _kinds(token: Token) -> frozenset[str]:
    if token.kind == "word":
        word = token.text.upper()
        return frozenset(["word", word, *(["function"] if word in _FUNCTIONS else [])])
    if token.kind == "name":
        return frozenset(["blank" if token.text.startswith("_:") else "name"])
    names = {"variable": "var", "sign": token.text}
    return frozenset([names.get(token.kind, token.kind)])


@cache
def _rules() -> dict[str, Symbol]:
    """The rules of the grammar by name."""
    rules = {}
    for rule in re.split(r"\n(?=\S)", _GRAMMAR.strip()):
        name, _, body = rule.partition(":")
        rules[name] = _alternatives(deque(re.findall(r'"[^"]+"|\w+|\S', body)))
    return rules


def _alternatives(parts: deque[str]) -> Symbol:
    """Read alternatives, up to a closing bracket or the end."""
    options: list[list[Symbol]] = [[]]
    while parts:
        part = parts.popleft()
        if part == ")":
            break
        if part == "|":
            options.append([])
        elif part in ("?", "*"):
            options[-1][-1] = (part, options[-1][-1])
        elif part == "+":
            options[-1].append(("*", options[-1][-1]))
        else:
            options[-1].append(_alternatives(parts) if part == "(" else _symbol(part))
    sequences: list[Symbol] = [("all", tuple(option)) for option in options]
    return sequences[0] if len(sequences) == 1 else ("any", tuple(sequences))


def _symbol(part: str) -> Symbol:
    if part.startswith('"'):
        return "token", part.strip('"')
    return ("token" if part.isupper() or part.islower() else "rule"), part
