// Forms and links marked data-live change the part of the page with the same id without a reload.
// The server makes every answer: this script only fetches it sooner and keeps the focus.
"use strict";
(() => {
  const told = document.createElement("p");
  told.className = "vh";
  told.setAttribute("role", "status");
  document.body.append(told);
  const main = document.getElementById("main");
  let asked = null;

  function show(url) {
    if (asked) asked.abort();
    asked = new XMLHttpRequest();
    asked.open("GET", url);
    asked.responseType = "document";
    asked.setRequestHeader("Accept", "text/html");
    asked.onerror = () => location.assign(url);
    asked.onload = () => {
      const fresh = asked.status === 200 && asked.response;
      if (!fresh) return location.assign(url);
      history.replaceState(null, "", url);
      const held = document.activeElement;
      for (const id of ["figure", "answers", "compared"]) {
        const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
        if (old && next) old.replaceWith(document.adoptNode(next));
      }
      document.title = fresh.title;
      const heading = document.querySelector("[data-told]");
      told.textContent = heading ? heading.textContent : "";
      if (held.isConnected) return;
      const again = (held.id && document.getElementById(held.id)) || heading;
      if (again === heading) heading.tabIndex = -1;
      again.focus();
    };
    asked.send();
  }

  function ask(form) {
    const given = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) given.set(name, value);
    const query = given.toString();
    show(form.getAttribute("action") + (query ? "?" + query : ""));
  }

  for (const form of document.querySelectorAll("form[data-live]")) {
    form.classList.add("live");
    form.addEventListener("change", () => ask(form));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
  main.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-live]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const chosen = new URL(link.href).searchParams;
    for (const form of document.querySelectorAll("form[data-live]"))
      for (const field of form.elements) {
        const value = chosen.get(field.name) || "";
        if (field.type === "radio") field.checked = field.value === value;
        else if (field.name) field.value = value;
      }
    show(link.getAttribute("href"));
  });
})();
