// What a script adds to results: columns that sort, text that can be copied.

/** Lets the columns of a table be sorted by buttons in its headings. */
export function sortable(within) {
  const table = within.querySelector("table[data-sortable]");
  const body = table?.tBodies[0];
  if (!body || body.rows.length < 2) return;
  const original = [...body.rows];
  [...table.tHead.rows[0].cells].forEach((heading, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, at, original, body));
    heading.append(button);
  });
}

const STEPS = { "": "ascending", ascending: "descending", descending: "" };

function sort(heading, at, original, body) {
  const step = STEPS[heading.getAttribute("aria-sort") ?? ""];
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  const rows = [...original];
  if (step) {
    heading.setAttribute("aria-sort", step);
    const numeric = heading.classList.contains("number");
    const sign = step === "ascending" ? 1 : -1;
    const keys = new Map(rows.map((row) => [row, row.cells[at].textContent.trim()]));
    rows.sort((a, b) => compare(keys.get(a), keys.get(b), numeric, sign));
  }
  body.append(...rows);
}

/** Empty cells come last, whichever way the others are sorted. */
function compare(a, b, numeric, sign) {
  if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1);
  return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true }));
}

/** Puts a button beside each program that copies it. */
export function copyable(within) {
  for (const code of within.querySelectorAll("pre.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${code.getAttribute("aria-label")}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    });
    code.after(button);
  }
}
