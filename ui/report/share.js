// Copies a link to the view in front of the reader: the page's address with every choice in it, also those that stand at
// their defaults here and may not elsewhere.

const roots = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let here = roots.get(parentElement);
  if (!here) {
    const button = document.createElement("button"), said = document.createElement("span");
    button.type = "button";
    button.className = "share";
    button.textContent = "Share link";
    said.className = "said";
    said.setAttribute("role", "status");
    parentElement.append(button, said);
    here = { button, said };
    button.addEventListener("click", () => share(here));
    roots.set(parentElement, here);
  }
  here.query = data.query;
  return () => { clearTimeout(here.waiting); here.button.remove(); here.said.remove(); roots.delete(parentElement); };
}

async function share(here) {
  const address = new URL(window.location.href);
  for (const key of new Set(here.query.map(([key]) => key))) address.searchParams.delete(key);
  for (const [key, value] of here.query) address.searchParams.append(key, value);
  let copied = true;
  try { await navigator.clipboard.writeText(address.href); } catch { copied = byHand(address.href); }
  here.button.textContent = copied ? "Link copied" : "Share link";
  here.said.textContent = copied ? "The link to this view is in the clipboard." : "";
  if (!copied) window.prompt("Copy this link", address.href);
  clearTimeout(here.waiting);
  here.waiting = setTimeout(() => { here.button.textContent = "Share link"; here.said.textContent = ""; }, 2500);
}

// Pages that are not served over https have no clipboard of their own.
function byHand(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.appendChild(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
