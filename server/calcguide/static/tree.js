// Makes a tree of nested lists of links: one tab stop, arrow keys, branches that open and close.
// The pattern: https://www.w3.org/WAI/ARIA/apg/patterns/treeview/examples/treeview-navigation/
"use strict";
for (const tree of document.querySelectorAll("[data-tree]")) {
  const items = [...tree.querySelectorAll("li > a")];
  const below = (item) => item.parentElement.querySelector(":scope > ul");
  const above = (item) => {
    const found = item.parentElement.parentElement.closest("li");
    return found && tree.contains(found) ? found.querySelector(":scope > a") : null;
  };
  const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
  const shown = () => items.filter((item) => item.offsetParent);

  function open(item, wanted) {
    const list = below(item);
    if (!list) return;
    list.hidden = !wanted;
    item.setAttribute("aria-expanded", String(wanted));
    if (!wanted && list.contains(items.find((found) => found.tabIndex === 0))) stop(item);
  }
  function stop(item) {
    for (const other of items) other.tabIndex = other === item ? 0 : -1;
  }
  function go(item) {
    if (!item) return;
    stop(item);
    item.focus();
  }
  function typed(item, letter) {
    const all = shown();
    const at = all.indexOf(item) + 1;
    const begins = (found) => found.textContent.trim().toLowerCase().startsWith(letter);
    go([...all.slice(at), ...all.slice(0, at)].find(begins));
  }

  const keys = {
    ArrowDown: (item) => go(shown()[shown().indexOf(item) + 1]),
    ArrowUp: (item) => go(shown()[shown().indexOf(item) - 1]),
    ArrowRight: (item) => (!below(item) || isOpen(item) ? below(item) && go(below(item).querySelector("a")) : open(item, true)),
    ArrowLeft: (item) => (below(item) && isOpen(item) ? open(item, false) : go(above(item))),
    Home: () => go(shown()[0]),
    End: () => go(shown().at(-1)),
  };

  tree.setAttribute("role", "tree");
  items.forEach((item, number) => {
    item.parentElement.setAttribute("role", "none");
    item.setAttribute("role", "treeitem");
    const list = below(item);
    if (!list) return;
    list.setAttribute("role", "group");
    list.id = `branch-${number}`;
    item.setAttribute("aria-owns", list.id);
    const twist = document.createElement("span");
    twist.className = "twist";
    twist.setAttribute("aria-hidden", "true");
    twist.addEventListener("click", () => open(item, !isOpen(item)));
    item.before(twist);
    open(item, false);
  });
  stop(items[0]);
  open(items[0], true);
  tree.classList.add("live");
  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (keys[event.key]) keys[event.key](item);
    else if (/^[\p{L}\p{N}]$/u.test(event.key)) typed(item, event.key.toLowerCase());
    else return;
    event.preventDefault();
  });
  tree.addEventListener("focusin", (event) => items.includes(event.target) && stop(event.target));
}
