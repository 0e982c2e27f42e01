// One neuron's histograms over each other, and below them the images whose activations lie in the part that is brushed:
// drawn anew while the brush moves, without asking the server. Names are set as text only: they come from users' files.

const MARGIN = { top: 30, right: 14, bottom: 40, left: 56 };

export default mounted((parent) => new Lens(parent));

class Lens {
  constructor(parent) {
    this.root = make("div", "lens", parent);
    this.plot = make("div", "plot", this.root);
    this.svg = draw("svg", { role: "img" }, this.plot);
    this.area = make("div", "area", this.plot);
    this.brush = make("div", "brush", this.area);
    this.ends = ["low", "high"].map((end) => {
      const handle = make("div", `end ${end}`, this.brush);
      handle.tabIndex = 0;
      handle.setAttribute("role", "slider");
      handle.setAttribute("aria-label", end === "low" ? "Lower end of the part looked at" : "Upper end of the part looked at");
      handle.addEventListener("keydown", (event) => this.key(event, end));
      return handle;
    });
    this.tools = make("div", "tools", this.plot);
    for (const kind of ["SVG", "PNG"]) {
      button(this.tools, kind, () => this.save(kind), `Save the figure as ${kind}`);
    }
    this.said = make("div", "said", this.root);
    this.said.setAttribute("aria-live", "polite");
    this.strips = make("div", "strips", this.root);
    this.area.addEventListener("pointerdown", (event) => this.down(event));
    this.area.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"]) this.area.addEventListener(name, (event) => this.up(event));
    this.observer = new ResizeObserver(() => { if (this.data && this.plot.clientWidth !== this.width) { this.render(); this.look(); } });
    this.observer.observe(this.plot);
  }

  close() { this.observer.disconnect(); cancelAnimationFrame(this.frame); clearTimeout(this.telling); this.root.remove(); }

  show(data) {
    const before = this.data;
    this.data = data;
    if (!before || before.identity !== data.identity) { this.range = [...data.range]; this.told = null; }
    if (this.source !== data.source) { this.source = data.source; this.images = null; this.fetch(); }
    this.render();
    this.look();
  }

  async fetch() {
    const { source, base, columns, atoms: q } = this.data;
    const there = await arrived(this, [`${base}/columns/${source}`, ...columns], (buffer, ...listed) => {
      let at = 0;
      this.images = listed.map((one) => {
        const found = { ...one, q, atoms: new Uint16Array(buffer, at, one.index.length * q) };
        at += one.index.length * q * 2;
        return found;
      });
    });
    if (there) this.look();
  }

  value(bin) { const { low, high, bins } = this.data; return low + (high - low) * bin / bins; }
  x(bin) { const { edges } = this.data, first = edges[0], last = edges[edges.length - 1]; return (bin - first) / (last - first) * this.inner; }
  bin(x) { const { edges } = this.data, first = edges[0], last = edges[edges.length - 1]; return first + x / this.inner * (last - first); }

  render() {
    const { data } = this;
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const height = data.height;
    this.inner = this.width - MARGIN.left - MARGIN.right;
    const deep = height - MARGIN.top - MARGIN.bottom;
    Object.assign(this.area.style, { left: `${MARGIN.left}px`, top: `${MARGIN.top}px`, width: `${this.inner}px`, height: `${deep}px` });
    const svg = this.svg;
    svg.replaceChildren();
    for (const [name, value] of Object.entries({ width: this.width, height, viewBox: `0 0 ${this.width} ${height}`, "aria-label": data.title })) svg.setAttribute(name, value);
    const style = getComputedStyle(this.root), ink = style.color;
    svg.setAttribute("font-family", style.fontFamily);
    svg.setAttribute("font-size", style.fontSize);
    svg.setAttribute("fill", ink);

    const cumulative = data.kind === "cumulative", log = data.log && !cumulative;
    const heights = data.series.map((one) => {
      if (cumulative) { let sum = 0; return one.shares.map((share) => (sum += share)); }
      return data.kind === "counts" ? one.shares.map((share) => share * one.total) : one.shares;
    });
    const spike = cumulative || log ? null : clipped(heights);
    const every = spike ? [spike.top] : heights.flat(), top = Math.max(...every, 1e-12), positive = every.filter((v) => v > 0);
    const bottom = log ? Math.max(Math.min(...positive, top) / 2, top * 1e-7) : 0;
    const scale = log ? (v) => Math.log10(Math.max(v, bottom) / bottom) / Math.log10(top * 1.3 / bottom) : (v) => v / (top * 1.04);
    const y = (v) => MARGIN.top + deep * (1 - Math.min(1, scale(v)));

    const ticks = log ? decades(bottom, top * 1.3) : nice(0, top * 1.04, 4);
    const digits = ticks.length > 1 ? Math.max(0, -Math.floor(Math.log10((ticks[1] - ticks[0]) * 100))) : 1;
    const write = (v) => (data.kind === "counts" ? short(v) : log ? percent(v) : `${(100 * v).toFixed(Math.min(digits, 3))}%`);
    const axis = draw("g", { opacity: 0.78 }, svg);
    for (const tick of ticks) {
      draw("line", { x1: MARGIN.left, x2: MARGIN.left + this.inner, y1: y(tick), y2: y(tick), stroke: ink, "stroke-opacity": 0.14 }, svg);
      label(axis, write(tick), MARGIN.left - 8, y(tick) + 4, "end");
    }
    const [from, to] = [this.value(data.edges[0]), this.value(data.edges[data.edges.length - 1])];
    for (const tick of nice(from, to, Math.max(3, Math.round(this.inner / 90)))) {
      label(axis, round(tick), MARGIN.left + (tick - from) / (to - from) * this.inner, height - MARGIN.bottom + 18, "middle");
    }
    label(axis, "activation", MARGIN.left + this.inner / 2, height - 6, "middle");
    const named = { counts: "activations", cumulative: "share of activations up to here" }[data.kind] ?? "share of activations";
    const title = label(axis, named, 0, 0, "middle");
    title.setAttribute("transform", `translate(13 ${MARGIN.top + deep / 2}) rotate(-90)`);

    const base = MARGIN.top + deep;
    data.series.forEach((one, s) => {
      let path = cumulative ? "" : `M${MARGIN.left} ${base}`;
      heights[s].forEach((v, b) => {
        const left = MARGIN.left + this.x(data.edges[b]), right = MARGIN.left + this.x(data.edges[b + 1]);
        path += `${path ? "L" : "M"}${left.toFixed(1)} ${y(v).toFixed(1)}L${right.toFixed(1)} ${y(v).toFixed(1)}`;
      });
      if (!cumulative) draw("path", { d: `${path}L${MARGIN.left + this.inner} ${base}Z`, fill: one.colour, "fill-opacity": 0.24 }, svg);
      draw("path", { d: path, fill: "none", stroke: one.colour, "stroke-width": 1.75, "stroke-linejoin": "round" }, svg);
    });
    if (spike) {
      const x = MARGIN.left + (this.x(data.edges[spike.bin]) + this.x(data.edges[spike.bin + 1])) / 2, right = x < MARGIN.left + this.inner / 2;
      const value = this.value(data.edges[spike.bin]) <= 0 && this.value(data.edges[spike.bin + 1]) >= 0 ? "0" : round((this.value(data.edges[spike.bin]) + this.value(data.edges[spike.bin + 1])) / 2);
      const said = heights.map((one) => data.kind === "counts" ? short(one[spike.bin]) : percent(one[spike.bin])).join(" and ");
      label(svg, `\u2191 cut off: ${said} at ${value}`, x + (right ? 10 : -10), MARGIN.top + 13, right ? "start" : "end");
    }
    let at = MARGIN.left;
    for (const one of data.series) {
      draw("rect", { x: at, y: 6, width: 10, height: 10, rx: 5, fill: one.colour }, svg);
      const text = label(svg, one.name.length > 26 ? `${one.name.slice(0, 25)}\u2026` : one.name, at + 15, 16, "start");
      at += 15 + (text.getComputedTextLength?.() || one.name.length * 7) + 18;
    }
    this.place();
  }

  place() {
    const [first, last] = this.range, some = last >= first;
    this.brush.hidden = !some;
    if (some && this.inner) {
      const left = Math.max(0, this.x(first)), right = Math.min(this.inner, this.x(last + 1));
      Object.assign(this.brush.style, { left: `${left}px`, width: `${Math.max(right - left, 2)}px` });
    }
    this.ends.forEach((handle, k) => {
      const bin = k ? last : first;
      handle.setAttribute("aria-valuemin", 0);
      handle.setAttribute("aria-valuemax", this.data.bins - 1);
      handle.setAttribute("aria-valuenow", bin);
      handle.setAttribute("aria-valuetext", `activation ${round(this.value(bin + k))}`);
    });
  }

  down(event) {
    if (event.button) return;
    const x = event.clientX - this.area.getBoundingClientRect().left, at = this.bin(x), [first, last] = this.range;
    const near = 7 / this.inner * (this.bin(this.inner) - this.bin(0)), some = last >= first;
    if (some && Math.abs(at - first) < near) this.drag = { fixed: last + 1 };
    else if (some && Math.abs(at - last - 1) < near) this.drag = { fixed: first };
    else if (some && at > first && at < last + 1) this.drag = { grip: at - first, size: last - first };
    else this.drag = { fixed: at, fresh: true, x };
    this.area.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  moved(event) {
    const box = this.area.getBoundingClientRect(), x = Math.max(0, Math.min(this.inner, event.clientX - box.left));
    if (!this.drag) return;
    const at = this.bin(x), last = this.data.bins - 1, { fixed, grip, size, fresh } = this.drag;
    if (fresh && Math.abs(x - this.drag.x) < 3) return;
    if (grip !== undefined) { const start = Math.round(Math.max(0, Math.min(last - size, at - grip))); this.range = [start, start + size]; }
    else this.range = [Math.max(0, Math.floor(Math.min(fixed, at) + 1e-6)), Math.min(last, Math.max(Math.ceil(Math.max(fixed, at) - 1e-6) - 1, Math.floor(Math.min(fixed, at) + 1e-6)))];
    this.place();
    this.request();
  }

  up(event) {
    if (!this.drag) return;
    const x = event.clientX - this.area.getBoundingClientRect().left;
    // A click without a drag looks at the one bar that was clicked.
    if (this.drag.fresh && Math.abs(x - this.drag.x) < 3) {
      const { edges } = this.data, at = this.bin(x), bar = edges.findIndex((edge, b) => b + 1 < edges.length && at < edges[b + 1]);
      if (bar >= 0) this.range = [edges[bar], edges[bar + 1] - 1];
      this.place();
      this.request();
    }
    this.drag = null;
    this.tell();
  }

  key(event, end) {
    const { edges, bins } = this.data, step = Math.max(1, edges[1] - edges[0]) * (event.shiftKey ? 10 : 1);
    const moves = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -10 * step, PageUp: 10 * step, Home: -bins, End: bins };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    const k = end === "low" ? 0 : 1, moved = this.range[k] + moves[event.key];
    this.range[k] = k ? Math.max(this.range[0], Math.min(bins - 1, moved)) : Math.max(0, Math.min(this.range[1], moved));
    this.place();
    this.request();
    this.tell();
  }

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const now = this.range.join("-");
      if (now !== this.told) { this.told = now; this.component.setStateValue("range", [...this.range, this.data.identity]); }
    }, 300);
  }

  request() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.look()); }

  look() {
    const { data } = this, [first, last] = this.range, span = data.high - data.low;
    this.said.textContent = last < first ? "Drag over the figure to see the images behind a part of it."
      : `Activations from ${round(this.value(first), span)} to ${round(this.value(last + 1), span)}. Below each image: how much of it lies there.`;
    const fit = Math.max(3, Math.floor((this.root.clientWidth + 8) / (data.side + 8)));
    const rows = data.series.length > 2 ? 1 : data.rows;
    data.series.forEach((one, s) => {
      let strip = this.strips.children[s];
      if (!strip) {
        strip = make("div", "strip", this.strips);
        make("div", "title", strip);
        const cells = make("div", "cells", strip);
        cells.addEventListener("click", (event) => {
          const cell = event.target.closest("button");
          if (cell) this.component.setTriggerValue("opened", [s, Number(cell.dataset.at)]);
        });
      }
      const [title, cells] = strip.children;
      title.replaceChildren();
      make("span", "dot", title).style.background = one.colour;
      make("b", "", title, one.name);
      const images = this.images?.[s];
      if (!images) { make("span", "note", title, "reading\u2026"); return; }
      const shares = within(images, first, last), order = [];
      for (let i = 0; i < shares.length; i++) if (shares[i]) order.push(i);
      order.sort((a, b) => shares[b] - shares[a] || a - b);
      let exact = 0;
      data.edges.slice(0, -1).forEach((edge, b) => {
        const end = data.edges[b + 1], over = Math.min(end, last + 1) - Math.max(edge, first);
        if (over > 0) exact += one.shares[b] * over / (end - edge);
      });
      const count = images.index.length;
      make("span", "note", title, order.length
        ? `${percent(exact)} of its activations, in ${order.length === count ? "all" : order.length.toLocaleString("en")} of ${count.toLocaleString("en")} images`
        : count ? "no image has activations there" : `${percent(exact)} of its activations; its images are not here`);
      const shown = order.slice(0, fit * rows);
      cells.style.gridTemplateColumns = `repeat(${fit}, 1fr)`;
      while (cells.children.length > shown.length) cells.lastChild.remove();
      while (cells.children.length < shown.length) {
        const cell = make("button", "cell", cells);
        const image = make("img", "", make("span", "frame", cell));
        image.alt = "";
        image.decoding = "async";
        image.draggable = false;
        make("span", "share", cell);
      }
      shown.forEach((i, place) => {
        const cell = cells.children[place], image = cell.firstChild.firstChild;
        const url = pictured(data.base, images.dataset, images.index[i], images.version[i]);
        if (image.getAttribute("src") !== url) image.src = url;
        const share = percent(shares[i] / images.q);
        cell.dataset.at = i;
        cell.title = images.name[i];
        cell.setAttribute("aria-label", `${images.name[i]}, ${share} of it`);
        cell.lastChild.textContent = share;
      });
    });
    while (this.strips.children.length > data.series.length) this.strips.lastChild.remove();
    this.strips.style.setProperty("--aspect", data.aspect);
  }

  save(kind) {
    const copy = this.svg.cloneNode(true);
    copy.setAttribute("xmlns", NS);
    const ground = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor;
    copy.insertBefore(draw("rect", { width: "100%", height: "100%", fill: ground }), copy.firstChild);
    const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
    const keep = (address) => { const link = make("a"); Object.assign(link, { href: address, download: `${this.data.file}.${kind.toLowerCase()}` }); link.click(); };
    if (kind === "SVG") { keep(url); setTimeout(() => URL.revokeObjectURL(url), 1000); return; }
    const image = new Image();
    image.onload = () => {
      const canvas = Object.assign(make("canvas"), { width: this.width * 2, height: this.data.height * 2 });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      keep(canvas.toDataURL("image/png"));
      URL.revokeObjectURL(url);
    };
    image.src = url;
  }
}

// The bar, mostly the one at zero, that would make all others look flat, if there is one, and the height for the others.
function clipped(heights) {
  const largest = heights[0]?.map((_, b) => Math.max(...heights.map((one) => one[b]))) ?? [];
  const bin = largest.indexOf(Math.max(...largest)), rest = Math.max(0, ...largest.filter((_, b) => b !== bin));
  return rest > 0 && largest[bin] > 2.5 * rest ? { bin, top: 1.3 * rest } : null;
}

function within(images, first, last) {
  const { atoms, q } = images, n = images.index.length, out = new Uint8Array(n);
  for (let i = 0, k = 0; i < n; i++) { let found = 0; for (let a = 0; a < q; a++, k++) if (atoms[k] >= first && atoms[k] <= last) found++; out[i] = found; }
  return out;
}

function label(parent, text, x, y, anchor) {
  const element = draw("text", { x, y, "text-anchor": anchor }, parent);
  element.textContent = text;
  return element;
}

function nice(low, high, wanted) {
  const span = (high - low) / Math.max(wanted, 1), power = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= span * 0.999) ?? 10 * power, found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low)); 10 ** power <= high; power++) found.push(10 ** power);
  return found.length > 6 ? found.filter((_, at) => (found.length - 1 - at) % 2 === 0) : found;
}

// Three digits; values that are negligible beside the whole range become 0.
function round(value, whole = 0) {
  if (Math.abs(value) < 1e-4 * whole) return "0";
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3);
  return String(Number(text)).replace("-", "\u2212");
}

function short(value) {
  return value >= 1e6 ? `${round(value / 1e6)} M` : value >= 1e4 ? `${round(value / 1e3)} k` : Math.round(value).toLocaleString("en");
}

function percent(share) {
  const hundred = 100 * share;
  return hundred === 0 ? "0\u00a0%" : hundred < 0.01 ? "under 0.01\u00a0%" : hundred < 0.1 ? `${hundred.toFixed(2)}\u00a0%` : hundred >= 10 || Number.isInteger(hundred) ? `${hundred.toFixed(hundred >= 99.95 || Number.isInteger(hundred) ? 0 : 1)}\u00a0%` : `${hundred.toFixed(1)}\u00a0%`;
}
