// Outlines what a step of the tour speaks of, and brings it into sight once; what comes later is waited for.

export default mounted(() => {
  const here = {
    show(data) {
      if (here.step === data.step && here.marked?.isConnected) return;
      const fresh = here.step !== data.step;
      here.clear();
      here.step = data.step;
      here.look(data.selector, fresh, 0);
    },
    look(selector, fresh, tries) {
      const found = document.querySelector(selector);
      if (!found) { if (tries < 120) here.waiting = setTimeout(() => here.look(selector, fresh, tries + 1), 500); return; }
      here.marked = found;
      found.classList.add("vds-pointed");
      const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (fresh) found.scrollIntoView({ block: "nearest", behavior: still ? "instant" : "smooth" });
    },
    clear() { clearTimeout(here.waiting); here.marked?.classList.remove("vds-pointed"); here.marked = null; },
    close() { here.clear(); },
  };
  return here;
});
