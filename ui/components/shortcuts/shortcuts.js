// Keys that work on every page, and a report when the theme changes: figures are drawn by the server, which
// otherwise would not know before the next click.

export default mounted(() => {
  const here = { waiting: 0, dark: null };
  const listen = (event) => press(here, event);
  document.addEventListener("keydown", listen);
  here.show = (data) => {
    here.pages = data.pages;
    const dark = isDark();
    if (here.dark !== null && here.dark !== dark) here.component.setTriggerValue("theme", dark ? "dark" : "light");
    here.dark = dark;
  };
  here.close = () => document.removeEventListener("keydown", listen);
  return here;
});

function isDark() {
  const parts = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor.match(/[\d.]+/g) ?? [255, 255, 255];
  return (Number(parts[0]) + Number(parts[1]) + Number(parts[2])) / 3 < 128;
}

function press(here, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.composedPath()[0];
  if (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return;
  const now = Date.now();
  if (event.key === "/") {
    const field = searchField();
    if (field) { event.preventDefault(); field.focus(); field.select?.(); }
    return;
  }
  if (event.key === "g") { here.waiting = now; return; }
  if (event.key === "?") { event.preventDefault(); here.component.setTriggerValue("help", now); return; }
  if (now - here.waiting < 1500 && here.pages[event.key]) {
    event.preventDefault();
    here.component.setTriggerValue("page", here.pages[event.key]);
  }
  here.waiting = 0;
}

// Where `/` goes: a search field inside a component's shadow tree, else the page's first field.
function searchField() {
  const main = document.querySelector("[data-testid=stMain]");
  if (!main) return null;
  for (const element of main.querySelectorAll("*")) {
    const found = element.shadowRoot?.querySelector("[data-slash]");
    if (found) return found;
  }
  const fields = main.querySelectorAll("input[type=search], input[type=text], input[role=combobox]");
  return [...fields].find((field) => field.offsetParent && !field.disabled) ?? null;
}
