// Completion: terms by name, label and synonym, variables of the query, keywords.
import { pickedCompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { FUNCTIONS, KEYWORDS } from "./sparql.js";
import { declaration } from "./names.js";

const MOST = 50;
const PHRASE = /(?:[\p{L}\p{N}'-]+ ){0,4}[\p{L}\p{N}_:'-]+$/u;

/** What the completions are made of: `load` fetches terms and prefixes once. */
export function completionSource(load) {
  return async (context) => {
    const inside = syntaxTree(context.state).resolveInner(context.pos, -1).name;
    if (inside === "comment" || inside === "string") return null;
    const variable = context.matchBefore(/[?$][\p{L}\p{N}_]*/u);
    if (variable) return variables(context, variable);
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const phrase = PHRASE.exec(before)?.[0] || "";
    if (!context.explicit && phrase.length < 2) return null;
    const known = await load();
    if (context.aborted) return null;
    return terms(context, phrase, known);
  };
}

function variables(context, found) {
  const text = context.state.doc.toString();
  const names = new Set(text.match(/[?$][\p{L}\p{N}_]+/gu) || []);
  names.delete(found.text);
  return { from: found.from, options: [...names].sort().map((label) => ({ label, type: "variable" })) };
}

/** The longest end of the phrase that begins a name, label or synonym decides what is offered. */
function terms(context, phrase, known) {
  const words = phrase.split(" ");
  for (let first = 0; first < words.length; first++) {
    const typed = words.slice(first).join(" ");
    if (typed.length < 2 && !context.explicit) break;
    const options = ranked(typed.toLowerCase(), known, first === words.length - 1);
    if (options.length) return { from: context.pos - typed.length, options, filter: false };
  }
  return null;
}

function ranked(typed, known, single) {
  const found = [];
  for (const term of known.terms) {
    const [rank, matched] = rankOf(term, typed);
    if (rank < 9) found.push([rank, matched || term.label, option(term, matched, known.prefixes)]);
  }
  if (single && typed) {
    for (const word of [...KEYWORDS, ...FUNCTIONS]) {
      if (word.toLowerCase().startsWith(typed)) found.push([0, word, { label: word, type: "keyword" }]);
    }
  }
  found.sort((a, b) => a[0] - b[0] || a[1].length - b[1].length || (a[1] < b[1] ? -1 : 1));
  return found.slice(0, MOST).map((entry) => entry[2]);
}

/** How well what is typed fits a term, 9 for not at all, and the further name that fits. */
function rankOf(term, typed) {
  const name = term.name.toLowerCase();
  if (name.startsWith(typed)) return [1, ""];
  if (name.slice(name.indexOf(":") + 1).startsWith(typed)) return [2, ""];
  const label = term.label.toLowerCase();
  if (label.startsWith(typed)) return [3, ""];
  const synonym = term.synonyms.find((other) => other.toLowerCase().startsWith(typed));
  if (synonym) return [4, synonym];
  const inside = [term.label, ...term.synonyms].find((other) => other.toLowerCase().includes(" " + typed));
  return inside ? [5, inside === term.label ? "" : inside] : [9, ""];
}

function option(term, matched, prefixes) {
  return {
    label: term.name,
    detail: matched ? `${matched} (${term.label})` : term.label,
    type: "term",
    apply(view, completion, from, to) {
      const line = declaration(view.state.doc.toString(), term.name, prefixes);
      const changes = [{ from, to, insert: term.name }];
      if (line) changes.push(line);
      const shift = line && line.from <= from ? line.insert.length : 0;
      view.dispatch({
        changes,
        selection: { anchor: from + shift + term.name.length },
        annotations: pickedCompletion.of(completion),
        userEvent: "input.complete",
        scrollIntoView: true,
      });
    },
  };
}
