// Figures in the reader's light or dark, and tables as CSV.
(function () {
  const held = document.getElementById("figures");
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const { figures, swaps } = held ? JSON.parse(held.textContent) : { figures: [], swaps: [] };

  const icon = window.Plotly?.Icons.camera;
  const SAVE = ["png", "svg"].map((format) => ({
    name: `Save as ${format.toUpperCase()}`, icon, click: (plot) => window.Plotly.downloadImage(plot, { format, filename: "figure", scale: format === "png" ? 2 : 1 }),
  }));

  function toned(entry) {
    if (entry.dark === night.matches) return entry.figure;
    let text = JSON.stringify(entry.figure);
    // All at once: one tone may be another's opposite.
    const pairs = new Map();
    for (const [lightChannels, darkChannels, light, dark] of swaps) {
      const [from, to] = entry.dark ? [dark, light] : [light, dark], [a, b] = entry.dark ? [darkChannels, lightChannels] : [lightChannels, darkChannels];
      pairs.set(from.toLowerCase(), to);
      pairs.set(`rgba(${a}`, `rgba(${b}`);
    }
    const any = new RegExp([...pairs.keys()].map((one) => one.replace(/[()]/g, "\\$&")).join("|"), "gi");
    text = text.replace(any, (one) => pairs.get(one.toLowerCase()) ?? one);
    return JSON.parse(text);
  }

  function draw() {
    figures.forEach((entry, at) => {
      const figure = toned(entry);
      const layout = { ...figure.layout, autosize: true };
      delete layout.width;
      window.Plotly.react(`figure-${at}`, figure.data, layout, {
        responsive: true, displaylogo: false, displayModeBar: "hover", modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"], modeBarButtonsToAdd: SAVE,
      });
    });
  }
  if (figures.length && window.Plotly) { draw(); night.addEventListener("change", draw); }

  for (const button of document.querySelectorAll(".csv")) {
    button.addEventListener("click", () => {
      const details = button.closest("details"), rows = [...details.querySelectorAll("tr")];
      const quote = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
      // A spreadsheet takes a cell that starts like a formula for one.
      const safe = (text) => (/^[=+@\t\r]/.test(text) || (/^-/.test(text) && Number.isNaN(Number(text))) ? `'${text}` : text);
      const text = rows.map((row) => [...row.children].map((cell) => quote(safe(cell.textContent))).join(",")).join("\r\n");
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" })), download: "table.csv" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
})();
