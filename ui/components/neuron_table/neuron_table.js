// A table of thousands of neurons that draws only the rows in sight: searched, sorted and walked through without asking
// the server, which is only told which neuron was opened and which ones are marked.

const ROW = 34, OVERSCAN = 6;

export default mounted((parent) => new Table(parent));

class Table {
  constructor(parent) {
    this.uid = Math.random().toString(36).slice(2, 8);
    this.root = make("div", "neurons", parent);
    this.bar = make("div", "bar", this.root);
    this.search = make("input", "search", this.bar);
    Object.assign(this.search, { type: "search", placeholder: "Search: layer, number, early, late…" });
    this.search.setAttribute("aria-label", "Search neurons");
    this.search.dataset.slash = "";
    this.count = make("div", "count", this.bar);
    this.count.setAttribute("aria-live", "polite");
    this.grid = make("div", "grid", this.root);
    this.grid.setAttribute("role", "group");
    this.head = make("div", "head", this.grid);
    this.head.setAttribute("role", "row");
    this.view = make("div", "view", this.grid);
    this.view.tabIndex = 0;
    // The grid itself must have the focus, or screen readers do not read its active row; the head is part of the grid.
    this.view.setAttribute("role", "treegrid");
    this.view.setAttribute("aria-multiselectable", "true");
    this.head.id = `head-${Math.random().toString(36).slice(2, 8)}`;
    this.view.setAttribute("aria-owns", this.head.id);
    this.canvas = make("div", "canvas", this.view);
    this.canvas.setAttribute("role", "presentation");
    this.rows = new Map();
    this.marked = new Set();
    this.unfolded = new Set(); // channels whose copies are shown, by their first neuron
    this.active = 0;
    this.query = "";
    this.ordered = new Set(); // every search and order that was told: what the server says of them comes late
    this.search.addEventListener("input", () => { this.query = this.search.value; this.arrange(); this.view.scrollTop = 0; this.active = 0; this.draw(); this.order_told(); });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); event.stopPropagation(); this.view.focus(); if (event.key === "Enter") this.open(this.active); }
      else if (event.key === "Escape" && this.search.value) { this.search.value = this.query = ""; this.arrange(); this.draw(); this.order_told(); event.stopPropagation(); }
    });
    this.view.addEventListener("scroll", () => this.request(), { passive: true });
    this.view.addEventListener("keydown", (event) => this.key(event));
    this.view.addEventListener("click", (event) => this.click(event));
    this.view.addEventListener("focus", () => this.request());
    this.observer = new ResizeObserver(() => this.request());
    this.observer.observe(this.view);
  }

  close() { this.observer.disconnect(); clearTimeout(this.telling); clearTimeout(this.ordering); cancelAnimationFrame(this.frame); this.root.remove(); }

  show(data) {
    this.data = data;
    this.view.setAttribute("aria-label", data.title);
    this.bar.hidden = !data.controls;
    this.view.style.height = `${data.height}px`;
    this.take(data.find, data.by);
    this.root.style.setProperty("--columns", `minmax(9.5em, 1fr) minmax(2.2em, clamp(2.2em, 18cqw, 8.6em)) ${data.columns.map(() => "minmax(3.8em, clamp(3.8em, 11cqw, 5em))").join(" ")}`);
    if (this.source !== data.source) {
      this.source = data.source;
      this.fetch();
    } else this.settle();
  }

  async fetch() {
    if (await arrived(this, [`${this.data.base}/columns/${this.source}`], (buffer) => this.read(buffer))) this.settle();
  }

  // A link brings a search and an order, "emd" or "emd-up"; "" is as it is at first.
  take(find, by) {
    const asked = JSON.stringify([find, by]);
    if (!this.data.controls || asked === this.took || this.ordered.has(asked)) return;
    this.took = asked;
    this.search.value = this.query = find;
    this.by = by.replace(/-up$/, "");
    this.up = by.endsWith("-up");
  }

  // Told once the hand rests, for the address: every report makes the page run again.
  order_told() {
    clearTimeout(this.ordering);
    this.telling = () => {
      this.telling = null;
      const first = this.by === (this.data.columns.find((column) => column.first)?.key ?? "neuron") && this.up === (this.by === "neuron");
      const now = { find: this.query, by: first ? "" : `${this.by}${this.up ? "-up" : ""}` };
      this.ordered.add(JSON.stringify([now.find, now.by]));
      this.component.setStateValue("arranged", now);
    };
    this.ordering = setTimeout(() => this.telling?.(), 500);
  }

  // flat (n) uint32 | same (n) uint32, the first copy of each one's channel | columns (k, n) float32 | sparks (series, n, bins) uint8
  read(buffer) {
    const { count: n, bins, series, columns } = this.data;
    this.flat = new Uint32Array(buffer, 0, n);
    this.same = new Uint32Array(buffer, 4 * n, n);
    this.values = columns.map((_, k) => new Float32Array(buffer, 4 * n * (k + 2), n));
    this.sparks = series.map((_, s) => new Uint8Array(buffer, 4 * n * (columns.length + 2) + s * n * bins, n * bins));
    this.n = n;
    if (!this.data.controls) { this.by = ""; this.up = true; } // as given
    else if (!columns.some((column) => column.key === this.by)) { this.by = columns.find((column) => column.first)?.key ?? "neuron"; this.up = this.by === "neuron"; }
    const known = new Set(this.flat);
    for (const one of this.marked) if (!known.has(one)) this.marked.delete(one);
    for (const row of this.rows.values()) row.box.remove();
    this.rows.clear();
    this.arranged = null;
  }

  settle() {
    if (!this.flat) return;
    this.heading();
    const key = `${this.source} ${this.by} ${this.up} ${this.query}`;
    if (this.arranged !== key) this.arrange();
    if (this.chosen !== this.data.chosen) {
      this.chosen = this.data.chosen;
      let place = this.order.findIndex((at) => this.flat[at] === this.chosen);
      const hidden = place < 0 ? this.flat.indexOf(this.chosen) : -1;
      if (hidden >= 0 && (this.copies.get(this.same[hidden])?.length ?? 0) > 1) { // one of a channel's copies, behind another
        this.unfolded.add(this.same[hidden]);
        this.arrange();
        place = this.order.indexOf(hidden);
      }
      if (place >= 0) { this.active = place; this.reveal(place); }
    }
    for (const row of this.rows.values()) row.filled = -1;
    this.draw();
  }

  heading() {
    const { columns, series } = this.data;
    this.head.replaceChildren();
    const named = [{ key: "neuron", label: "Neuron" }, { key: "", label: series.map((one) => one.name).join(", ") }, ...columns];
    for (const column of named) {
      const cell = make("div", column.key && column.key !== "neuron" ? "number" : "", this.head);
      cell.setAttribute("role", "columnheader");
      if (!column.key) { cell.textContent = "Activations"; cell.title = column.label; continue; }
      const button = make("button", "", cell, column.label);
      button.title = column.help ?? "Sort";
      const here = this.by === column.key;
      cell.setAttribute("aria-sort", here ? (this.up ? "ascending" : "descending") : "none");
      if (here) make("span", "arrow", button, this.up ? " \u2191" : " \u2193").setAttribute("aria-hidden", "true");
      button.disabled = !this.data.controls;
      button.addEventListener("click", () => {
        if (this.by === column.key) this.up = !this.up;
        else { this.by = column.key; this.up = column.key === "neuron"; }
        this.arrange();
        this.view.scrollTop = 0;
        this.active = 0;
        this.heading();
        this.draw();
        this.order_told();
        this.head.querySelectorAll("button")[named.filter((one) => one.key).indexOf(column)]?.focus();
      });
    }
  }

  // "layer 2.0 47", "layer2_0:47", "late", "47" and, where neurons name things, "hat" all find neurons.
  arrange() {
    if (!this.flat) return; // somebody types before the neurons are here
    const { layers } = this.data;
    const words = this.query.toLowerCase().replace(/[:·,]/g, " ").split(/\s+/).filter(Boolean);
    const fits = layers.map((layer) => {
      const text = `${layer.name} ${layer.said} ${layer.depth}`.toLowerCase();
      return words.map((word) => text.includes(word));
    });
    const order = [];
    for (let at = 0; at < this.n; at++) {
      const [l, index] = this.locate(this.flat[at]);
      const thing = layers[l].things[index] ?? "";
      const own = (word) => (/^\d+$/.test(word) && index === Number(word)) || thing.includes(word);
      if (words.every((word, w) => fits[l][w] || own(word))) order.push(at);
    }
    const k = this.data.columns.findIndex((column) => column.key === this.by);
    if (k >= 0) {
      const values = this.values[k], sign = this.up ? 1 : -1, size = this.data.columns[k].size;
      const rank = (at) => (size ? Math.abs(values[at]) : values[at]);
      order.sort((a, b) => sign * (rank(a) - rank(b)) || this.flat[a] - this.flat[b]);
    } else if (!this.up) order.reverse();
    this.matched = order.length;
    this.root.classList.toggle("folds", this.flat.some((flat, at) => flat !== this.same[at]));
    this.order = this.folded(order);
    this.arranged = `${this.source} ${this.by} ${this.up} ${this.query}`;
    this.active = Math.min(this.active, Math.max(this.order.length - 1, 0));
    this.canvas.style.height = `${this.order.length * ROW}px`;
    this.view.setAttribute("aria-rowcount", this.order.length + 1);
    for (const row of this.rows.values()) row.box.remove();
    this.rows.clear();
    this.summarise();
  }

  // The copies of a channel share a row, at the place of the first of them; unfolded, the others follow it.
  folded(order) {
    this.copies = new Map();
    for (const at of order) {
      const same = this.same[at];
      if (this.copies.has(same)) this.copies.get(same).push(at); else this.copies.set(same, [at]);
    }
    return [...this.copies].flatMap(([same, all]) => (this.unfolded.has(same) ? all : all.slice(0, 1)));
  }

  fold(place, open) {
    const at = this.order[place], same = this.same[at], all = this.copies.get(same);
    if (all.length < 2) return;
    if (open ?? !this.unfolded.has(same)) this.unfolded.add(same); else this.unfolded.delete(same);
    this.arrange();
    this.active = this.order.indexOf(all[0]);
    this.reveal(this.active);
    this.request();
  }

  // "block 3.0-3.2" for the copies of one channel.
  through(all) {
    const { layers } = this.data, flats = all.map((at) => this.flat[at]);
    const [first, last] = [Math.min(...flats), Math.max(...flats)].map((flat) => layers[this.locate(flat)[0]].said);
    return `${first}-${last.slice(last.lastIndexOf(" ") + 1)}`;
  }

  summarise() {
    const all = this.n?.toLocaleString("en") ?? "", shown = this.matched.toLocaleString("en");
    const found = this.query ? `${shown} of ${all} neurons` : `${all} neurons`;
    this.count.textContent = this.marked.size ? `${this.marked.size} marked, ${found}` : found;
  }

  locate(flat) {
    const { layers } = this.data;
    let low = 0, high = layers.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (layers[middle].start <= flat) low = middle; else high = middle - 1; }
    return [low, flat - layers[low].start];
  }

  request() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.draw()); }

  draw() {
    if (!this.order) return;
    const top = this.view.scrollTop, seen = this.view.clientHeight || this.data.height;
    const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN), last = Math.min(this.order.length, Math.ceil((top + seen) / ROW) + OVERSCAN);
    for (const [place, row] of this.rows) if (place < first || place >= last) { row.box.remove(); this.rows.delete(place); }
    for (let place = first; place < last; place++) {
      let row = this.rows.get(place);
      if (!row) { row = this.newRow(place); this.rows.set(place, row); }
      if (row.filled !== this.order[place]) this.fill(row, place);
      row.box.classList.toggle("active", place === this.active);
      const flat = this.flat[this.order[place]];
      row.box.classList.toggle("chosen", flat === this.data.chosen);
      row.box.classList.toggle("marked", this.marked.has(flat));
      row.box.setAttribute("aria-selected", this.marked.has(flat) || flat === this.data.chosen ? "true" : "false");
    }
    const active = this.rows.get(this.active);
    if (active) this.view.setAttribute("aria-activedescendant", active.box.id); else this.view.removeAttribute("aria-activedescendant");
  }

  newRow(place) {
    const box = make("div", "row", this.canvas);
    box.setAttribute("role", "row");
    box.id = `row-${this.uid}-${place}`;
    box.dataset.place = place;
    box.style.transform = `translateY(${place * ROW}px)`;
    const name = make("div", "name", box);
    name.setAttribute("role", "gridcell");
    const fold = make("span", "fold", name);
    fold.setAttribute("aria-hidden", "true"); // the arrow keys do the same, and the row says whether it is open
    const said = make("span", "said", name);
    const index = make("span", "index", name);
    const depth = make("span", "depth", name);
    const cell = make("div", "", box);
    cell.setAttribute("role", "gridcell");
    const spark = make("canvas", "spark", cell);
    const numbers = this.data.columns.map(() => { const one = make("div", "number", box); one.setAttribute("role", "gridcell"); return one; });
    return { box, fold, said, index, depth, spark, numbers, filled: -1 };
  }

  fill(row, place) {
    const at = this.order[place], [l, index] = this.locate(this.flat[at]), layer = this.data.layers[l];
    const all = this.copies.get(this.same[at]), open = this.unfolded.has(this.same[at]), one = all.length > 1 && at === all[0];
    row.filled = at;
    row.fold.textContent = one ? (open ? "\u25be" : "\u25b8") : "";
    row.fold.title = one ? `${all.length} neurons: one channel that successive blocks pass on` : "";
    row.box.classList.toggle("part", all.length > 1 && !one);
    if (one) row.box.setAttribute("aria-expanded", open); else row.box.removeAttribute("aria-expanded");
    row.said.textContent = one && !open ? this.through(all) : layer.said;
    row.index.textContent = `\u00b7 ${index}`;
    row.depth.textContent = layer.things[index] ?? layer.depth;
    row.depth.classList.toggle("thing", index in layer.things);
    row.box.title = `${row.said.textContent} \u00b7 ${index}, ${row.depth.textContent}`;
    row.box.setAttribute("aria-rowindex", place + 2);
    row.numbers.forEach((cell, k) => { cell.textContent = said(this.values[k][at], this.data.columns[k]); });
    this.paint(row.spark, at);
  }

  paint(canvas, at) {
    const { bins, series } = this.data, width = 124, height = 26, ratio = window.devicePixelRatio || 1;
    canvas.width = width * ratio; canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const step = width / bins;
    series.forEach((one, s) => {
      const values = this.sparks[s].subarray(at * bins, (at + 1) * bins);
      pen.beginPath();
      pen.moveTo(0, height);
      for (let b = 0; b < bins; b++) { const y = height - 1 - values[b] / 255 * (height - 3); pen.lineTo(b * step, y); pen.lineTo((b + 1) * step, y); }
      pen.lineTo(width, height);
      pen.globalAlpha = 0.28; pen.fillStyle = one.colour; pen.fill();
      pen.globalAlpha = 1; pen.strokeStyle = one.colour; pen.lineWidth = 1.25; pen.stroke();
    });
  }

  click(event) {
    const box = event.target.closest(".row");
    if (!box) return;
    this.active = Number(box.dataset.place);
    if (event.target.closest(".fold")?.textContent) { this.fold(this.active); return; }
    if (this.data.markable && (event.ctrlKey || event.metaKey)) this.mark(this.active);
    else if (this.data.markable && event.shiftKey) this.range(this.active);
    else this.open(this.active);
    this.request();
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.order?.length) return;
    const page = Math.max(1, Math.floor(this.view.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      const from = this.active;
      this.active = Math.max(0, Math.min(this.order.length - 1, this.active + steps[event.key]));
      if (event.shiftKey && this.data.markable) { if (this.anchor === undefined) this.anchor = from; this.range(this.active); }
      this.reveal(this.active);
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.fold(this.active, event.key === "ArrowRight");
    else if (event.key === "Enter") this.open(this.active);
    else if (event.key === " " && this.data.markable) this.mark(this.active);
    else if (event.key === "Escape" && this.marked.size) { this.marked.clear(); this.tell(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.request();
  }

  reveal(place) {
    const top = place * ROW, height = this.view.clientHeight || this.data.height;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    else if (top + ROW > this.view.scrollTop + height) this.view.scrollTop = top + ROW - height;
  }

  mark(place) {
    const flat = this.flat[this.order[place]];
    if (!this.marked.delete(flat)) this.marked.add(flat);
    this.anchor = place;
    this.tell();
  }

  range(place) {
    this.anchor ??= place;
    for (let at = Math.min(this.anchor, place); at <= Math.max(this.anchor, place); at++) this.marked.add(this.flat[this.order[at]]);
    this.tell();
  }

  // Every report makes the page run again, so marks are reported after a pause.
  tell() {
    this.summarise();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.component.setStateValue("marked", [...this.marked]), 350);
  }

  open(place) {
    const at = this.order[place];
    if (at === undefined) return;
    this.active = place;
    clearTimeout(this.ordering);
    this.telling?.(); // before: a report that came after would stop the run that opens it
    this.component.setTriggerValue("opened", this.flat[at]);
  }
}

function said(value, column) {
  if (!Number.isFinite(value)) return "";
  if (column.form === "times") return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")}x`;
  if (column.form === "signed") return `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
  const size = Math.abs(value);
  return size === 0 ? "0" : size >= 100 ? Math.round(value).toLocaleString("en") : size >= 10 ? value.toFixed(1) : size >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}
