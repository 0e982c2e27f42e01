// A wall of thumbnails that only ever draws what is in sight. Streamlit calls the default export again whenever
// the data changes, with the same parent element: the state kept per element is what makes nothing jump.
// Names and labels are set with textContent only: they come from users' files.

const GAP = 10, BAND = 32, OVERSCAN = 2, SMALLEST = 72, LARGEST = 320, SETTLE = 60;
const walls = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let wall = walls.get(parentElement);
  if (!wall) {
    wall = new Wall(parentElement);
    walls.set(parentElement, wall);
  }
  wall.component = component;
  wall.show(data);
  return () => { wall.close(); walls.delete(parentElement); };
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (parent) parent.appendChild(element);
  return element;
}

class Wall {
  constructor(parent) {
    this.root = make("div", "gallery", parent);
    this.bar = make("div", "bar", this.root);
    this.count = make("div", "count", this.bar);
    this.count.setAttribute("aria-live", "polite");
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
    this.cells = new Map();
    this.spare = [];
    this.picked = new Set();
    this.active = -1;
    this.open = -1;
    this.anchor = -1;
    this.identity = null;
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
      for (const place of [...this.cells.keys()]) this.retire(place);
    }
    this.open = data.opened ?? this.open;
    for (const place of this.cells.keys()) this.fill(place);
    this.layout();
    this.summarise();
    this.request();
  }

  resize(side) {
    const keep = this.firstVisible();
    this.side = side;
    try { localStorage.setItem("vds-gallery-size", String(side)); } catch { /* private windows have no storage */ }
    this.layout();
    if (keep >= 0 && !this.natural) this.view.scrollTop = this.place(keep).top - GAP;
    this.request();
  }

  // Where everything goes: bands one below the other, each a grid of equal cells.
  layout() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const fixed = this.data.columns;
    this.columns = fixed || Math.max(1, Math.floor((width + GAP) / (this.side + GAP)));
    this.cell = fixed ? Math.min((width - (fixed - 1) * GAP) / fixed, LARGEST) : (width - (this.columns - 1) * GAP) / this.columns;
    this.text = (this.data.left || this.data.right ? 21 : 0) + (this.data.label ? 17 : 0);
    this.row = Math.round(this.cell / this.data.aspect) + this.text + GAP;
    this.root.style.setProperty("--aspect", this.data.aspect);
    let top = 0;
    this.bands = this.data.bands.map((band) => {
      const rows = Math.ceil(band.count / this.columns);
      const shown = band.rows ? Math.min(rows, band.rows) : rows;
      const head = band.title ? BAND : 0;
      const laid = { ...band, top, head, last: Math.min(band.count, shown * this.columns) };
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

  headings() {
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
    for (const place of this.cells.keys()) {
      const { top } = this.place(place) ?? { top: -1 };
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
    const wanted = new Set();
    for (const band of this.bands) {
      const start = band.top + band.head;
      const firstRow = Math.max(0, Math.floor((from - start) / this.row) - OVERSCAN);
      const lastRow = Math.min(Math.ceil(band.last / this.columns), Math.ceil((to - start) / this.row) + OVERSCAN);
      for (let at = firstRow * this.columns; at < Math.min(lastRow * this.columns, band.last); at++) wanted.add(band.start + at);
    }
    for (const place of [...this.cells.keys()]) if (!wanted.has(place)) this.retire(place);
    for (const place of wanted) {
      let cell = this.cells.get(place);
      if (!cell) {
        cell = this.spare.pop() ?? this.newCell();
        this.cells.set(place, cell);
        this.canvas.appendChild(cell.box);
        this.fill(place);
        this.position(cell, place);
      } else if (this.stale) this.position(cell, place);
      this.mark(cell, place);
    }
    this.stale = false;
    const active = this.cells.get(this.active);
    if (active) this.view.setAttribute("aria-activedescendant", active.box.id);
    else this.view.removeAttribute("aria-activedescendant");
    // Thumbnails are asked for once the wall stands still, so that a fling past 5,000 images asks for none of them.
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.load(), this.loadedOnce ? SETTLE : 0);
    this.loadedOnce = true;
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

  fill(place) {
    const cell = this.cells.get(place), { data } = this;
    if (place >= this.total) return this.retire(place);
    const url = this.url("thumb", place);
    if (cell.url !== url) {
      cell.url = url;
      cell.loaded = false;
      cell.image.classList.remove("in");
      cell.image.removeAttribute("src");
      cell.frame.classList.remove("broken");
    }
    cell.badge.hidden = !data.left && !data.right;
    cell.badge.style.display = cell.badge.hidden ? "none" : "";
    cell.left.textContent = data.left?.[place] ?? "";
    cell.right.textContent = data.right?.[place] ?? "";
    cell.label.style.display = data.label ? "" : "none";
    cell.label.textContent = data.label?.[place] ?? "";
    cell.image.alt = data.name?.[place] ?? "";
    cell.box.title = data.name?.[place] ?? "";
    cell.box.id = `cell-${this.uid}-${place}`;
    cell.box.dataset.place = place;
  }

  position(cell, place) {
    const at = this.place(place);
    if (!at) return;
    cell.box.style.width = `${this.cell}px`;
    cell.box.style.transform = `translate(${at.left}px, ${at.top}px)`;
  }

  mark(cell, place) {
    const picked = this.picked.has(place);
    cell.box.classList.toggle("active", place === this.active);
    cell.box.classList.toggle("open", place === this.open);
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

  retire(place) {
    const cell = this.cells.get(place);
    this.cells.delete(place);
    cell.box.remove();
    cell.image.removeAttribute("src"); // an unfinished download stops here
    cell.image.classList.remove("in");
    cell.url = null;
    if (this.spare.length < 200) this.spare.push(cell);
  }

  url(kind, place) {
    const { data } = this;
    const dataset = Array.isArray(data.dataset) ? data.dataset[place] : data.dataset;
    const version = data.version?.[place];
    return `${data.base}/${kind}/${dataset}/${data.index[place]}${version ? `?v=${version}` : ""}`;
  }

  click(event) {
    const box = event.target.closest(".cell");
    if (!box) return;
    const place = Number(box.dataset.place);
    this.active = place;
    if (this.data.selectable && event.shiftKey) this.range(place);
    else if (this.data.selectable && (event.ctrlKey || event.metaKey)) this.toggle(place);
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
    if (event.key in steps) this.move(steps[event.key], event.shiftKey);
    else if (event.key === "Enter") { if (this.active >= 0) this.report(this.active); }
    else if (event.key === " " && this.data.selectable) { if (this.active >= 0) this.toggle(this.active); }
    else if (event.key === "Escape") { if (!this.picked.size) return; this.picked.clear(); this.tell(); }
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && this.data.selectable) {
      for (let place = 0; place < this.total; place++) this.picked.add(place);
      this.tell();
    } else return;
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
    } else this.cells.get(next)?.box.scrollIntoView({ block: "nearest" });
  }

  shown() {
    if (this.bands.length === 1 && this.bands[0].last === this.total) return this.everything ??= allTo(this.total);
    return this.bands.flatMap((band) => Array.from({ length: band.last }, (_, at) => band.start + at));
  }

  toggle(place) {
    if (!this.picked.delete(place)) this.picked.add(place);
    this.anchor = place;
    this.tell();
  }

  range(place) {
    const from = this.anchor < 0 ? place : this.anchor;
    if (this.anchor < 0) this.anchor = place;
    for (let at = Math.min(from, place); at <= Math.max(from, place); at++) this.picked.add(at);
    this.tell();
  }

  summarise() {
    const images = `${this.total.toLocaleString("en")} ${this.total === 1 ? "image" : "images"}`;
    this.count.textContent = this.picked.size ? `${this.picked.size.toLocaleString("en")} of ${images} selected` : this.data.note ?? images;
  }

  // Selecting is reported once the hand rests: every report makes the page run again.
  tell() {
    this.summarise();
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.tellNow(), 250);
  }

  tellNow() {
    clearTimeout(this.reporting);
    this.reporting = null;
    this.component.setStateValue("selected", [...this.picked].sort((a, b) => a - b));
  }

  report(place) {
    this.open = place;
    this.request();
    // A report that came later would cut short the run that opens the image.
    if (this.reporting) this.tellNow();
    this.component.setTriggerValue("opened", place);
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
