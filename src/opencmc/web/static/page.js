// Sortable tables and the print button. Everything else on the pages works without a script.
"use strict";

function cellValue(row, index) {
  const cell = row.cells[index];
  const exact = cell.dataset.value;
  if (exact !== undefined) return { number: Number(exact) };
  const text = cell.textContent.trim();
  return cell.classList.contains("right") ? { number: null } : { text };
}

function compare(a, b, sign) {
  if (a.text !== undefined) return sign * a.text.localeCompare(b.text, "zh-Hans");
  // What has no value stays at the end in either direction.
  if (a.number === null || b.number === null) return (a.number === null) - (b.number === null);
  return sign * (a.number - b.number);
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [cellValue(row, index), row]);
      rows.sort((x, y) => compare(x[0], y[0], down ? -1 : 1));
      table.tBodies[0].append(...rows.map((pair) => pair[1]));
    });
  });
}

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
