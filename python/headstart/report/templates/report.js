"use strict";
// Sorting: each heading of a table becomes a button; the first press sorts numbers
// from the greatest and text from A. What is missing stays last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  table.querySelectorAll("thead th").forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numbers = head.classList.contains("number");
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : !numbers;
      table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => {
        const cell = row.cells[place];
        return [row, numbers ? cell.dataset.v : cell.textContent.trim()];
      });
      keyed.sort(([, a], [, b]) => {
        if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1);
        const order = numbers ? a - b : a.localeCompare(b, undefined, { numeric: true });
        return up ? order : -order;
      });
      body.append(...keyed.map(([row]) => row));
    });
  });
}

// Hints: a mark of a plot tells its value when it is pointed at or touched.
const hint = document.getElementById("hint");
document.addEventListener("pointerover", (event) => {
  const mark = event.target.closest(".plot [role=graphics-symbol][aria-label]");
  if (!mark || mark.closest("[aria-hidden]")) {
    hint.hidden = true;
    return;
  }
  hint.textContent = mark.getAttribute("aria-label");
  hint.hidden = false;
  const left = Math.min(event.clientX + 14, innerWidth - hint.offsetWidth - 8);
  const below = event.clientY + 18;
  const fits = below + hint.offsetHeight < innerHeight;
  hint.style.left = `${Math.max(8, left)}px`;
  hint.style.top = `${fits ? below : event.clientY - hint.offsetHeight - 10}px`;
});

// The table of contents marks the section in view.
const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
const parts = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
let current = null;
const markSection = () => {
  const past = parts.filter((part) => part.getBoundingClientRect().top < innerHeight / 3);
  const here = links.get((past.pop() ?? parts[0]).id);
  if (here === current) return;
  current?.classList.remove("here");
  current?.removeAttribute("aria-current");
  here.classList.add("here");
  here.setAttribute("aria-current", "location");
  current = here;
};
addEventListener("scroll", markSection, { passive: true });
markSection();

// The slider of the threshold shows the scores at its value and marks it in the plot.
const trade = document.getElementById("trade");
if (trade) {
  const read = (name) => JSON.parse(trade.dataset[name]);
  const at = read("threshold");
  const shown = { precision: read("precision"), recall: read("recall"), f1: read("f1"), share: read("share") };
  const slider = document.getElementById("threshold");
  const frame = trade.querySelector("svg .role-frame.root > g");
  const box = frame.querySelector("path.background").getBBox();
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("y2", box.height);
  line.setAttribute("stroke", "var(--ink)");
  line.setAttribute("stroke-width", "1.5");
  line.setAttribute("pointer-events", "none");
  frame.append(line);
  const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
  const move = () => {
    const place = Number(slider.value);
    document.getElementById("at").textContent = at[place].toPrecision(3);
    for (const [name, values] of Object.entries(shown)) {
      document.getElementById(`at-${name}`).textContent = values[place] === null ? "-" : percent.format(values[place]);
    }
    line.setAttribute("x1", at[place] * box.width);
    line.setAttribute("x2", at[place] * box.width);
  };
  const best = Number(trade.dataset.best);
  slider.value = at.reduce((near, t, i) => (Math.abs(t - best) < Math.abs(at[near] - best) ? i : near), 0);
  slider.addEventListener("input", move);
  trade.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  trade.querySelector("form").hidden = false;
  move();
}
