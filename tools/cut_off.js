// What a person cannot reach by scrolling its own box: text beyond the edge of a box that hides it without an ellipsis,
// text of a figure beyond its drawing, and anything beyond the edge of the window.
() => {
  const wide = document.documentElement.clientWidth, found = [], seen = new Set();
  const rolls = (one, way) => ['auto', 'scroll'].includes(getComputedStyle(one)[way]);
  const said = (one) => (one.textContent || one.getAttribute('aria-label') || one.tagName).trim().replace(/\s+/g, ' ').slice(0, 60);
  const tell = (what, one) => { const line = `${what}: ${said(one)}`; if (!seen.has(line)) { seen.add(line); found.push(line); } };
  const main = document.querySelector('[data-testid=stMain]');
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${wide}`);
  if (main && main.scrollWidth > main.clientWidth + 1) found.push(`the page's column is ${main.scrollWidth} wide in ${main.clientWidth}`);
  for (const one of document.querySelectorAll('[data-testid=stMain] *, [role=dialog] *')) {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (!box.width || !box.height || style.visibility === 'hidden' || style.opacity === '0' || one.closest('[aria-hidden=true], .sr-only, [hidden]')) continue;
    if (box.width < 2 || box.height < 2 || style.clipPath !== 'none') continue; // only for those who listen
    const words = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!words && !['IMG', 'CANVAS', 'BUTTON', 'INPUT'].includes(one.tagName)) continue;
    let rolled = false;
    for (let up = one; up && up !== main; up = up.parentElement) if (rolls(up, 'overflowX') && up.scrollWidth > up.clientWidth) rolled = true;
    if (!rolled && (box.right > wide + 1 || box.left < -1)) tell('beyond the window', one);
    const drawing = one.closest('svg.main-svg');
    if (drawing && words) {
      const edge = drawing.getBoundingClientRect();
      if (box.right > edge.right + 2 || box.left < edge.left - 2 || box.bottom > edge.bottom + 2 || box.top < edge.top - 2) tell('beyond its figure', one);
    }
    if (!words || rolled) continue;
    if (['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis' && one.scrollWidth > one.clientWidth + 1) tell('cut off', one);
    for (let up = one; up && up !== main; up = up.parentElement) {
      const how = getComputedStyle(up), edge = up.getBoundingClientRect();
      if (how.textOverflow === 'ellipsis' || how.webkitLineClamp > 0 || rolls(up, 'overflowY') || rolls(up, 'overflowX')) break;
      const across = ['hidden', 'clip'].includes(how.overflowX) && (box.right > edge.right + 2 || box.left < edge.left - 2);
      const down = ['hidden', 'clip'].includes(how.overflowY) && (box.bottom > edge.bottom + 4 || box.top < edge.top - 4);
      if (across || down) { tell('cut off', one); break; }
    }
  }
  return found;
}