// Marks a passage in the reader's own copy of the guide. The copy stays in the browser.
"use strict";

const place = document.getElementById("own-copy");
const { start, end, sha256, length } = place.dataset;
const input = place.querySelector("input");
const verdict = place.querySelector("[role=status]");
const region = place.querySelector(".copy");
const LARGEST = 5_000_000;

place.querySelector(".field").hidden = false;
input.addEventListener("change", open);

async function open() {
  region.hidden = true;
  region.replaceChildren();
  const file = input.files[0];
  if (!file) return;
  if (file.size > LARGEST) return say("This file is too large for a copy of the guide.");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch {
    return say("This is not a text file in UTF-8. Save your copy as plain text, in UTF-8.");
  }
  if (!window.crypto || !crypto.subtle) {
    return say("Your browser checks fingerprints only on a page that it got over https, so nothing is shown.");
  }
  for (const [version, how] of versions(text)) {
    const points = Array.from(version);
    const passage = points.slice(+start, +end).join("");
    if (points.length >= +end && (await fingerprint(passage)) === sha256) {
      show(points.slice(0, +start).join(""), passage, points.slice(+end).join(""));
      return say(`Found, and its fingerprint is the right one${how}.`);
    }
  }
  const count = Array.from(text).length;
  const size = length && count !== +length ? ` It has ${count} characters; the guide that was coded has ${length}.` : "";
  say(`Your copy is another version, or another text: what stands at this place has another fingerprint.${size} So nothing is marked in it.`);
}

// Positions count code points of the text as it was coded: with plain line feeds, and no byte order mark.
function versions(text) {
  const plain = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  return plain === text ? [[text, ""]] : [[text, ""], [plain, ", once its line ends are made plain"]];
}

async function fingerprint(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, "0")).join("");
}

function show(before, passage, after) {
  const mark = document.createElement("mark");
  mark.textContent = passage;
  region.append(before, mark, after);
  region.hidden = false;
  region.scrollTop = mark.offsetTop - region.clientHeight / 3;
}

function say(words) {
  verdict.textContent = words;
}
