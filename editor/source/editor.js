// The editor in place of the text field: CodeMirror 6 in an open shadow root.
//
// The content security policy allows no inline styles. In a shadow root CodeMirror uses
// adoptedStyleSheets, which it allows.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import { advice, diagnostic } from "./advice.js";
import { completionSource } from "./completion.js";
import { sparql } from "./sparql.js";

const look = EditorView.theme({
  "&": { color: "var(--ink)", fontFamily: "var(--mono)", fontSize: ".9rem", borderRadius: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.55", maxHeight: "70vh", overflow: "auto", borderRadius: "inherit" },
  ".cm-content, .cm-gutter": { minHeight: "17rem" },
  ".cm-content": { caretColor: "var(--ink)", padding: ".75rem 0" },
  ".cm-line": { padding: "0 .75rem 0 .5rem" },
  ".cm-gutters": { background: "var(--sunken)", color: "var(--muted)", border: "0", borderInlineEnd: "1px solid var(--hairline)" },
  ".cm-activeLine": { background: "var(--q-active)" },
  ".cm-activeLineGutter": { background: "transparent" },
  "&.cm-focused .cm-cursor": { borderInlineStartColor: "var(--ink)", borderInlineStartWidth: "2px" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--q-selection)" },
  "&.cm-focused .cm-matchingBracket": { background: "none", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { background: "none", outline: "1px dashed var(--very-low)" },
  ".cm-wrong": { background: "var(--q-wrong)", boxShadow: "inset 3px 0 var(--very-low)" },
  ".cm-lintRange": { backgroundImage: "none", paddingBottom: "0", textDecorationLine: "underline", textDecorationStyle: "wavy", textDecorationThickness: "1.5px", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
  ".cm-lintRange-error": { textDecorationColor: "var(--very-low)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--low)" },
  ".cm-lintPoint::after": { borderBottomColor: "var(--very-low)" },
  ".cm-tooltip": { background: "var(--card)", color: "var(--ink)", border: "1px solid var(--control)", borderRadius: ".5rem", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16rem", maxWidth: "min(32rem, 80vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".35rem .6rem", lineHeight: "1.4", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontFamily: "var(--sans)", fontStyle: "normal", marginInlineStart: ".75rem" },
});

// Over a selection, Chromium puts what is typed into an element with an inline style, which the
// policy refuses, with an error in the console: so it is put into the document straight away.
const typingOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (empty || event.inputType !== "insertText" || !event.data || view.composing) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type" });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handles) => handles(view, from, to, event.data, insert))) view.dispatch(insert());
    return true;
  },
});

/** The editor with the text of a field; it keeps the field's text the same as its own. */
export function edit(field, { read, load, list, run }) {
  const host = document.createElement("div");
  host.className = "editor";
  const root = host.attachShadow({ mode: "open" });
  const described = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: field.value.trimEnd(),
      extensions: [
        // Tab and Shift+Tab are bound to nothing: they leave the editor.
        Prec.highest(keymap.of([{ key: "Mod-Enter", run, preventDefault: true }])),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        highlightActiveLine(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of("  "),
        EditorView.lineWrapping,
        tooltips({ position: "absolute" }),
        autocompletion({ override: [completionSource(load)], icons: false, maxRenderedOptions: 50 }),
        sparql,
        advice(read, load, list),
        typingOverSelection,
        look,
        EditorView.contentAttributes.of({ "aria-label": "SPARQL query", spellcheck: "false", tabindex: "0" }),
        described.of([]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) field.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  field.after(host);
  field.hidden = true;

  /** Marks the place of an error that running the query met; null takes the mark away. */
  async function mark(problem) {
    host.classList.toggle("wrong", Boolean(problem));
    view.dispatch({
      effects: described.reconfigure(
        problem ? EditorView.contentAttributes.of({ "aria-invalid": "true", "aria-description": problem.message }) : [],
      ),
    });
    if (!problem?.line) return;
    const known = await load();
    const found = diagnostic(view.state.doc, problem, known.prefixes);
    view.dispatch(setDiagnostics(view.state, [found]));
    view.dispatch({ selection: { anchor: found.from }, scrollIntoView: true });
  }

  return {
    focus: () => view.focus(),
    mark,
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  };
}
