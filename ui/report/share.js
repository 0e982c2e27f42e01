// Copies a link to the current view: the page's address with every choice in it, also those at their
// defaults, which may differ where the link is opened.

export default mounted((parent) => {
  const button = make("button", "share", parent, "Share link"), said = make("span", "said", parent);
  said.setAttribute("role", "status");
  const here = {
    button,
    said,
    show(data) { here.query = data.query; },
    close() { clearTimeout(here.waiting); button.remove(); said.remove(); },
  };
  button.addEventListener("click", () => share(here));
  return here;
});

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
