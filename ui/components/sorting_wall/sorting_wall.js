// Sorting while a slider moves: the slider sets how many neurons count, and the images are sorted anew. The matrix
// of distances, one row per position of the slider, comes once; then the server is not asked until the slider
// is released. `wall.js` is put in front of this file.

const PREFETCHED = 480, AT_ONCE = 4;

export default mounted((parent) => new Live(parent));

class LiveWall extends Wall {
  badged() { return true; }
  left(item) { return (this.placeOf(item) + 1).toLocaleString("en"); }
  right(item) { return this.values ? signed(this.values[item]) : ""; }
}

class Live {
  constructor(parent) {
    this.root = make("div", "live", parent);
    const line = make("div", "dial", this.root);
    const label = make("label", "", line);
    this.caption = make("span", "", label);
    this.number = make("output", "number", label);
    this.range = make("input", "", line);
    Object.assign(this.range, { type: "range", min: 0, step: 1 });
    this.note = make("span", "note", line);
    this.note.setAttribute("aria-live", "polite");
    this.wall = new LiveWall(this.root);
    this.wall.root.classList.add("gliding");
    this.wall.instantly = true;
    this.range.addEventListener("input", () => this.turn());
    this.range.addEventListener("change", () => this.letGo());
    this.range.addEventListener("keydown", (event) => event.stopPropagation());
  }

  close() {
    this.closed = true;
    clearTimeout(this.reporting);
    this.wall.close();
    this.root.remove();
  }

  show(data) {
    this.data = data;
    this.wall.component = this.component;
    this.caption.textContent = data.caption;
    this.range.setAttribute("aria-label", data.caption);
    this.range.max = data.steps.length - 1;
    const key = data.matrix_at + data.columns_at;
    this.asked = key;
    Promise.all([
      column(data.matrix_at, (answer) => answer.arrayBuffer()), column(data.columns_at, (answer) => answer.json()),
    ]).then(([buffer, columns]) => {
      if (this.asked !== key || this.closed) return;
      const fresh = this.shown !== key;
      this.shown = key;
      this.matrix = new Float32Array(buffer);
      this.images = columns.index.length;
      // The released position comes back from the server; a slider that has moved on since is not pulled back.
      if (fresh || data.top !== this.reported) this.range.value = Math.max(0, data.steps.indexOf(data.top));
      this.reported = data.top;
      const count = Math.min(data.band, Math.floor(this.images / 2) || this.images);
      this.wall.values = this.row(Number(this.range.value));
      const order = ranked(this.wall.values);
      this.wall.show({ ...data, ...columns, order, bands: this.bands(count), right: [], left: [] });
      this.turn(order);
      if (fresh) this.prefetch();
    }).catch(() => this.component.setTriggerValue("lost", Date.now()));
  }

  row(step) { return this.matrix.subarray(step * this.images, (step + 1) * this.images); }

  bands(count) {
    const { near, far } = this.data, rest = this.images - count;
    const bands = [{ start: 0, count, title: near[0], note: near[1], rows: 3 }];
    if (rest >= count) bands.push({ start: rest, count, title: far[0], note: far[1], rows: 2, end: true });
    return bands;
  }

  turn(known) {
    if (!this.matrix) return;
    const begun = performance.now(), step = Number(this.range.value), { steps, notes } = this.data;
    this.wall.values = this.row(step);
    const order = known ?? ranked(this.wall.values), count = Math.min(this.data.band, Math.floor(this.images / 2) || this.images);
    const bands = this.bands(count);
    if (bands[1]) { // the far end is shown farthest first
      const from = bands[1].start;
      order.subarray(from).reverse();
    }
    this.wall.sort(order, bands);
    if (bands[1]) { const end = bands[1].start; this.wall.left = (item) => this.rank(this.wall.placeOf(item), end); }
    for (const item of this.wall.cells.keys()) this.wall.words(item);
    this.number.textContent = steps[step].toLocaleString("en");
    this.range.setAttribute("aria-valuetext", `${steps[step]} neurons`);
    this.note.textContent = notes?.[step] ?? "";
    this.root.dataset.took = (performance.now() - begun).toFixed(1);
  }

  rank(place, end) {
    const rank = place < end ? place : this.images - 1 - (place - end);
    return (rank + 1).toLocaleString("en");
  }

  letGo() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      const top = this.data.steps[Number(this.range.value)];
      if (top === this.reported) return;
      this.reported = top;
      this.component.setStateValue("top", top);
    }, 200);
  }

  // Pictures that come to the front at any position of the slider are fetched while it rests.
  prefetch() {
    const key = this.shown, wanted = new Set(), visible = Math.max(24, this.wall.cells.size);
    const steps = this.data.steps.length;
    let step = 0, running = 0;
    const queue = [];
    this.kept = [];
    const next = () => {
      if (this.shown !== key || this.closed) return;
      while (running < AT_ONCE && queue.length && this.kept.length < PREFETCHED) {
        const image = new Image();
        this.kept.push(image);
        running++;
        image.onload = image.onerror = () => { running--; next(); };
        image.src = this.wall.url("thumb", queue.shift());
      }
    };
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 30));
    const look = () => {
      if (this.shown !== key || this.closed || step >= steps) return;
      const order = ranked(this.row(step++));
      for (let at = 0; at < Math.min(visible, order.length); at++) {
        for (const item of [order[at], order[order.length - 1 - at]]) {
          if (!wanted.has(item)) { wanted.add(item); queue.push(item); }
        }
      }
      next();
      idle(look);
    };
    idle(look);
  }
}

// Positions of the values from the smallest to the largest. A float's bits, changed so that they sort like numbers, and
// the position behind them form one exact number, and numbers sort fast.
function ranked(values) {
  const n = values.length, keys = new Float64Array(n), order = new Uint32Array(n);
  const bits = new Uint32Array(values.buffer, values.byteOffset, n);
  for (let i = 0; i < n; i++) {
    const b = bits[i];
    keys[i] = (b & 0x80000000 ? ~b >>> 0 : (b | 0x80000000) >>> 0) * 2097152 + i;
  }
  keys.sort();
  for (let i = 0; i < n; i++) order[i] = keys[i] % 2097152;
  return order;
}

function signed(value) {
  const text = Math.abs(value).toFixed(1);
  return text === "0.0" ? "0.0" : (value < 0 ? "\u2212" : "+") + text;
}
