// How large things are and how far they stand out from the page, as the browser shows them: {name: [smallest px, largest
// px, least contrast to the page (WCAG 2.2) or null]}; only what is in sight somewhere on the page.
() => {
  const KINDS = {
    "page title": "h1",
    "the answer": ".vds-found",
    "the question": ".vds-question",
    "headings": "h2, h3",
    "captions, numbers behind the answer": ".vds-caption, .vds-exact",
    "controls": "button p, [data-testid=stMain] label p, [data-testid=stMain] input:not([type=range])",
    "numbers below images": ".badge span, .label",
    "type in figures": "svg.main-svg text",
    "thumbnails in walls and rows": ".frame img",
  };
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (colour) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = paint(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
  const contrast = (one) => {
    const style = getComputedStyle(one), [r, g, b, a] = paint(one.closest('svg') ? style.fill : style.color);
    let opacity = a / 255;
    for (let up = one; up; up = up.parentElement) opacity *= Number(getComputedStyle(up).opacity);
    const seen = [r, g, b].map((value, at) => value * opacity + ground[at] * (1 - opacity));
    const [low, high] = [light(seen), light(ground)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const found = {};
  const roots = [document, ...[...document.querySelectorAll('*')].map(one => one.shadowRoot).filter(Boolean)];
  for (const [kind, choice] of Object.entries(KINDS)) {
    const there = roots.flatMap(root => [...root.querySelectorAll(choice)]).filter(one => one.getBoundingClientRect().width > 2);
    if (!there.length) continue;
    const images = choice.includes('img');
    const sizes = there.map(one => images ? Math.max(one.getBoundingClientRect().width, one.getBoundingClientRect().height) : parseFloat(getComputedStyle(one).fontSize));
    const onPage = images || kind === 'type in figures' || kind === 'controls' ? [] : there.map(contrast);
    found[kind] = [Math.min(...sizes), Math.max(...sizes), onPage.length ? Math.min(...onPage) : null];
  }
  return found;
}
