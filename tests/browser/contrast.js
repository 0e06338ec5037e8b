// Every visible text whose colour is too close to its background (WCAG 1.4.3: 4.5, large text 3).
() => {
  const channels = (colour) => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
      .getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) =>
    [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // Several backgrounds behind a gradient: each of its stops.
  const backgrounds = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement) {
      const style = getComputedStyle(node);
      const stops = style.backgroundImage.match(/rgba?\([^)]*\)|transparent/g);
      layers.push(stops ? stops : [style.backgroundColor]);
    }
    return layers.reverse().reduce(
      (below, stops) => stops.flatMap((stop) => below.map((under) => over(channels(stop), under))),
      [[255, 255, 255, 1]],
    );
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest("script, style, svg, [disabled], [aria-disabled=true]")) continue;
    // Streamlit's own sign that a script runs fades in and out.
    if (element.closest("[data-testid=stStatusWidget]")) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    let opacity = 1;
    for (let node = element; node; node = node.parentElement)
      opacity *= parseFloat(getComputedStyle(node).opacity);
    const worst = Math.min(...backgrounds(element).map((below) => {
      const colour = channels(style.color);
      return ratio(over([...colour.slice(0, 3), colour[3] * opacity], below), below);
    }));
    if (worst < (isLarge ? 3 : 4.5)) found.push(`${text.slice(0, 40)}: ${worst.toFixed(2)}`);
  }
  return found;
}
