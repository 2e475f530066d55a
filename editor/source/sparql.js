// SPARQL for the editor: what is a keyword, a name, a variable, text, a number, a comment.
//
// The tokens are those of SPARQL 1.1 Query Language, section 19.8, as in query/scan.py.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

export const KEYWORDS = (
  "ADD ALL AS ASC ASK BASE BIND BY CONSTRUCT DEFAULT DESC DESCRIBE DISTINCT EXISTS FILTER FROM " +
  "GRAPH GROUP HAVING IN LIMIT MINUS NAMED NOT OFFSET OPTIONAL ORDER PREFIX REDUCED SELECT " +
  "SEPARATOR SERVICE SILENT UNDEF UNION VALUES WHERE"
).split(" ");
export const FUNCTIONS = (
  "ABS AVG BNODE BOUND CEIL COALESCE CONCAT CONTAINS COUNT DATATYPE DAY ENCODE_FOR_URI FLOOR " +
  "GROUP_CONCAT HOURS IF IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISURI LANG LANGMATCHES LCASE MAX " +
  "MD5 MIN MINUTES MONTH NOW RAND REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SHA1 SHA256 SHA384 " +
  "SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN STRSTARTS STRUUID SUBSTR SUM " +
  "TIMEZONE TZ UCASE URI UUID YEAR"
).split(" ");

const keywords = new Set([...KEYWORDS, "A", "TRUE", "FALSE"]);
const functions = new Set(FUNCTIONS);

const WHOLE = [
  [/^#.*/, "comment"],
  [/^<[^<>"{}|^`\\\s]*>/, "name"],
  [/^[?$][\p{L}\p{N}_]+/u, "variable"],
  [/^[\p{L}\p{N}_.-]*:(?:[\p{L}\p{N}_.:%-]*[\p{L}\p{N}_:%-]|\\.)*/u, "name"],
  [/^@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*/, "string"],
  [/^[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?/, "number"],
];

function text(stream, state) {
  // Long text may go over lines: the state remembers its quotes.
  while (!stream.eol()) {
    if (stream.match(state.quotes)) {
      state.quotes = null;
      return "string";
    }
    if (stream.next() === "\\") stream.next();
  }
  if (state.quotes.length === 1) state.quotes = null;
  return "string";
}

function token(stream, state) {
  if (state.quotes) return text(stream, state);
  if (stream.eatSpace()) return null;
  const quotes = stream.match(/^("""|'''|"|')/);
  if (quotes) {
    state.quotes = quotes[0];
    return text(stream, state);
  }
  for (const [pattern, name] of WHOLE) if (stream.match(pattern)) return name;
  const word = stream.match(/^[A-Za-z_][A-Za-z0-9_]*/);
  if (word) {
    const upper = word[0].toUpperCase();
    return keywords.has(upper) ? "keyword" : functions.has(upper) ? "function" : null;
  }
  stream.next();
  return null;
}

const language = StreamLanguage.define({
  name: "sparql",
  startState: () => ({ quotes: null }),
  copyState: (state) => ({ ...state }),
  token,
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
  tokenTable: {
    name: tags.name,
    variable: tags.variableName,
    function: tags.modifier,
  },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--q-keyword)", fontWeight: "700" },
  { tag: tags.modifier, color: "var(--q-keyword)" },
  { tag: tags.string, color: "var(--q-string)" },
  { tag: tags.name, color: "var(--q-name)" },
  { tag: tags.variableName, color: "var(--q-variable)" },
  { tag: tags.number, color: "var(--q-number)" },
  { tag: tags.comment, color: "var(--q-comment)" },
]);

export const sparql = [language, syntaxHighlighting(colours)];
