// The colors of the dots. The group colors are Okabe & Ito's, safe for color blindness.

const GROUPS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#999999"];
// From dark to light: the scale "cividis", safe for color blindness (Nuñez, Anderton & Renslow 2018).
const CIVIDIS = ["#00224e", "#1f3b6c", "#434e6c", "#5f636e", "#7b7977", "#989075", "#b6a86e", "#d7c360", "#fee838"];
const STEPS = 32;

/** Return [red, green, blue] of "#rrggbb". */
function rgbOf(text) {
  const number = parseInt(text.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** Return the color at a position between 0 and 1 of a scale. */
function onScale(scale, place) {
  const at = Math.min(scale.length - 1.001, Math.max(0, place * (scale.length - 1)));
  const [low, high] = [rgbOf(scale[Math.floor(at)]), rgbOf(scale[Math.floor(at) + 1])];
  const mixed = low.map((each, i) => Math.round(each + (high[i] - each) * (at - Math.floor(at))));
  return `#${mixed.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** The part of the scale that is visible on the background: the more rows, the higher the contrast. */
function visibleScale(dark) {
  return dark ? CIVIDIS.slice(2) : CIVIDIS.slice(0, -1).reverse();
}

/** The colorings by what the run itself knows; those by a table of the user are in side.js. */
const COLOURINGS = {
  group: {
    words: "group",
    isPossible: (column) => column.groupNames.length > 1,
    of: (column) => ({ palette: GROUPS, index: column.groups }),
    legend: (column) => column.groupNames.map((name, i) => ({ colour: GROUPS[i], name, value: name })),
    filter: "group",
    about: () => "Color: groups of similar vectors (k-means by direction), named after their most frequent categories.",
  },
  count: {
    words: "rows",
    isPossible: (column) => column.counts !== null && column.counts.some((count) => count !== column.counts[0]),
    of: (column, dark) => {
      const [low, high] = countRange(column);
      const place = (count) => Math.log((count + 1) / (low + 1)) / Math.log((high + 1) / (low + 1));
      return {
        palette: Array.from({ length: STEPS }, (_, i) => onScale(visibleScale(dark), i / (STEPS - 1))),
        index: Uint8Array.from(column.counts, (count) => Math.round(place(count) * (STEPS - 1))),
      };
    },
    legend: (column, dark) => ({ scale: visibleScale(dark), ends: countRange(column).map((each) => each.toLocaleString("en")), unit: "rows" }),
    about: () => "Color: number of rows, on a logarithmic scale.",
  },
  plain: {
    words: "one color",
    isPossible: () => true,
    of: (column, dark) => ({ palette: [dark ? "#7db8e2" : "#2b6490"], index: new Uint8Array(column.size) }),
    legend: () => [],
    about: () => "",
  },
};

/** Return the minimum and the maximum of some numbers. */
function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** Return the minimum and the maximum count of a column. */
const countRange = (column) => rangeOf(column.counts);
