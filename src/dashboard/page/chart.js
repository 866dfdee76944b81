/** Tells the point of a chart under the pointer, and the newest one otherwise. */
export function readOut() {
  for (const chart of document.querySelectorAll(".chart[data-readout]")) {
    const [plot, place] = [chart.querySelector(".plot"), chart.parentElement?.querySelector(".readout")];
    if (!(plot instanceof SVGElement) || !place || seen.has(plot)) continue;
    seen.add(plot);
    const points = /** @type {[number, string][]} */ (JSON.parse(chart.getAttribute("data-readout") ?? "[]"));
    const newest = points.at(-1)?.[1] ?? "";
    plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const { left, width } = plot.getBoundingClientRect();
      const at = (event.clientX - left) / width;
      place.textContent = nearest(points, at) ?? newest;
    });
    plot.addEventListener("pointerleave", () => (place.textContent = newest));
  }
}

/** @type {WeakSet<Element>} */
const seen = new WeakSet();

/** @param {readonly [number, string][]} points @param {number} at */
function nearest(points, at) {
  let best = points[0];
  for (const point of points) if (best === undefined || Math.abs(point[0] - at) < Math.abs(best[0] - at)) best = point;
  return best?.[1];
}
