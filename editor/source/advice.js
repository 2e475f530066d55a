// Advice before a query runs: the server reads it, the editor marks the places and lists them.
import { forEachDiagnostic, linter } from "@codemirror/lint";
import { Decoration, EditorView } from "@codemirror/view";
import { declaration } from "./names.js";

const DELAY = 700;

/** The offset of a place that counts code points from 1, as the server does. */
function offset(doc, line, column) {
  if (!line || line > doc.lines) return doc.length;
  const found = doc.line(line);
  const before = [...found.text].slice(0, (column || 1) - 1).join("");
  return Math.min(found.from + before.length, found.to);
}

/** The end of the word that begins at a place. */
function wordEnd(doc, from) {
  const line = doc.lineAt(from);
  const word = /^(?:[?$]?[\p{L}\p{N}_:.<>/#-]*[\p{L}\p{N}_:<>/#-]|\S)/u.exec(line.text.slice(from - line.from));
  return word ? from + word[0].length : Math.min(from + 1, line.to);
}

/** A problem as the server tells it, as a mark of the editor. */
export function diagnostic(doc, problem, prefixes) {
  const from = offset(doc, problem.line, problem.column);
  const to = problem.length ? Math.min(from + problem.length, doc.length) : wordEnd(doc, from);
  const marked = doc.sliceString(from, to);
  const actions = problem.instead.map((other) => ({
    name: `Write ${other}`,
    apply(view, start, end) {
      const line = declaration(view.state.doc.toString(), other, prefixes);
      view.dispatch({ changes: [{ from: start, to: end, insert: other }, ...(line ? [line] : [])] });
    },
  }));
  const missing = declaration(doc.toString(), marked, prefixes);
  if (problem.wrong && missing) {
    actions.push({
      name: `Add ${missing.insert.trim().split(" <")[0]}`,
      apply(view) {
        view.dispatch({ changes: declaration(view.state.doc.toString(), marked, prefixes) || [] });
      },
    });
  }
  return {
    from,
    to,
    severity: problem.wrong ? "error" : "warning",
    message: problem.message,
    actions,
    problem,
  };
}

/** Marks what the server finds in a query; `read` asks it, and gives null where it cannot say. */
export function advice(read, load, list) {
  const lint = linter(
    async (view) => {
      const doc = view.state.doc;
      if (!doc.toString().trim()) return [];
      const [problems, known] = await Promise.all([read(doc.toString()), load()]);
      return (problems || [])
        .filter((problem) => problem.line)
        .map((problem) => diagnostic(doc, problem, known.prefixes));
    },
    { delay: DELAY, tooltipFilter: () => [] },
  );
  const listing = EditorView.updateListener.of((update) => {
    if (update.docChanged || update.transactions.some((t) => t.effects.length)) show(update.view, list);
  });
  return [lint, listing, EditorView.decorations.of(wrongLines)];
}

/** The lines with an error are tinted. */
function wrongLines(view) {
  const starts = new Set();
  forEachDiagnostic(view.state, (found, from) => {
    if (found.severity === "error") starts.add(view.state.doc.lineAt(Math.min(from, view.state.doc.length)).from);
  });
  return Decoration.set([...starts].sort((a, b) => a - b).map((at) => WRONG.range(at)));
}

const WRONG = Decoration.line({ class: "cm-wrong" });

/** Lists what can be mended below the editor, each with buttons; plain errors wait for the run. */
function show(view, list) {
  const items = [];
  forEachDiagnostic(view.state, (found, from, to) => {
    if (found.actions?.length) items.push([found, from, to]);
  });
  const shown = items.map(([found]) => found.message).join("\n");
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const entries = document.createElement("ul");
  entries.append(...items.map(([found]) => item(view, found)));
  list.replaceChildren(...(items.length ? [entries] : []));
}

function item(view, diagnostic) {
  const entry = document.createElement("li");
  entry.className = diagnostic.severity === "error" ? "wrong" : "";
  const text = document.createElement("span");
  text.textContent = diagnostic.message;
  const buttons = document.createElement("div");
  for (const action of diagnostic.actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.name;
    button.addEventListener("click", () => {
      // The text may have changed since: the mark has moved with it.
      forEachDiagnostic(view.state, (found, from, to) => {
        if (found === diagnostic) setTimeout(() => action.apply(view, from, to));
      });
      view.focus();
    });
    buttons.append(button);
  }
  entry.append(text, buttons);
  return entry;
}
