// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// Sorts and filters rows that are there already; without scripts the page shows all of them.
"use strict";
(function () {
  const body = document.querySelector("#fleet > tbody");
  const rows = Array.from(body.rows);
  const heads = Array.from(document.querySelectorAll("#fleet > thead th"));
  const chips = Array.from(document.querySelectorAll(".chip"));
  const input = document.getElementById("filter");
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  function sort(column) {
    const descending = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head) => head.setAttribute("aria-sort", "none"));
    heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sign = descending ? -1 : 1;
    const key = (row) => row.cells[column].dataset.key;
    rows.sort((one, two) => sign * compare(key(one), key(two)) || compare(one.cells[0].dataset.key, two.cells[0].dataset.key));
    body.append(...rows);
  }

  function filter() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.status);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => texts.get(row).includes(word)) && (!pressed.length || pressed.includes(row.dataset.status));
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = shown + " of " + rows.length + " shown";
  }

  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
  chips.forEach((chip) => chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
    filter();
  }));
  input.addEventListener("input", filter);
  const closed = [];
  window.addEventListener("beforeprint", () => document.querySelectorAll("tr:not([hidden]) details:not([open])").forEach((details) => {
    details.open = true;
    closed.push(details);
  }));
  window.addEventListener("afterprint", () => closed.splice(0).forEach((details) => { details.open = false; }));
  filter();
})();
