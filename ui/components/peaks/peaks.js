// Images with the place where a neuron reacted most, and that place enlarged: a patch that is cut out of the thumbnail.

export default mounted((parent) => {
  const root = make("div", "peaks", parent);
  const here = {
    show(data) {
      root.replaceChildren();
      root.style.setProperty("--columns", data.columns);
      root.style.setProperty("--aspect", data.aspect);
      data.items.forEach((item, at) => root.appendChild(tile(here, data, item, at)));
      if (!data.items.length) make("div", "none", root, data.empty);
    },
    close() { root.remove(); },
  };
  return here;
});

function tile(here, data, item, at) {
  const button = make("button", "tile");
  button.title = item.name;
  button.setAttribute("aria-label", `${item.name}, ${item.value}`);
  button.addEventListener("click", () => here.component.setTriggerValue("opened", at));
  const url = pictured(data.base, item.dataset, item.index, item.version);
  const patch = item.place && !item.place.whole ? make("span", "patch", button) : null;
  const frame = make("span", "frame", button);
  const image = make("img", "", frame);
  image.alt = "";
  image.decoding = "async";
  image.addEventListener("load", () => mark(data, item, frame, image, patch));
  image.src = url;
  make("span", "value", button, item.value);
  return button;
}

// From shares of the network's input to shares of the whole image: a centre crop is only its middle square.
function seen(data, image, place) {
  const { naturalWidth: w, naturalHeight: h } = image;
  if (data.crop !== "center") return { x: place.column, y: place.row, w: place.width, h: place.height };
  const side = Math.min(w, h);
  return { x: (w - side) / 2 / w + place.column * side / w, y: (h - side) / 2 / h + place.row * side / h, w: place.width * side / w, h: place.height * side / h };
}

function mark(data, item, frame, image, patch) {
  if (!patch) return;
  const at = seen(data, image, item.place), ratio = image.naturalWidth / image.naturalHeight, box = data.aspect;
  // The image is fitted into its frame: its position, in shares of the frame.
  const fw = ratio > box ? 1 : ratio / box, fh = ratio > box ? box / ratio : 1;
  const spot = make("span", "spot", frame);
  // A neuron sees more than one place of its map: a fifth of the image is enough to recognise it.
  const side = Math.max(at.w, 0.22), tall = Math.max(at.h, 0.22);
  Object.assign(spot.style, {
    left: `${100 * ((1 - fw) / 2 + fw * clamp(at.x - side / 2, 0, 1 - side))}%`, width: `${100 * fw * side}%`,
    top: `${100 * ((1 - fh) / 2 + fh * clamp(at.y - tall / 2, 0, 1 - tall))}%`, height: `${100 * fh * tall}%`,
  });
  patch.style.backgroundImage = `url("${image.src}")`;
  patch.style.aspectRatio = String(ratio * side / tall);
  patch.style.backgroundSize = `${100 / side}% ${100 / tall}%`;
  const px = clamp(at.x - side / 2, 0, 1 - side) / (1 - side), py = clamp(at.y - tall / 2, 0, 1 - tall) / (1 - tall);
  patch.style.backgroundPosition = `${100 * px}% ${100 * py}%`;
}

function clamp(value, low, high) { return Math.max(low, Math.min(high, value)); }
