// One image and why it lies where it does: the picture with the places that count, and the neurons that count beside it.
// Pointing at a neuron (or moving to it with the arrow keys) lights up its place. Left and right lead to the images
// before and after in the ranking, Escape back to it.

const VIEWS = [["heat", "Where it comes from"], ["boxes", "Places"], ["plain", "Picture only"]];

export default mounted((parent) => new Why(parent));

class Why {
  constructor(parent) {
    this.root = make("div", "why", parent);
    const left = make("div", "side", this.root);
    this.tools = make("div", "views", left);
    this.tools.setAttribute("role", "group");
    this.tools.setAttribute("aria-label", "What is drawn over the picture");
    this.stage = make("div", "stage", left);
    this.image = make("img", "", this.stage);
    this.canvas = make("canvas", "", this.stage);
    this.boxes = make("div", "boxes", this.stage);
    this.steps = make("div", "steps", left);
    for (const [name, label] of [["before", "Nearer"], ["after", "Farther"]]) {
      const [text, key] = name === "before" ? [`\u2190 ${label}`, "left"] : [`${label} \u2192`, "right"];
      this[name] = button(this.steps, text, () => this.go(name), `Key: ${key} arrow`);
      if (name === "before") this.place = make("span", "", this.steps);
    }
    this.list = make("div", "list", this.root);
    this.list.setAttribute("role", "list");
    this.view = "heat";
    this.buttons = VIEWS.map(([name, label]) => {
      return [name, button(this.tools, label, () => { this.view = name; this.chosen = true; this.paint(); })];
    });
    this.listen = (event) => this.key(event);
    document.addEventListener("keydown", this.listen);
    this.image.addEventListener("load", () => this.fit());
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.stage);
  }

  close() {
    document.removeEventListener("keydown", this.listen);
    this.observer.disconnect();
    this.root.remove();
  }

  go(name) { this.component.setTriggerValue("go", { name, at: Date.now() }); }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const target = event.composedPath()[0];
    if (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return;
    if (document.querySelector("[role=dialog], [role=listbox][data-open]")) return;
    if (target instanceof Element && target.closest("[role=listbox], [role=radiogroup], [role=tablist]")) return;
    if (event.key === "ArrowLeft" && !this.before.disabled) this.go("before");
    else if (event.key === "ArrowRight" && !this.after.disabled) this.go("after");
    else if (event.key === "Escape") this.go("back");
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.root.contains(target)) {
      const rows = [...this.list.children], at = rows.indexOf(target);
      rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  show(data) {
    const fresh = this.data?.url !== data.url;
    this.data = data;
    if (fresh) {
      this.image.src = data.url;
      this.image.alt = data.name;
      this.lit = -1;
    }
    this.before.disabled = !data.before;
    this.after.disabled = !data.after;
    this.place.textContent = data.place;
    const nowhere = !data.heat.length;
    this.tools.style.display = nowhere ? "none" : "";
    if (nowhere) this.view = "plain";
    else if (fresh && this.view === "plain" && !this.chosen) this.view = "heat";
    this.rows();
    this.paint();
  }

  rows() {
    this.list.replaceChildren();
    this.data.neurons.forEach((neuron, at) => {
      const row = make("button", "neuron", this.list);
      row.setAttribute("role", "listitem");
      const head = make("div", "head", row);
      make("span", "name", head).textContent = neuron.name;
      make("span", "part", head).textContent = neuron.part;
      row.appendChild(this.curves(neuron));
      make("div", "said", row).textContent = neuron.said;
      row.addEventListener("pointerenter", () => this.light(at));
      row.addEventListener("pointerleave", () => this.light(-1));
      row.addEventListener("focus", () => this.light(at));
      row.addEventListener("blur", () => this.light(-1));
      row.addEventListener("click", () => this.component.setTriggerValue("neuron", neuron.code));
    });
  }

  // The reference's histogram as an area, the image's as a line over it.
  curves(neuron) {
    const width = 220, height = 34;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    const top = Math.max(...neuron.reference, ...neuron.image, 1e-9), count = neuron.image.length;
    const points = (values) => values.flatMap((value, at) => {
      const y = (height - 1 - (value / top) * (height - 3)).toFixed(1);
      return [`${((at / count) * width).toFixed(1)},${y}`, `${(((at + 1) / count) * width).toFixed(1)},${y}`];
    });
    const outline = `0,${height} ${points(neuron.reference).join(" ")} ${width},${height}`;
    draw("polygon", { points: outline, fill: this.data.colour, "fill-opacity": 0.45 }, svg);
    draw("polyline", { points: points(neuron.image).join(" "), class: "line" }, svg);
    return svg;
  }

  light(at) {
    this.lit = at;
    this.paint();
  }

  fit() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    if (!width || !this.stage.clientWidth) return;
    // As large as the frame allows, small pictures too, so that the places in them can be seen.
    const scale = Math.min(this.stage.clientWidth / width, Math.max(260, innerHeight * 0.6) / height);
    Object.assign(this.image.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    this.paint();
  }

  paint() {
    if (!this.data) return;
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", name === this.view ? "true" : "false");
    const box = this.image.getBoundingClientRect(), stage = this.stage.getBoundingClientRect();
    const frame = { left: `${box.left - stage.left}px`, top: `${box.top - stage.top}px`, width: `${box.width}px`, height: `${box.height}px` };
    Object.assign(this.canvas.style, frame);
    Object.assign(this.boxes.style, frame);
    this.heat();
    this.boxes.replaceChildren();
    this.data.neurons.forEach((neuron, at) => {
      const lit = at === this.lit;
      if (!neuron.box || !(lit || (this.view === "boxes" && this.lit < 0))) return;
      const [top, left, height, width] = neuron.box.map((share) => `${(100 * share).toFixed(2)}%`);
      const spot = make("div", lit ? "box lit" : "box", this.boxes);
      Object.assign(spot.style, { top, left, height, width });
      make("span", "", spot).textContent = String(at + 1);
    });
    [...this.list.children].forEach((row, at) => row.classList.toggle("lit", at === this.lit));
  }

  heat() {
    const { heat } = this.data, side = Math.round(Math.sqrt(heat.length)), context = this.canvas.getContext("2d");
    const shown = this.view === "heat" && heat.length > 0;
    this.canvas.style.display = shown ? "" : "none";
    if (!shown) return;
    this.canvas.width = this.canvas.height = side;
    const pixels = context.createImageData(side, side), top = Math.max(...heat, 1e-12);
    const faded = this.lit >= 0 ? 0.45 : 1;
    heat.forEach((value, at) => {
      const share = Math.sqrt(value / top);
      pixels.data.set([255, 96 + 110 * share, 20, 200 * share * faded], at * 4);
    });
    context.putImageData(pixels, 0, 0);
  }
}
