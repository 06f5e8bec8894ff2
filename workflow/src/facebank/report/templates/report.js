// Comfort on top of pages that say everything without it: filters, and tables that narrow screens can show.
"use strict";

document.documentElement.classList.add("scripted");

// Below this many items nothing is found faster by typing.
const FEW = 6;

// On a narrow screen each row becomes a card (see style.css), so every cell names its column, and says what it is:
// a cell that is laid out as a block is none for a screen reader.
for (const table of document.querySelectorAll("table")) {
  table.setAttribute("role", "table");
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
  for (const part of [table.tHead, ...table.tBodies]) part.setAttribute("role", "rowgroup");
  for (const head of table.tHead.rows[0].cells) head.setAttribute("role", "columnheader");
  for (const row of table.rows) row.setAttribute("role", "row");
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      let column = 0;
      for (const cell of row.cells) {
        cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
        cell.dataset.label = heads[column];
        // One box holds all that stands beside the name; a cell of nothing but blanks is empty.
        const content = document.createElement("div");
        content.append(...cell.childNodes);
        if (content.textContent.trim() || content.querySelector("img")) cell.append(content);
        column += cell.colSpan;
      }
    }
  }
}

// What scrolls sideways must be in reach of the keyboard.
function reachable() {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);
reachable();

// <section data-filter="photos"> holds elements with data-item; parts with data-part hide when they hold none.
let count = 0;
for (const owner of document.querySelectorAll("[data-filter]")) {
  const items = [...owner.querySelectorAll("[data-item]")];
  if (items.length < FEW) continue;
  owner.id ||= `filtered-${++count}`;
  const words = items.map((item) => `${item.dataset.item} ${item.textContent}`.toLowerCase());
  const field = Object.assign(document.createElement("input"), { type: "search" });
  field.setAttribute("aria-controls", owner.id);
  const label = document.createElement("label");
  label.append(`Filter ${owner.dataset.filter} `, field);
  const said = document.createElement("output");
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.append(label, said);
  owner.before(bar);
  const filter = () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, place) => {
      item.hidden = !wanted.every((word) => words[place].includes(word));
      shown += !item.hidden;
    });
    for (const part of owner.querySelectorAll("[data-part]")) {
      part.hidden = wanted.length > 0 && !part.querySelector("[data-item]:not([hidden])");
    }
    said.textContent = wanted.length ? `${shown} of ${items.length}` : "";
  };
  field.addEventListener("input", filter);
  for (const word of (owner.dataset.words || "").split(" ").filter(Boolean)) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: word });
    button.addEventListener("click", () => {
      field.value = field.value === word ? "" : word;
      filter();
    });
    bar.append(button);
  }
}
