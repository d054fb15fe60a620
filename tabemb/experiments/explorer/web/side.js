// What a table of the user says about the categories: colors, filters and details, beside those of the run itself.

// As many labels as there are colors; of more labels, the last color is that of all others.
const MISSING = "(no value)";
const MOST_CHOICES = 500;
const SKEWED = 20;

/** Return a number as text: without thousands separators, since it may be a year, and at most six digits. */
const plainNumber = (value) => (value === null || value === undefined ? "" : String(Number(value.toPrecision(6))));

/** A column of the side table. */
class SideColumn {
  constructor(data, source) {
    Object.assign(this, { name: data.name, kind: data.kind, isName: Boolean(data.is_name), data, source });
  }

  /** Return the value of a category as text, empty if it has none. */
  textOf(row) {
    const { kind, data } = this;
    if (kind === "number") return data.values[row] === null ? "" : String(data.values[row]);
    if (kind === "text") return data.texts[row];
    return data.codes[row] < 0 ? "" : data.labels[data.codes[row]];
  }

  get nMissing() {
    const { kind, data } = this;
    if (kind === "number") return data.values.filter((value) => value === null).length;
    return kind === "label" ? data.codes.filter((code) => code < 0).length : 0;
  }

  /** Whether it tells categories apart. */
  get isUseful() {
    if (this.kind === "label") return this.data.labels.length > 1 || this.nMissing > 0;
    if (this.kind !== "number") return false;
    const [low, high] = this.range;
    return high > low;
  }

  get range() {
    this.ends ??= rangeOf(this.data.values.filter((value) => value !== null));
    return this.ends;
  }
}

/** Return the color of categories without a value: close to the background. */
const missingColour = (dark) => (dark ? "#4b5259" : "#c9ced3");

function labelColouring(side) {
  const { labels, codes } = side.data;
  const nNamed = labels.length > GROUPS.length ? GROUPS.length - 1 : labels.length;
  const isRest = labels.length > nNamed;
  const nColours = nNamed + (isRest ? 1 : 0);
  return {
    words: side.name,
    filter: `side:${side.name}`,
    of: (column, dark) => ({
      palette: [...GROUPS.slice(0, nNamed), ...(isRest ? [GROUPS.at(-1)] : []), missingColour(dark)],
      index: Uint8Array.from(codes, (code) => (code < 0 ? nColours : Math.min(code, nColours - 1))),
    }),
    legend: (column, dark) => [
      ...labels.slice(0, nNamed).map((name, i) => ({ colour: GROUPS[i], name, value: name })),
      ...(isRest ? [{ colour: GROUPS.at(-1), name: `${counted(labels.length - nNamed, "other", "others")}` }] : []),
      ...(side.nMissing ? [{ colour: missingColour(dark), name: "no value", value: MISSING }] : []),
    ],
    about: () => `Color: ${side.name}, from ${side.source}.`,
  };
}

function numberColouring(side) {
  const { values } = side.data;
  const [low, high] = side.range;
  const known = values.filter((value) => value !== null).sort((one, two) => one - two);
  const isLog = low > 0 && high > SKEWED * known[known.length >> 1];
  const place = isLog ? (value) => Math.log(value / low) / Math.log(high / low) : (value) => (value - low) / (high - low);
  return {
    words: side.name,
    of: (column, dark) => ({
      palette: [...Array.from({ length: STEPS }, (_, i) => onScale(visibleScale(dark), i / (STEPS - 1))), missingColour(dark)],
      index: Uint8Array.from(values, (value) => (value === null ? STEPS : Math.round(place(value) * (STEPS - 1)))),
    }),
    legend: (column, dark) => ({ scale: visibleScale(dark), ends: [plainNumber(low), plainNumber(high)], missing: side.nMissing ? missingColour(dark) : null }),
    about: () => `Color: ${side.name}, from ${side.source}${isLog ? ", on a logarithmic scale" : ""}.`,
  };
}

/** Return the possible colorings of a column by name, in the order of the menu. */
function colouringsOf(column) {
  const own = Object.entries(COLOURINGS).filter(([, each]) => each.isPossible(column));
  const side = column.side.filter((each) => each.isUseful);
  const made = side.map((each) => [`side:${each.name}`, each.kind === "label" ? labelColouring(each) : numberColouring(each)]);
  return Object.fromEntries([...own.filter(([name]) => name !== "plain"), ...made, ...own.filter(([name]) => name === "plain")]);
}

/** Return how much the colors of a label tell apart, in nats: the entropy of their shares. */
function entropyOf({ labels, codes }) {
  const n = new Float64Array(Math.min(labels.length, GROUPS.length) + 1);
  for (const code of codes) n[code < 0 ? n.length - 1 : Math.min(code, n.length - 2)] += 1;
  return n.reduce((sum, each) => (each ? sum - (each / codes.length) * Math.log(each / codes.length) : sum), 0);
}

/** Return the name of the coloring at first: the label of the user that tells most apart, or the first possible one. */
function firstColouring(column) {
  const labels = column.side.filter((each) => each.kind === "label" && each.isUseful);
  const most = labels.sort((one, two) => entropyOf(two.data) - entropyOf(one.data))[0];
  return most ? `side:${most.name}` : Object.keys(colouringsOf(column))[0];
}

/** A filter by labels: choices are [label, number of categories]. */
class LabelFilter {
  constructor(words, labels, codes) {
    const counts = new Map();
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    Object.assign(this, { words, labels, codes, kind: "label" });
    this.choices = labels.slice(0, MOST_CHOICES).map((label, code) => [label, counts.get(code) ?? 0]);
    if (counts.has(-1) && !labels.includes(MISSING)) this.choices.push([MISSING, counts.get(-1)]);
  }

  isPossible(value) {
    return this.labels.includes(value) || (value === MISSING && this.choices.some(([label]) => label === MISSING));
  }

  passes(value) {
    const code = this.labels.indexOf(value);
    return Uint8Array.from(this.codes, (each) => (each === code ? 1 : 0));
  }

  sentence(value) {
    return value === MISSING ? `${this.words} has no value` : `${this.words} is ${value}`;
  }
}

/** A filter by numbers; its value is "low to high", either of which may be empty. */
class NumberFilter {
  constructor(words, values, [low, high]) {
    Object.assign(this, { words, values, low, high, kind: "number" });
  }

  ends(value) {
    const parts = (value ?? "").split(" to ").map((text) => text.trim());
    const number = (text) => (text === undefined || text === "" || Number.isNaN(Number(text)) ? null : Number(text));
    return [number(parts[0]), number(parts[1])];
  }

  isPossible(value) {
    return this.ends(value).some((end) => end !== null);
  }

  passes(value) {
    const [low, high] = this.ends(value);
    return Uint8Array.from(this.values, (each) => (each !== null && (low === null || each >= low) && (high === null || each <= high) ? 1 : 0));
  }

  sentence(value) {
    const [low, high] = this.ends(value).map(plainNumber);
    if (low && high) return `${this.words} is from ${low} to ${high}`;
    return low ? `${this.words} is ${low} or more` : `${this.words} is ${high} or less`;
  }
}

/** Return the possible filters of a column by name, in the order of the menu. */
function filtersOf(column) {
  const filters = {};
  if (column.groupNames.length > 1) filters.group = new LabelFilter("group", column.groupNames, column.groups);
  if (COLOURINGS.count.isPossible(column)) filters.count = new NumberFilter("rows", column.counts, countRange(column));
  for (const each of column.side.filter((side) => side.isUseful)) {
    const make = () => (each.kind === "label" ? new LabelFilter(each.name, each.data.labels, each.data.codes) : new NumberFilter(each.name, each.data.values, each.range));
    filters[`side:${each.name}`] = make();
  }
  return filters;
}
