// Suggests names while one types into the search field of a page, in the browser's own list.
"use strict";
for (const field of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("datalist");
  list.id = "suggested";
  field.after(list);
  field.setAttribute("list", list.id);
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = field.value.trim();
      const answer = typed && (await fetch("/suggest?q=" + encodeURIComponent(typed)));
      const names = answer && answer.ok ? (await answer.json())[1] : [];
      if (typed !== field.value.trim()) return;
      list.replaceChildren(...names.map((name) => new Option(name)));
    }, 120);
  });
}
