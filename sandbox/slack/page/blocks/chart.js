// Data visualization blocks: bar, line, area and pie charts, drawn as SVG. A screen reader gets the numbers.

import { el, svg } from "../dom.js";

const WIDTH = 600;
const HEIGHT = 240;
const EDGE = { left: 66, right: 12, top: 12, bottom: 50 };
const COLOURS = 6;

export function chart(block) {
  const drawn = block.chart;
  const draw = drawn.type === "pie" ? pie : axes;
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${block.title}. ${spoken(drawn)}`,
  });
  picture.append(...draw(drawn));
  return el("figure", {}, el("figcaption", {}, block.title), picture, legend(drawn));
}

function spoken(drawn) {
  if (drawn.type === "pie") return drawn.segments.map((each) => `${each.label}: ${each.value}`).join(", ");
  return drawn.series
    .map((each) => `${each.name}: ${each.data.map((point) => `${point.label} ${point.value}`).join(", ")}`)
    .join(". ");
}

function legend(drawn) {
  const names = (drawn.type === "pie" ? drawn.segments : drawn.series).map((each) => each.label ?? each.name);
  return el(
    "ul.chart-legend",
    { "aria-hidden": "true" },
    names.map((name, number) => el("li", {}, el(`span.chart-key.series-${number % COLOURS}`, {}), name)),
  );
}

function axes(drawn) {
  const categories = drawn.axis_config.categories;
  const values = drawn.series.flatMap((each) => each.data.map((point) => point.value));
  const top = niceTop(Math.max(...values, 0));
  const bottom = Math.min(...values, 0);
  const wide = WIDTH - EDGE.left - EDGE.right;
  const step = wide / categories.length;
  const y = (value) =>
    EDGE.top + ((top - value) / (top - bottom || 1)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const x = (number) => EDGE.left + step * (number + 0.5);
  const place = { categories, step, x, y };
  return [
    ...grid(top, bottom, y),
    ...drawn.series.flatMap((each, number) =>
      drawn.type === "bar"
        ? bars(each, number, drawn.series.length, place)
        : line(each, number, drawn.type === "area", place),
    ),
    ...labels(drawn.axis_config, place),
  ];
}

function grid(top, bottom, y) {
  const step = niceTop((top - bottom) / 5);
  const count = Math.floor((top - bottom) / step) + 1;
  return Array.from({ length: count }, (_, index) => bottom + step * index).flatMap((value) => {
    return [
      svg("line", { class: "chart-grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
      svg(
        "text",
        { class: "chart-label", x: EDGE.left - 10, y: y(value) + 4, "text-anchor": "end" },
        String(Math.round(value * 100) / 100),
      ),
    ];
  });
}

function bars(series, number, count, place) {
  const wide = (place.step * 0.7) / count;
  return ordered(series, place.categories).map((value, index) =>
    svg("rect", {
      class: `series-${number % COLOURS}`,
      x: place.x(index) - place.step * 0.35 + wide * number,
      y: Math.min(place.y(value), place.y(0)),
      width: wide,
      height: Math.abs(place.y(0) - place.y(value)),
    }),
  );
}

function line(series, number, filled, place) {
  const points = ordered(series, place.categories).map((value, index) => [place.x(index), place.y(value)]);
  const path = points.map(([x, y], index) => `${index ? "L" : "M"}${x} ${y}`).join("");
  const base = `L${points.at(-1)[0]} ${place.y(0)}L${points[0][0]} ${place.y(0)}Z`;
  return [
    filled && svg("path", { class: `chart-area series-${number % COLOURS}`, d: path + base }),
    svg("path", { class: `chart-line series-${number % COLOURS}`, d: path }),
    ...points.map(([x, y]) => svg("circle", { class: `series-${number % COLOURS}`, cx: x, cy: y, r: 3 })),
  ].filter(Boolean);
}

function ordered(series, categories) {
  return categories.map((label) => series.data.find((point) => point.label === label)?.value ?? 0);
}

function labels(config, place) {
  const shown = place.categories.map((label, index) =>
    svg(
      "text",
      {
        class: index % 2 ? "chart-label every-second" : "chart-label",
        x: place.x(index),
        y: HEIGHT - EDGE.bottom + 18,
        "text-anchor": "middle",
      },
      label,
    ),
  );
  if (config.x_label) {
    shown.push(
      svg("text", { class: "chart-label", x: WIDTH / 2, y: HEIGHT - 6, "text-anchor": "middle" }, config.x_label),
    );
  }
  if (config.y_label) {
    const turned = `rotate(-90 14 ${HEIGHT / 2})`;
    shown.push(
      svg(
        "text",
        { class: "chart-label", x: 14, y: HEIGHT / 2, "text-anchor": "middle", transform: turned },
        config.y_label,
      ),
    );
  }
  return shown;
}

function pie(drawn) {
  const total = drawn.segments.reduce((sum, each) => sum + each.value, 0);
  const [x, y, radius] = [WIDTH / 2, HEIGHT / 2, HEIGHT / 2 - 10];
  let turned = -Math.PI / 2;
  return drawn.segments.map((each, number) => {
    const from = turned;
    turned += (each.value / total) * 2 * Math.PI;
    const colour = `series-${number % COLOURS}`;
    if (drawn.segments.length === 1) return svg("circle", { class: colour, cx: x, cy: y, r: radius });
    const [start, end] = [from, turned].map((at) => `${x + radius * Math.cos(at)} ${y + radius * Math.sin(at)}`);
    const large = turned - from > Math.PI ? 1 : 0;
    return svg("path", { class: colour, d: `M${x} ${y}L${start}A${radius} ${radius} 0 ${large} 1 ${end}Z` });
  });
}

/** The next round number: 1, 2 or 5 times a power of ten. */
function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value);
}
