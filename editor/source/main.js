// The query page: the editor, and running a query without leaving the page.
//
// All that is shown comes from the server, as it would without scripts: this asks for the same
// page and puts its outcome in place.
import { edit } from "./editor.js";
import { copyable, sortable } from "./outcome.js";

const form = document.getElementById("ask");
const field = document.getElementById("query");
const outcome = document.getElementById("outcome");
const announcement = document.getElementById("announcement");
const button = form.querySelector("button[type=submit]");
const title = document.title;
const LONGEST = 8000; // letters of an address that every browser and server takes

let terms = null;
/** The terms and prefixes of the dataset; nothing where they cannot be had. */
function load() {
  terms ??= fetch(field.dataset.terms)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .catch(() => {
      terms = null;
      return { prefixes: {}, terms: [] };
    });
  return terms;
}

/** What the server finds in a query before it runs; null where it does not say. */
async function read(query) {
  try {
    const answer = await fetch(field.dataset.check, { method: "POST", body: new URLSearchParams({ query }) });
    return answer.ok ? (await answer.json()).problems : null;
  } catch {
    return null;
  }
}

const editor = edit(field, {
  read,
  load,
  list: document.getElementById("advice"),
  run() {
    form.requestSubmit();
    return true;
  },
});
form.querySelector("label").addEventListener("click", (event) => {
  event.preventDefault();
  editor.focus();
});
document.getElementById("keys").hidden = false;
enhance();

let under_way = null;

/** Asks for the page of an address; XMLHttpRequest, since it parses without running anything. */
function ask(address, body) {
  under_way?.abort();
  const request = (under_way = new XMLHttpRequest());
  return new Promise((done, failed) => {
    request.open(body ? "POST" : "GET", address);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.onload = () => (request.response ? done(request.response) : failed());
    request.onerror = failed;
    request.onabort = () => done(null);
    request.send(body);
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!field.value.trim()) {
    announcement.textContent = "Write a query first.";
    editor.focus();
    return;
  }
  const asked = new URLSearchParams(new FormData(form));
  const address = "/sparql?" + asked;
  const short = address.length <= LONGEST;
  button.setAttribute("aria-disabled", "true");
  announcement.textContent = "Running the query.";
  if (short) history.pushState(null, "", address);
  try {
    const page = await ask(short ? address : "/sparql", short ? null : asked);
    if (!page) return;
    show(page);
  } catch {
    announcement.textContent = "The server could not be reached. Try again.";
  }
  button.removeAttribute("aria-disabled");
});

// Back and forward lead to pages of the server: let it show them.
window.addEventListener("popstate", () => window.location.reload());

function show(page) {
  const found = page.getElementById("outcome");
  const fallback = page.querySelector("main p");
  outcome.replaceChildren(...(found || { childNodes: [fallback] }).childNodes);
  document.title = page.title || title;
  for (const link of document.querySelectorAll("#worked a[aria-current]")) {
    if (link.search !== window.location.search) {
      link.removeAttribute("aria-current");
      link.parentElement.classList.remove("active");
    }
  }
  // An alert speaks for itself as it comes in.
  announcement.textContent = outcome.querySelector("#found")?.textContent ?? "";
  enhance();
}

function enhance() {
  sortable(outcome);
  copyable(outcome);
  // What may be misspelt stands below the editor already, with buttons that mend it.
  outcome.querySelector(".hints")?.remove();
  markError();
}

function markError() {
  const error = document.getElementById("query-error");
  if (!error) return editor.mark(null);
  const { line, column } = error.dataset;
  return editor.mark({
    line: Number(line) || null,
    column: Number(column) || null,
    length: null,
    message: error.textContent.trim(),
    instead: [],
    wrong: true,
  });
}
