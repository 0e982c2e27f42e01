// What every component of ours begins with; stands above the file of the component.

function make(tag, className, parent, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text; // never HTML: texts come from users' files
  if (parent) parent.appendChild(element);
  return element;
}

// Streamlit calls the default export again whenever the data changes, with the same parent element: what is kept per
// element is what makes nothing jump. `create` gives an object with `show(data)` and `close()`.
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
