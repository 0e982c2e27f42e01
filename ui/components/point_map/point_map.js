// Up to 20,000 images as points in a plane, with the picture under the pointer, a lasso, and zoom by wheel and drag.
// The page draws the picked images below. Names are set as text only: they come from users' files.

const PAD = 26, THUMB = 46;

export default mounted((parent) => new PointMap(parent));

class PointMap {
  constructor(parent) {
    this.root = make("div", "map", parent);
    this.bar = make("div", "bar", this.root);
    this.modes = {};
    for (const [mode, text, help] of [["lasso", "Select", "Drag around images to select them"], ["move", "Move", "Drag to move, wheel to zoom"]]) {
      this.modes[mode] = button(this.bar, text, () => this.use(mode), help);
    }
    this.pictures = button(this.bar, "Pictures", () => { this.pictured = !this.pictured; this.pressed(); this.remember(); },
      "Show pictures instead of points where there is room");
    this.crowds = button(this.bar, "Density", () => { this.dense = !this.dense; this.pressed(); this.remember(); },
      "Shade the places where many images lie");
    this.pressed();
    button(this.bar, "Whole map", () => { this.view = null; this.remember(); });
    this.count = make("div", "count", this.bar);
    this.count.setAttribute("aria-live", "polite");
    this.plane = make("div", "plane", this.root);
    this.plane.tabIndex = 0;
    this.plane.setAttribute("role", "application");
    this.canvas = make("canvas", "", this.plane);
    this.card = make("div", "card", this.plane);
    this.card.hidden = true;
    this.thumb = make("img", "", this.card);
    this.thumb.alt = "";
    this.cardName = make("b", "", this.card);
    this.cardNote = make("span", "", this.card);
    this.legend = make("div", "legend", this.root);
    this.picked = new Set();
    this.loaded = new Map();
    this.at = -1;
    this.use("lasso");
    const on = (name, act, options) => this.plane.addEventListener(name, act, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", () => { this.drag = null; this.request(); });
    on("pointerleave", () => { if (!this.drag) this.hover(-1); });
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("blur", () => this.hover(-1));
    this.observer = new ResizeObserver(() => this.request());
    this.observer.observe(this.plane);
  }

  close() { this.observer.disconnect(); cancelAnimationFrame(this.frame); clearTimeout(this.telling); clearTimeout(this.remembering); this.root.remove(); }

  use(mode) {
    this.mode = mode;
    for (const [name, button] of Object.entries(this.modes)) button.setAttribute("aria-pressed", name === mode ? "true" : "false");
    this.plane.classList.toggle("moving", mode === "move");
  }

  show(data) {
    this.data = data;
    this.plane.style.height = `${data.height}px`;
    this.plane.setAttribute("aria-label", `${data.title}. Arrow keys go from image to image, Enter opens, Space selects.`);
    if (this.identity !== data.identity) { this.identity = data.identity; this.picked = new Set(data.start); this.view = null; this.at = -1; this.card.hidden = true; this.loaded.clear(); }
    if (this.source !== data.source || this.columns !== data.columns) { this.source = data.source; this.columns = data.columns; this.points = null; this.fetch(); } else this.settle();
  }

  async fetch() {
    const { source, columns, base } = this.data;
    const there = await arrived(this, [`${base}/columns/${source}`, `${base}/columns/${columns}`], (buffer, images) => {
      const n = this.data.count, points = new Float32Array(buffer, 0, 2 * n);
      // Another layout is shown whole at first; other colours of the same layout keep the zoom.
      if (!this.laid || this.laid.length !== points.length || points.some((value, i) => value !== this.laid[i])) { this.view = null; this.look = this.data.look; }
      this.points = this.laid = points;
      this.kinds = new Uint16Array(buffer, 8 * n, n);
      this.images = images;
    });
    if (there) this.settle();
  }

  settle() {
    this.legend.replaceChildren();
    this.only = this.look?.only ?? null;
    this.data.kinds.forEach((kind, k) => {
      const only = () => { this.only = this.only === k ? null : k; this.pressed(); this.remember(); };
      const entry = button(this.legend, "", only, `Show only ${kind.name}`);
      make("span", "dot", entry).style.background = kind.colour;
      make("span", "", entry, kind.name);
    });
    this.pressed();
    this.summarise();
    this.request();
  }

  pressed() {
    this.pictures.setAttribute("aria-pressed", this.pictured ? "true" : "false");
    this.crowds.setAttribute("aria-pressed", this.dense ? "true" : "false");
    [...(this.legend?.children ?? [])].forEach((one, i) => one.setAttribute("aria-pressed", this.only === i ? "true" : "false"));
  }

  // The zoom goes into the page's address after a pause.
  remember() {
    this.request();
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      if (!this.view) return;
      const { scale, x, y } = this.view, zoom = this.closer ? scale / this.whole : 0;
      this.component.setStateValue("look", { of: this.data.place, zoom, x, y, pictured: !!this.pictured, dense: !!this.dense, only: this.only ?? -1 });
    }, 500);
  }

  summarise() {
    const all = this.data.count.toLocaleString("en");
    this.count.textContent = this.picked.size ? `${this.picked.size.toLocaleString("en")} of ${all} images selected` : `${all} images`;
  }

  // Both axes have one scale, so that distances mean the same everywhere.
  fit() {
    const { points } = this, n = this.data.count, box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      box[0] = Math.min(box[0], points[2 * i]); box[2] = Math.max(box[2], points[2 * i]);
      box[1] = Math.min(box[1], points[2 * i + 1]); box[3] = Math.max(box[3], points[2 * i + 1]);
    }
    const scale = Math.min((this.width - 2 * PAD) / (box[2] - box[0] || 1), (this.height - 2 * PAD) / (box[3] - box[1] || 1));
    this.view = { scale, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 };
    this.whole = scale;
    this.closer = false;
    if (!this.look) return;
    const { look } = this; // what a link asks for
    this.look = null;
    this.pictured = look.pictured;
    this.dense = look.dense;
    if (look.zoom > 0) { this.view = { scale: scale * look.zoom, x: look.x, y: look.y }; this.closer = true; }
    this.pressed();
  }

  screen(i) { const { scale, x, y } = this.view; return [this.width / 2 + (this.points[2 * i] - x) * scale, this.height / 2 - (this.points[2 * i + 1] - y) * scale]; }

  request() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.draw()); }

  draw() {
    if (!this.points) return;
    const width = this.plane.clientWidth, height = this.plane.clientHeight, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    if (this.width !== width || this.height !== height) {
      const zoomed = this.view && this.whole ? this.view.scale / this.whole : 1;
      this.width = width; this.height = height;
      if (zoomed < 1.001) this.view = null;
    }
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    this.canvas.style.width = `${width}px`; this.canvas.style.height = `${height}px`;
    if (!this.view) this.fit();
    const pen = this.canvas.getContext("2d"), n = this.data.count;
    pen.scale(ratio, ratio);
    const ink = getComputedStyle(this.root).color, radius = n > 5000 ? 2 : n > 1000 ? 3 : 4.5;
    const some = this.picked.size > 0;
    if (this.dense) this.shade(pen, ink);
    if (this.pictured) this.paint(pen);
    else for (let i = 0; i < n; i++) {
      const [x, y] = this.screen(i);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      const dim = (this.only !== null && this.kinds[i] !== this.only) || (some && !this.picked.has(i));
      pen.globalAlpha = dim ? 0.16 : 0.82;
      pen.fillStyle = this.data.kinds[this.kinds[i]].colour;
      pen.beginPath(); pen.arc(x, y, radius, 0, 7); pen.fill();
    }
    pen.globalAlpha = 1;
    this.write(pen, ink);
    if (this.at >= 0) {
      const [x, y] = this.screen(this.at);
      pen.strokeStyle = ink; pen.lineWidth = 2; pen.beginPath(); pen.arc(x, y, radius + 4, 0, 7); pen.stroke();
    }
    if (this.drag?.path) {
      pen.strokeStyle = ink; pen.lineWidth = 1.25; pen.setLineDash([4, 3]); pen.beginPath();
      this.drag.path.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath(); pen.stroke(); pen.setLineDash([]);
      pen.globalAlpha = 0.06; pen.fillStyle = ink; pen.fill(); pen.globalAlpha = 1;
    }
  }

  // The density of images: counted in small squares, which are blurred twice.
  shade(pen, ink) {
    const side = 8, columns = Math.ceil(this.width / side), rows = Math.ceil(this.height / side);
    let cells = new Float32Array(columns * rows);
    for (let i = 0; i < this.data.count; i++) {
      if (this.only !== null && this.kinds[i] !== this.only) continue;
      const [x, y] = this.screen(i), c = Math.floor(x / side), r = Math.floor(y / side);
      if (c >= 0 && r >= 0 && c < columns && r < rows) cells[r * columns + c] += 1;
    }
    for (let turn = 0; turn < 3; turn++) {
      const spread = new Float32Array(cells.length);
      for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let dr = -2; dr <= 2; dr++) for (let dc = -2; dc <= 2; dc++) {
          if (r + dr >= 0 && r + dr < rows && c + dc >= 0 && c + dc < columns) sum += cells[(r + dr) * columns + c + dc];
        }
        spread[r * columns + c] = sum / 25;
      }
      cells = spread;
    }
    const most = Math.max(...cells) || 1;
    pen.fillStyle = ink;
    cells.forEach((value, at) => {
      if (value <= 0.02 * most) return;
      pen.globalAlpha = 0.05 * Math.ceil(6 * Math.sqrt(value / most));
      pen.fillRect((at % columns) * side, Math.floor(at / columns) * side, side, side);
    });
    pen.globalAlpha = 1;
  }

  // The names of clusters, largest first; a name that would overlap another appears only when zoomed in.
  write(pen, ink) {
    const taken = [];
    pen.font = `600 13px ${getComputedStyle(this.root).fontFamily}`;
    pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round";
    for (const [px, py, text] of this.data.labels || []) {
      const { scale, x: ox, y: oy } = this.view, half = pen.measureText(text).width / 2 + 4;
      const x = Math.max(half, Math.min(this.width - half, this.width / 2 + (px - ox) * scale)), y = this.height / 2 - (py - oy) * scale;
      if (y < 10 || y > this.height - 10 || taken.some(([tx, ty, other]) => Math.abs(tx - x) < half + other && Math.abs(ty - y) < 18)) continue;
      taken.push([x, y, half]);
      pen.lineWidth = 4; pen.strokeStyle = getComputedStyle(this.root).getPropertyValue("--st-background-color") || "#fff"; pen.strokeText(text, x, y);
      pen.fillStyle = ink; pen.fillText(text, x, y);
    }
  }

  // Pictures where there is room, points elsewhere.
  paint(pen) {
    const taken = new Set(), n = this.data.count, size = THUMB, drawn = [];
    const cellOf = (x, y) => [Math.floor(x / size), Math.floor(y / size)];
    for (let i = 0; i < n; i++) {
      if (this.only !== null && this.kinds[i] !== this.only) continue;
      const [x, y] = this.screen(i);
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      const [cx, cy] = cellOf(x, y), free = !taken.has(`${cx} ${cy}`);
      if (free) { taken.add(`${cx} ${cy}`); drawn.push([i, (cx + 0.5) * size, (cy + 0.5) * size]); }
      else { pen.globalAlpha = 0.35; pen.fillStyle = this.data.kinds[this.kinds[i]].colour; pen.beginPath(); pen.arc(x, y, 2, 0, 7); pen.fill(); }
    }
    for (const [i, x, y] of drawn) {
      const image = this.picture(i), some = this.picked.size > 0, dim = some && !this.picked.has(i);
      pen.globalAlpha = dim ? 0.25 : 1;
      if (image.complete && image.naturalWidth) {
        const ratio = image.naturalWidth / image.naturalHeight, w = (size - 5) * Math.min(1, ratio), h = (size - 5) * Math.min(1, 1 / ratio);
        pen.drawImage(image, x - w / 2, y - h / 2, w, h);
        pen.strokeStyle = this.data.kinds[this.kinds[i]].colour; pen.lineWidth = 2; pen.strokeRect(x - w / 2, y - h / 2, w, h);
      } else { pen.fillStyle = this.data.kinds[this.kinds[i]].colour; pen.beginPath(); pen.arc(x, y, 4, 0, 7); pen.fill(); }
    }
  }

  picture(i) {
    let image = this.loaded.get(i);
    if (!image) {
      image = new Image();
      image.decoding = "async";
      image.onload = () => this.request();
      image.src = this.url(i);
      this.loaded.set(i, image);
    }
    return image;
  }

  url(i) {
    const { dataset, index, version } = this.images;
    return pictured(this.data.base, dataset[i], index[i], version[i]);
  }

  local(event) { const box = this.plane.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; }

  nearest(x, y, within) {
    let best = -1, least = within * within;
    for (let i = 0; i < this.data.count; i++) {
      if (this.only !== null && this.kinds[i] !== this.only) continue;
      const [px, py] = this.screen(i), d = (px - x) ** 2 + (py - y) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }

  hover(i) {
    if (i === this.at) return;
    this.at = i;
    this.card.hidden = i < 0;
    if (i >= 0) {
      const [x, y] = this.screen(i), right = x > this.width / 2, low = y > this.height / 2;
      Object.assign(this.card.style, { left: right ? "" : `${x + 14}px`, right: right ? `${this.width - x + 14}px` : "", top: low ? "" : `${y + 8}px`, bottom: low ? `${this.height - y + 8}px` : "" });
      this.thumb.src = this.url(i);
      this.cardName.textContent = this.images.name[i];
      this.cardNote.textContent = this.images.note[i];
    }
    this.request();
  }

  down(event) {
    if (event.button || !this.points) return;
    this.plane.focus();
    const [x, y] = this.local(event);
    this.plane.setPointerCapture(event.pointerId);
    this.drag = { from: [x, y], view: { ...this.view }, moved: false, path: this.mode === "lasso" && !event.altKey ? [[x, y]] : null, add: event.shiftKey };
    event.preventDefault();
  }

  moved(event) {
    if (!this.points || !this.view) return;
    const [x, y] = this.local(event);
    if (!this.drag) { this.hover(this.nearest(x, y, 12)); return; }
    if (Math.hypot(x - this.drag.from[0], y - this.drag.from[1]) > 4) this.drag.moved = true;
    if (!this.drag.moved) return;
    this.hover(-1);
    if (this.drag.path) this.drag.path.push([x, y]);
    else {
      const { view, from } = this.drag;
      this.view = { ...view, x: view.x - (x - from[0]) / view.scale, y: view.y + (y - from[1]) / view.scale };
      this.closer = true;
      this.remember();
    }
    this.request();
  }

  up(event) {
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    const [x, y] = this.local(event);
    if (!drag.moved) {
      const i = this.nearest(x, y, 12);
      if (i < 0) { if (this.picked.size) { this.picked.clear(); this.tell(); } }
      else if (event.ctrlKey || event.metaKey || event.shiftKey) this.toggle(i);
      else this.component.setTriggerValue("opened", i);
    } else if (drag.path) {
      if (!drag.add) this.picked.clear();
      for (let i = 0; i < this.data.count; i++) if ((this.only === null || this.kinds[i] === this.only) && inside(this.screen(i), drag.path)) this.picked.add(i);
      this.tell();
    }
    this.request();
  }

  wheel(event) {
    if (!this.view) return;
    event.preventDefault();
    const [x, y] = this.local(event);
    this.zoom(Math.exp(-event.deltaY * 0.0015), x, y);
  }

  zoom(by, x, y) {
    const { view } = this, scale = Math.max(this.whole * 0.8, Math.min(this.whole * 60, view.scale * by));
    const at = [view.x + (x - this.width / 2) / view.scale, view.y - (y - this.height / 2) / view.scale];
    this.view = { scale, x: at[0] - (x - this.width / 2) / scale, y: at[1] + (y - this.height / 2) / scale };
    this.closer = true;
    this.hover(-1);
    this.remember();
  }

  key(event) {
    if (!this.points || event.ctrlKey || event.metaKey || event.altKey) return;
    const towards = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (towards) this.step(towards);
    else if (event.key === "Enter" && this.at >= 0) this.component.setTriggerValue("opened", this.at);
    else if (event.key === " " && this.at >= 0) this.toggle(this.at);
    else if (event.key === "+" || event.key === "=") this.zoom(1.3, this.width / 2, this.height / 2);
    else if (event.key === "-") this.zoom(1 / 1.3, this.width / 2, this.height / 2);
    else if (event.key === "Escape" && this.picked.size) { this.picked.clear(); this.tell(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.request();
  }

  step([dx, dy]) {
    const from = this.at >= 0 ? this.screen(this.at) : [this.width / 2, this.height / 2];
    let best = -1, least = Infinity;
    for (let i = 0; i < this.data.count; i++) {
      if (i === this.at || (this.only !== null && this.kinds[i] !== this.only)) continue;
      const [x, y] = this.screen(i), along = (x - from[0]) * dx + (y - from[1]) * dy, aside = Math.abs((x - from[0]) * dy + (y - from[1]) * dx);
      if (along <= 0.5 || aside > 2 * along) continue;
      if (along + 2 * aside < least) { least = along + 2 * aside; best = i; }
    }
    if (best < 0 && this.at < 0) best = this.nearest(...from, Infinity);
    if (best < 0) return;
    this.hover(best);
    this.count.textContent = `${this.images.name[best]}, ${this.images.note[best]}`;
  }

  toggle(i) { if (!this.picked.delete(i)) this.picked.add(i); this.tell(); }

  tell() {
    this.summarise();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.component.setStateValue("picked", { of: this.identity, places: [...this.picked].sort((a, b) => a - b) }), 250);
  }
}

function inside([x, y], path) {
  let found = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [ax, ay] = path[i], [bx, by] = path[j];
    if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) found = !found;
  }
  return found;
}
