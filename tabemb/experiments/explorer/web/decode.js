// Decode the data of the page to typed arrays. Numbers are little-endian, as on the processors of all browsers.

/** Return the bytes of a base64 text. */
function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Scale each row of integers to length one; a row of zeros stays unchanged. */
function unitRows(whole, n, dim) {
  const unit = new Float32Array(n * dim);
  for (let row = 0; row < n; row += 1) {
    const from = row * dim;
    let square = 0;
    for (let i = from; i < from + dim; i += 1) square += whole[i] * whole[i];
    const length = Math.sqrt(square) || 1;
    for (let i = from; i < from + dim; i += 1) unit[i] = whole[i] / length;
  }
  return unit;
}

/** A column of the run: its labels, counts, unit vectors, maps and groups, decoded on first access. */
class Column {
  constructor(data) {
    this.name = data.name;
    this.labels = data.labels;
    // Only for keys whose label differs from their text.
    this.texts = new Map(Object.entries(data.texts).map(([row, text]) => [Number(row), text]));
    // Readable names of some keys, such as of an airport; or their keys, if the labels are titles.
    this.names = new Map(Object.entries(data.names).map(([row, name]) => [Number(row), name]));
    this.titled = data.titled;
    this.kinds = data.kinds;
    this.counts = data.counts;
    this.dim = data.dim;
    this.groupNames = data.group_names;
    this.maps = data.maps;
    // Why the neighbors mean nothing, if they come back by chance only.
    this.warning = data.warning;
    this.confidence = data.confidence;
    this.data = data;
    // What a table of the user says, and how many categories it has a row for.
    this.source = data.side?.source ?? "";
    this.side = (data.side?.columns ?? []).map((each) => new SideColumn(each, this.source));
    this.places = new Map();
  }

  /** The rows, the most frequent first. */
  get frequent() {
    this.order ??= this.data.frequent ?? Array.from(this.labels.keys());
    return this.order;
  }

  get size() {
    return this.labels.length;
  }

  get vectors() {
    this.unit ??= unitRows(new Int16Array(bytesOf(this.data.vectors).buffer), this.size, this.dim);
    return this.unit;
  }

  get groups() {
    this.group ??= bytesOf(this.data.groups);
    return this.group;
  }

  /** Return in how many percent of fits to other rows a row's i-th nearest neighbor comes back, or null if unknown. */
  percentOf(row, i) {
    if (!this.confidence) return null;
    this.percents ??= bytesOf(this.confidence.percents);
    const { width } = this.confidence;
    return i < width ? (this.percents[row * width + i] ?? null) : null;
  }

  /** Return x and y of each category on one of the maps, between -1 and 1. */
  placesOn(map) {
    if (!this.places.has(map)) this.places.set(map, new Float32Array(bytesOf(this.maps[map].places).buffer));
    return this.places.get(map);
  }

  /** Return the text of a row's key. Keys of different types may have the same text. */
  textOf(row) {
    return this.texts.get(row) ?? this.labels[row];
  }

  /** Return the readable name of a row's key, empty if none is known. */
  nameOf(row) {
    return this.names.get(row) ?? "";
  }

  /** Return "text", "number", ... of a row's key. */
  kindOf(row) {
    return typeof this.kinds === "string" ? this.kinds : this.kinds[row];
  }
}
