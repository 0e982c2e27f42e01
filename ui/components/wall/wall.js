// A wall of thumbnails that only draws what is in sight. It shows items (rows of the data's columns) at places
// (positions on the wall): an order says which item lies where, so that sorting moves elements instead of drawing them
// again. Names and labels are set with textContent only: they come from users' files.

const READABLE = 120;
const GAP = 10, BAND = 32, OVERSCAN = 2, SMALLEST = 72, LARGEST = 320, SETTLE = 60;

class Wall {
  constructor(parent) {
    this.root = make("div", "gallery", parent);
    this.bar = make("div", "bar", this.root);
    this.count = make("div", "count", this.bar);
    this.count.setAttribute("aria-live", "polite");
    this.tools = make("div", "tools", this.bar);
    const size = make("label", "size", this.bar);
    make("span", "", size).textContent = "Size";
    this.slider = make("input", "", size);
    Object.assign(this.slider, { type: "range", min: SMALLEST, max: LARGEST, step: 4 });
    this.slider.setAttribute("aria-label", "Size of the thumbnails");
    this.view = make("div", "view", this.root);
    this.view.tabIndex = 0;
    this.view.setAttribute("role", "listbox");
    this.view.setAttribute("aria-multiselectable", "true");
    this.canvas = make("div", "canvas", this.view);
    this.canvas.setAttribute("role", "presentation");
    this.cells = new Map(); // by item
    this.spare = [];
    this.picked = new Set(); // of items
    this.active = -1; // places
    this.anchor = -1;
    this.open = -1; // an item
    this.identity = null;
    this.instantly = false;
    this.uid = Math.random().toString(36).slice(2, 8);

    this.slider.addEventListener("input", () => this.resize(Number(this.slider.value)));
    this.view.addEventListener("scroll", () => this.request(), { passive: true });
    this.view.addEventListener("keydown", (event) => this.key(event));
    this.view.addEventListener("click", (event) => this.click(event));
    this.view.addEventListener("focus", () => { if (this.active < 0 && this.total) { this.active = 0; this.request(); } });
    this.observer = new ResizeObserver(() => { if (this.data) { this.layout(); this.request(); } });
    this.observer.observe(this.view);
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.reporting);
    clearTimeout(this.settling);
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  show(data) {
    this.data = data;
    this.total = data.index.length;
    this.order = data.order ?? null;
    this.ranks = null;
    this.everything = null;
    this.side ??= remembered() ?? data.size;
    this.slider.value = this.side;
    this.bar.hidden = !data.controls;
    this.view.setAttribute("aria-label", data.title);
    if (data.identity !== this.identity) {
      this.identity = data.identity;
      this.view.scrollTop = 0;
      this.active = this.open = this.anchor = -1;
      this.picked.clear();
      for (const item of [...this.cells.keys()]) this.retire(item);
    }
    this.actions(data.actions ?? []);
    for (const item of [...this.cells.keys()]) this.fill(item);
    this.layout();
    this.summarise();
    this.request();
  }

  // Another order of the same items: those that stay in sight glide to their new places.
  sort(order, bands) {
    this.order = order;
    this.data.bands = bands;
    this.ranks = null;
    this.everything = null;
    this.layout();
    for (const item of this.cells.keys()) this.words(item);
    this.request();
  }

  item(place) { return this.order ? this.order[place] : place; }

  placeOf(item) {
    if (!this.order) return item;
    if (!this.ranks) {
      this.ranks = new Int32Array(this.total).fill(-1);
      for (let place = 0; place < this.order.length; place++) this.ranks[this.order[place]] = place;
    }
    return this.ranks[item];
  }

  // The text below an item. The sorting wall overrides these two.
  left(item) { return this.data.left?.[item] ?? ""; }
  right(item) { return this.data.right?.[item] ?? ""; }

  actions(wanted) {
    const known = JSON.stringify(wanted);
    if (known === this.known) return;
    this.known = known;
    this.tools.replaceChildren();
    for (const action of wanted) {
      button(this.tools, action.label, () => this.act(action.name), action.key ? `Key: ${action.key}` : "");
    }
    if (wanted.length) {
      const clear = () => { this.picked.clear(); this.tell(); this.request(); this.view.focus(); };
      button(this.tools, "Clear selection", clear, "Key: Esc", "quiet");
    }
  }

  act(name) {
    if (!this.picked.size) return;
    const items = [...this.picked].sort((a, b) => a - b);
    if (this.data.actions.find((one) => one.name === name)?.lets_go) { this.picked.clear(); this.tell(); this.request(); }
    this.component.setTriggerValue("acted", { name, items });
  }

  resize(side) {
    const keep = this.firstVisible();
    this.side = side;
    try { localStorage.setItem("vds-gallery-size", String(side)); } catch { /* private windows have no storage */ }
    this.layout();
    if (keep >= 0 && !this.natural) this.view.scrollTop = this.place(keep).top - GAP;
    this.request();
  }

  // The layout: bands one below the other, each a grid of equal cells.
  layout() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    // As many columns as asked for, unless the pictures would become too narrow to see.
    const fixed = this.data.columns && Math.max(1, Math.min(this.data.columns, Math.floor((width + GAP) / (READABLE + GAP))));
    this.columns = fixed || Math.max(1, Math.floor((width + GAP) / (this.side + GAP)));
    this.cell = fixed ? Math.min((width - (fixed - 1) * GAP) / fixed, LARGEST) : (width - (this.columns - 1) * GAP) / this.columns;
    const type = (parseFloat(getComputedStyle(this.root).getPropertyValue("--vds-small")) || 13) / 13;
    this.text = Math.round(type * ((this.badged() ? 21 : 0) + (this.data.label ? 17 : 0)));
    this.row = Math.round(this.cell / this.data.aspect) + this.text + GAP;
    this.root.style.setProperty("--aspect", this.data.aspect);
    let top = 0;
    this.bands = this.data.bands.map((band) => {
      const rows = Math.ceil(band.count / this.columns);
      const shown = band.rows ? Math.min(rows, band.rows) : rows;
      const head = band.title ? BAND : 0;
      const last = Math.min(band.count, shown * this.columns);
      const start = band.start + (band.centred ? Math.floor((band.count - last) / 2) : 0);
      const laid = { ...band, top, head, start, last };
      top += head + shown * this.row + (band.title ? 6 : 0);
      return laid;
    });
    this.natural = !this.data.height;
    this.canvas.style.height = `${Math.max(top - GAP, 0)}px`;
    this.view.style.height = this.natural ? "auto" : `${Math.min(this.data.height, top + 6)}px`;
    this.view.classList.toggle("whole", this.natural);
    this.headings();
    this.stale = true;
  }

  badged() { return Boolean(this.data.left || this.data.right); }

  headings() {
    const said = JSON.stringify(this.bands.map((band) => [band.title, band.note, band.top])) + this.total;
    if (said === this.said) return;
    this.said = said;
    for (const old of this.canvas.querySelectorAll(".band")) old.remove();
    for (const band of this.bands) {
      if (!band.title) continue;
      const head = make("div", "band", this.canvas);
      head.style.top = `${band.top}px`;
      head.setAttribute("role", "presentation");
      make("b", "", head).textContent = band.title;
      make("span", "", head).textContent = band.note ?? "";
    }
    if (this.total === 0) {
      const note = make("div", "band", this.canvas);
      note.style.position = "static";
      make("span", "", note).textContent = this.data.empty;
      this.canvas.style.height = "40px";
      this.view.style.height = "auto";
    }
  }

  bandOf(place) {
    return this.bands.find((band) => place >= band.start && place < band.start + band.last);
  }

  place(place) {
    const band = this.bandOf(place);
    if (!band) return null;
    const at = place - band.start;
    return {
      top: band.top + band.head + Math.floor(at / this.columns) * this.row,
      left: (at % this.columns) * (this.cell + GAP),
    };
  }

  firstVisible() {
    let first = -1;
    for (const item of this.cells.keys()) {
      const place = this.placeOf(item), { top } = this.place(place) ?? { top: -1 };
      if (top + this.row > this.view.scrollTop && (first < 0 || place < first)) first = place;
    }
    return first;
  }

  request() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (!this.row) return;
    const from = this.natural ? 0 : this.view.scrollTop, to = this.natural ? Infinity : from + this.view.clientHeight;
    const wanted = new Map(); // item: place
    for (const band of this.bands) {
      const start = band.top + band.head;
      const firstRow = Math.max(0, Math.floor((from - start) / this.row) - OVERSCAN);
      const lastRow = Math.min(Math.ceil(band.last / this.columns), Math.ceil((to - start) / this.row) + OVERSCAN);
      for (let at = firstRow * this.columns; at < Math.min(lastRow * this.columns, band.last); at++) {
        wanted.set(this.item(band.start + at), band.start + at);
      }
    }
    for (const item of [...this.cells.keys()]) if (!wanted.has(item)) this.retire(item);
    for (const [item, place] of wanted) {
      let cell = this.cells.get(item);
      if (!cell) {
        cell = this.spare.pop() ?? this.newCell();
        this.cells.set(item, cell);
        this.canvas.appendChild(cell.box);
        this.fill(item);
        this.position(cell, place, true);
      } else if (this.stale) this.position(cell, place, false);
      this.mark(cell, item, place);
    }
    this.stale = false;
    const active = this.active >= 0 ? this.cells.get(this.item(this.active)) : null;
    if (active) this.view.setAttribute("aria-activedescendant", active.box.id);
    else this.view.removeAttribute("aria-activedescendant");
    // Thumbnails are requested once scrolling stops, so that scrolling past 5,000 images requests none of them.
    clearTimeout(this.settling);
    if (this.instantly || !this.loadedOnce) this.load();
    else this.settling = setTimeout(() => this.load(), SETTLE);
    this.loadedOnce = true;
    this.drawn?.();
  }

  newCell() {
    const box = make("div", "cell");
    box.setAttribute("role", "option");
    const frame = make("div", "frame", box);
    const image = make("img", "", frame);
    image.alt = "";
    image.decoding = "async";
    image.draggable = false;
    image.addEventListener("load", () => image.classList.add("in"));
    image.addEventListener("error", () => { if (image.getAttribute("src")) frame.classList.add("broken"); });
    make("div", "missing", frame).textContent = "not readable";
    make("div", "tick", frame);
    const badge = make("div", "badge", box);
    return {
      box, frame, image, badge, left: make("span", "left", badge), right: make("span", "right", badge), label: make("div", "label", box),
    };
  }

  fill(item) {
    const cell = this.cells.get(item), { data } = this;
    if (item >= this.total) return this.retire(item);
    const url = this.url("thumb", item);
    if (cell.url !== url) {
      cell.url = url;
      cell.loaded = false;
      cell.image.classList.remove("in");
      cell.image.removeAttribute("src");
      cell.frame.classList.remove("broken");
    }
    const badged = this.badged();
    cell.badge.hidden = !badged;
    cell.badge.style.display = badged ? "" : "none";
    this.words(item);
    cell.label.style.display = data.label ? "" : "none";
    cell.label.textContent = data.label?.[item] ?? "";
    cell.image.alt = data.name?.[item] ?? "";
    cell.box.title = data.name?.[item] ?? "";
    cell.box.id = `cell-${this.uid}-${item}`;
    cell.box.dataset.item = item;
  }

  words(item) {
    const cell = this.cells.get(item);
    cell.left.textContent = this.left(item);
    cell.right.textContent = this.right(item);
  }

  position(cell, place, fresh) {
    const at = this.place(place);
    if (!at) return;
    cell.box.style.width = `${this.cell}px`;
    cell.box.classList.toggle("fresh", fresh);
    cell.box.style.transform = `translate(${at.left}px, ${at.top}px)`;
  }

  mark(cell, item, place) {
    const picked = this.picked.has(item);
    cell.box.classList.toggle("active", place === this.active);
    cell.box.classList.toggle("open", item === this.open);
    cell.box.classList.toggle("picked", picked);
    cell.box.setAttribute("aria-selected", picked ? "true" : "false");
  }

  load() {
    for (const cell of this.cells.values()) {
      if (cell.loaded) continue;
      cell.loaded = true;
      cell.image.src = cell.url;
    }
  }

  retire(item) {
    const cell = this.cells.get(item);
    this.cells.delete(item);
    cell.box.remove();
    cell.image.removeAttribute("src"); // an unfinished download stops here
    cell.image.classList.remove("in");
    cell.url = null;
    if (this.spare.length < 200) this.spare.push(cell);
  }

  url(kind, item) {
    const { data } = this;
    const dataset = Array.isArray(data.dataset) ? data.dataset[item] : data.dataset;
    return pictured(data.base, dataset, data.index[item], data.version?.[item], kind);
  }

  click(event) {
    const box = event.target.closest(".cell");
    if (!box) return;
    const place = this.placeOf(Number(box.dataset.item));
    this.active = place;
    if (this.data.selectable && event.shiftKey) this.range(place);
    else if (this.data.selectable && (event.ctrlKey || event.metaKey || event.target.classList.contains("tick"))) this.toggle(place);
    else { this.anchor = place; this.report(place); }
    this.request();
  }

  key(event) {
    if (!this.total || event.altKey) return;
    const page = Math.max(1, Math.floor(this.view.clientHeight / this.row)) * this.columns;
    const steps = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, PageDown: page, PageUp: -page,
      Home: -Infinity, End: Infinity,
    };
    const command = event.ctrlKey || event.metaKey;
    const action = command ? null : this.data.actions?.find((one) => one.key === event.key);
    if (event.key in steps) this.move(steps[event.key], event.shiftKey);
    else if (event.key === "Enter") { if (this.active >= 0) this.report(this.active); }
    else if (event.key === " " && this.data.selectable) { if (this.active >= 0) this.toggle(this.active); }
    else if (event.key === "Escape") { if (!this.picked.size) return; this.picked.clear(); this.tell(); }
    else if (event.key.toLowerCase() === "a" && command && this.data.selectable) {
      for (const place of this.shown()) this.picked.add(this.item(place));
      this.tell();
    } else if (action && this.picked.size) this.act(action.name);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.request();
  }

  move(step, extend) {
    const shown = this.shown();
    const at = Math.max(0, shown.indexOf(this.active));
    const next = shown[Math.max(0, Math.min(shown.length - 1, this.active < 0 ? 0 : at + step))];
    if (extend && this.data.selectable) { if (this.anchor < 0) this.anchor = this.active; this.range(next); }
    this.active = next;
    const { top } = this.place(next);
    if (!this.natural) {
      if (top < this.view.scrollTop) this.view.scrollTop = top - GAP;
      else if (top + this.row > this.view.scrollTop + this.view.clientHeight) this.view.scrollTop = top + this.row - this.view.clientHeight;
    } else this.cells.get(this.item(next))?.box.scrollIntoView({ block: "nearest" });
  }

  shown() {
    if (this.bands.length === 1 && this.bands[0].last === this.total) return this.everything ??= allTo(this.total);
    return this.bands.flatMap((band) => Array.from({ length: band.last }, (_, at) => band.start + at));
  }

  toggle(place) {
    const item = this.item(place);
    if (!this.picked.delete(item)) this.picked.add(item);
    this.anchor = place;
    this.tell();
  }

  range(place) {
    const from = this.anchor < 0 ? place : this.anchor;
    if (this.anchor < 0) this.anchor = place;
    const low = Math.min(from, place), high = Math.max(from, place);
    for (const at of this.shown()) if (at >= low && at <= high) this.picked.add(this.item(at));
    this.tell();
  }

  summarise() {
    const images = `${this.total.toLocaleString("en")} ${this.total === 1 ? "image" : "images"}`;
    this.count.textContent = this.picked.size ? `${this.picked.size.toLocaleString("en")} of ${images} selected` : this.data.note ?? images;
    this.root.classList.toggle("choosing", this.picked.size > 0);
    this.root.classList.toggle("selectable", Boolean(this.data.selectable));
  }

  // The selection is reported after a pause: every report makes the page run again. Where actions stand above the
  // wall, nothing is reported until one of them is used.
  tell() {
    this.summarise();
    if (this.data.actions?.length) return;
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.tellNow(), 250);
  }

  tellNow() {
    clearTimeout(this.reporting);
    this.reporting = null;
    this.component.setStateValue("selected", [...this.picked].sort((a, b) => a - b));
  }

  report(place) {
    this.open = this.item(place);
    this.request();
    // A later report would interrupt the run that opens the image.
    if (this.reporting) this.tellNow();
    this.component.setTriggerValue("opened", this.open);
  }
}

function allTo(total) {
  const places = Array.from({ length: total }, (_, place) => place);
  places.indexOf = (value) => value;
  return places;
}

function remembered() {
  try {
    const side = Number(localStorage.getItem("vds-gallery-size"));
    return side >= SMALLEST && side <= LARGEST ? side : null;
  } catch { return null; }
}

// Long columns come over a route of their own, once: the page's own messages stay small.
const fetched = new Map();

function column(url, read) {
  if (!fetched.has(url)) {
    if (fetched.size > 24) fetched.delete(fetched.keys().next().value);
    fetched.set(url, fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      return read(answer);
    }).catch((error) => { fetched.delete(url); throw error; }));
  }
  return fetched.get(url);
}
