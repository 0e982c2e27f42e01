// The common beginning of every component, put in front of the component's file.

function make(tag, className, parent, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text; // never HTML: texts come from users' files
  if (tag === "button") element.type = "button";
  if (parent) parent.appendChild(element);
  return element;
}

// A button of a tool bar, and what pressing it does.
function button(parent, text, press, title = "", className = "") {
  const element = make("button", className, parent, text);
  if (title) element.title = title;
  element.addEventListener("click", press);
  return element;
}

// Streamlit calls the default export again whenever the data changes, with the same parent element: state that is kept
// per element keeps the page from jumping. `create` makes an object with `show(data)` and `close()`.
function mounted(create) {
  const kept = new WeakMap();
  return (component) => {
    const { parentElement, data } = component;
    let one = kept.get(parentElement);
    if (!one) { one = create(parentElement); kept.set(parentElement, one); }
    one.component = component;
    one.show(data);
    return () => { one.close(); kept.delete(parentElement); };
  };
}

const NS = "http://www.w3.org/2000/svg";

function draw(tag, attributes, parent) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.appendChild(element);
  return element;
}

// The address of an image's small picture. kind: "thumb", or another route that takes the same numbers.
function pictured(base, dataset, index, version, kind = "thumb") {
  return `${base}/${kind}/${dataset}/${index}${version ? `?v=${version}` : ""}`;
}

// Long columns come over a route of their own: bytes first, then lists. Tells whether `use` took them: not where the
// component has turned to another `source` meanwhile, nor where they are gone, of which Python is told to make them again.
async function arrived(one, urls, use) {
  const { source } = one;
  try {
    const answers = await Promise.all(urls.map((url) => fetch(url)));
    if (!answers.every((answer) => answer.ok)) throw new Error("gone");
    const found = await Promise.all(answers.map((answer, at) => (at ? answer.json() : answer.arrayBuffer())));
    if (source !== one.source) return false;
    use(...found);
    return true;
  } catch {
    if (source === one.source) { one.source = null; one.component.setTriggerValue("lost", Date.now()); }
    return false;
  }
}
