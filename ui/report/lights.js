// Light or dark instead of the system's choice: Streamlit keeps it per page, so it is set for every page at once.

const VERSION = "v2"; // of Streamlit's own note of the theme

export default mounted((parent) => {
  const button = make("button", "lights", parent);
  const here = {
    show(data) { here.data = data; button.textContent = data.dark ? "Light" : "Dark"; },
    close() { button.remove(); },
  };
  button.addEventListener("click", () => {
    const path = window.location.pathname, folder = path.slice(0, path.lastIndexOf("/") + 1);
    for (const page of ["", ...here.data.pages]) {
      localStorage.setItem(`stActiveTheme-${folder}${page}-${VERSION}`, JSON.stringify(here.data.dark ? "Light" : "Dark"));
    }
    window.location.reload();
  });
  return here;
});
