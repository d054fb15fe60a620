// The map: dots, and above them names, lines to neighbors and rings.

// In columns with at most this many categories, names avoid dots.
const FEW = 500;
// Radii of dots, and how many square pixels they may cover, about an eighth of a map.
const LEAST = 3.5;
const LARGEST = 14;
const LARGEST_OF_MANY = 11;
const SMALLEST = 1.6;
const MOST_COVERED = 75000;
const MOST_LABELS = 60;
const MOST_LABELS_OF_MANY = 36;
const SPACE = 18;
// Milliseconds: above which a frame is slow, and of the pause after which a movement has ended.
const SLOW = 10;
const REST = 180;
const MOST_TRIED = 600;
const LABEL_FONT = "12px system-ui, sans-serif";
const LABEL_HEIGHT = 15;
const LONGEST_LABEL = 30;
const HOVER_REACH = 9;
const TOUCH_REACH = 22;

/** Return a label cut to a length that fits on a map. */
function shortened(label, longest = LONGEST_LABEL) {
  return label.length <= longest ? label : `${label.slice(0, longest - 1).trimEnd()}\u2026`;
}

/** Return whether two boxes, [left, top, right, bottom], overlap or are closer than a horizontal gap. */
const overlap = (one, two, gap) => one[0] < two[2] + gap && two[0] < one[2] + gap && one[1] < two[3] && two[1] < one[3];

/** Return the radius of each dot in pixels: its area grows with the count, and all dots together leave most of the map free. */
function radiiOf(column) {
  const most = column.size > FEW ? LARGEST_OF_MANY : LARGEST;
  const high = column.counts ? countRange(column)[1] || 1 : 1;
  const share = (row) => (column.counts ? column.counts[row] / high : 0.15);
  const radii = Float32Array.from({ length: column.size }, (_, row) => Math.sqrt(LEAST ** 2 + (most ** 2 - LEAST ** 2) * share(row)));
  const area = Math.PI * radii.reduce((sum, radius) => sum + radius ** 2, 0);
  const shrink = Math.min(1, Math.sqrt(MOST_COVERED / area));
  return radii.map((radius) => Math.max(SMALLEST, radius * shrink));
}

class CategoryMap {
  constructor({ frame, dots, above, tip, buttons }, { picked, lassoed }) {
    Object.assign(this, { frame, above, tip, buttons, picked });
    this.painter = new DotPainter(dots);
    this.ink = above.getContext("2d");
    this.view = new View();
    this.marked = { chosen: [], near: [], target: null };
    this.hover = null;
    // The rows that a filter leaves, as 0 or 1, and a line around categories: as positions, and as pixels while drawn.
    this.passes = this.lasso = this.line = null;
    this.gestures = new Gestures(frame, this.view, {
      changed: () => this.move(),
      clicked: (at, kind) => this.click(at, kind),
      hovered: (at) => this.point(at),
      drawn: (line) => {
        this.line = line;
        this.invalidate();
      },
      lassoed: (line) => lassoed(line.map((corner) => this.view.placeAt(...corner))),
    });
    new ResizeObserver(() => this.resize()).observe(frame);
  }

  /** Show a column on one of its maps. */
  show(column, map, colouring, theme, below, passes) {
    const places = column.placesOn(map);
    const isNew = places !== this.places;
    if (column !== this.column) {
      this.radii = radiiOf(column);
      // Large dots first, so that they do not hide small ones.
      this.order = Uint32Array.from(column.labels.keys()).sort((one, two) => this.radii[two] - this.radii[one]);
      this.widths = new Map();
      this.hover = null;
      // The marks are rows of the column before.
      this.mark([], []);
    }
    Object.assign(this, { column, places, theme, passes });
    Object.assign(this, colouring.of(column, theme.isDark));
    this.view.below = below + SPACE;
    if (isNew) this.view.fit(places);
    this.resize();
  }

  /** Mark the chosen categories, and the nearest ones: [{row, score}]. */
  mark(chosen, near) {
    this.marked = { chosen, near };
    this.lit = chosen.length || near.length ? new Set([...chosen, ...near.map((each) => each.row)]) : null;
    this.invalidate();
  }

  /** Show a line around categories, given by positions. */
  surround(corners) {
    this.lasso = corners;
    this.invalidate();
  }

  /** Whether a category is shown: it passes the filter, or is chosen. */
  isShown(row) {
    return !this.passes || this.passes[row] === 1 || this.marked.chosen.includes(row);
  }

  /** Move the view to a category that is outside of it. */
  reveal(row) {
    const [x, y] = this.at(row);
    if (!this.view.isInside(x, y, MARGIN)) this.view.pan(this.view.width / 2 - x, this.view.height / 2 - y);
    this.invalidate();
  }

  /** Zoom to the marked categories. */
  closeUp() {
    this.view.closeUp(this.places, [...this.lit]);
    this.invalidate();
  }

  whole() {
    this.view.showAll();
    this.invalidate();
  }

  zoom(factor) {
    this.view.zoomAt(factor);
    this.invalidate();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!width || !height || !this.places) return;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.view.resize(width, height);
    [this.above.width, this.above.height] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    this.sharpen(this.ratio);
    this.draw();
  }

  /** Set the resolution of the dots, in pixels per pixel of the window. */
  sharpen(ratio) {
    this.dotRatio = ratio;
    this.painter.resize(Math.round(this.view.width * ratio), Math.round(this.view.height * ratio));
  }

  /** Draw while the view is changing: coarsely if a frame would take too long. */
  move() {
    if (this.isSlow && this.dotRatio > 1) this.sharpen(1);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (this.dotRatio === this.ratio) return;
      this.sharpen(this.ratio);
      this.invalidate();
    }, REST);
    this.invalidate();
  }

  invalidate() {
    this.pending ??= requestAnimationFrame(() => this.draw());
  }

  at(row) {
    return [this.view.x(this.places[2 * row]), this.view.y(this.places[2 * row + 1])];
  }

  draw() {
    if (this.pending) cancelAnimationFrame(this.pending);
    this.pending = null;
    if (!this.places || !this.painter.pixels) return;
    const begin = performance.now();
    this.drawDots();
    const { ink, view } = this;
    ink.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ink.clearRect(0, 0, view.width, view.height);
    this.drawLasso();
    this.drawLines();
    this.drawRings();
    this.drawLabels();
    if (this.dotRatio === this.ratio) this.isSlow = performance.now() - begin > SLOW;
  }

  /** Dots grow slightly with the zoom. */
  get growth() {
    return Math.min(3.5, Math.max(1, this.view.zoom ** 0.27));
  }

  drawDots() {
    const { painter, places, view, radii, index, lit, dotRatio: ratio } = this;
    painter.begin(this.theme.paper, this.palette);
    const grown = this.growth * ratio;
    const paint = (row, faded) => {
      const x = view.x(places[2 * row]) * ratio;
      const y = view.y(places[2 * row + 1]) * ratio;
      painter.dot(x, y, radii[row] * grown, index[row], faded);
    };
    for (const row of this.order) if (!lit?.has(row) && this.isShown(row)) paint(row, lit !== null && lit !== undefined);
    for (const row of lit ?? []) paint(row, false);
    painter.end();
  }

  drawLasso() {
    const line = this.line ?? this.lasso?.map(([x, y]) => [this.view.x(x), this.view.y(y)]);
    if (!line) return;
    const { ink } = this;
    ink.beginPath();
    line.forEach(([x, y], i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
    ink.closePath();
    ink.fillStyle = ink.strokeStyle = this.theme.accent;
    ink.globalAlpha = 0.1;
    ink.fill();
    ink.globalAlpha = 0.8;
    ink.lineWidth = 1.5;
    ink.stroke();
    ink.globalAlpha = 1;
  }

  drawLines() {
    const { ink, marked } = this;
    if (marked.chosen.length !== 1) return;
    const [x, y] = this.at(marked.chosen[0]);
    ink.strokeStyle = this.theme.ink;
    for (const { row, score } of marked.near) {
      ink.globalAlpha = 0.15 + 0.5 * Math.max(0, score);
      ink.lineWidth = 0.6 + 1.4 * Math.max(0, score);
      ink.beginPath();
      ink.moveTo(x, y);
      ink.lineTo(...this.at(row));
      ink.stroke();
    }
    ink.globalAlpha = 1;
  }

  drawRings() {
    const rings = this.marked.chosen.map((row) => [row, 2.4]);
    if (this.hover !== null) rings.push([this.hover, 1.4]);
    this.ink.strokeStyle = this.theme.ink;
    for (const [row, width] of rings) {
      this.ink.lineWidth = width;
      this.ink.beginPath();
      this.ink.arc(...this.at(row), this.radii[row] * this.growth + 3, 0, 2 * Math.PI);
      this.ink.stroke();
    }
  }

  /** Write names where there is room: of the chosen categories, their neighbors, and the most frequent ones. */
  drawLabels() {
    const { ink, marked } = this;
    ink.font = LABEL_FONT;
    ink.textBaseline = "middle";
    ink.lineJoin = "round";
    ink.lineWidth = 3.5;
    ink.strokeStyle = this.theme.paper;
    const taken = this.boxesOfButtons();
    const first = [...marked.chosen, ...marked.near.map((each) => each.row)];
    this.dotBoxes = this.column.size <= FEW ? this.boxesOfDots() : [];
    for (const row of first.slice(0, MOST_TRIED)) this.label(row, taken);
    // If categories are marked, other names would get in their way.
    if (!first.length) this.labelFrequent(taken);
  }

  /** The buttons above the map, as boxes in its pixels. */
  boxesOfButtons() {
    const { left, top } = this.frame.getBoundingClientRect();
    return this.buttons.map((each) => each.getBoundingClientRect()).map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
  }

  boxesOfDots() {
    return Array.from(this.column.labels.keys(), (row) => {
      const [x, y] = this.at(row);
      const reach = this.radii[row] * this.growth;
      return [x - reach, y - reach, x + reach, y + reach];
    });
  }

  labelFrequent(taken) {
    const most = taken.length + (this.column.size > FEW ? MOST_LABELS_OF_MANY : MOST_LABELS);
    let tried = 0;
    for (const row of this.column.frequent) {
      if (taken.length >= most || tried >= MOST_TRIED) break;
      if (!this.isShown(row) || !this.view.isInside(...this.at(row))) continue;
      tried += 1;
      this.label(row, taken);
    }
  }

  label(row, taken) {
    const text = shortened(this.column.labels[row]);
    const [x, y] = this.at(row);
    if (!this.view.isInside(x, y)) return;
    const box = this.freePlace(x, y, this.widthOf(row, text), this.radii[row] * this.growth + 4, taken);
    if (!box) return;
    taken.push(box);
    this.ink.fillStyle = this.theme.ink;
    this.ink.strokeText(text, box[0], box[1] + LABEL_HEIGHT / 2);
    this.ink.fillText(text, box[0], box[1] + LABEL_HEIGHT / 2);
  }

  widthOf(row, text) {
    if (!this.widths.has(row)) this.widths.set(row, this.ink.measureText(text).width);
    return this.widths.get(row);
  }

  /** Return [left, top, right, bottom] of the first free position for a name next to a dot. */
  freePlace(x, y, width, gap, taken) {
    const places = [
      [x + gap, y - LABEL_HEIGHT / 2],
      [x - gap - width, y - LABEL_HEIGHT / 2],
      [x - width / 2, y - gap - LABEL_HEIGHT],
      [x - width / 2, y + gap],
    ];
    const free = places
      .map(([left, top]) => [left, top, left + width, top + LABEL_HEIGHT])
      .filter((box) => box[0] >= 2 && box[1] >= 2 && box[2] <= this.view.width - 2 && box[3] <= this.view.height - 2)
      .filter((box) => !taken.some((each) => overlap(box, each, 3)));
    // Positions without dots are preferred; if all four have dots, the first.
    return free.find((box) => !this.dotBoxes.some((each) => overlap(box, each, 0))) ?? free[0] ?? null;
  }

  /** Return the category under a pixel, the nearest one within reach, or null. */
  under([x, y], reach = HOVER_REACH) {
    const { view, places, radii, growth } = this;
    let [found, least] = [null, Infinity];
    for (let row = 0; row < this.column.size; row += 1) {
      if (!this.isShown(row)) continue;
      const dx = view.x(places[2 * row]) - x;
      const dy = view.y(places[2 * row + 1]) - y;
      const beyond = Math.hypot(dx, dy) - radii[row] * growth;
      if (beyond < Math.min(reach, least)) [found, least] = [row, beyond];
    }
    return found;
  }

  point(at) {
    const row = at && this.under(at);
    this.frame.classList.toggle("pointing", row !== null);
    if (row === this.hover) return;
    this.hover = row;
    this.tip.show(this.column, row, row === null ? null : this.at(row), this.view, this.passes);
    this.invalidate();
  }

  click(at, kind) {
    this.picked(this.under(at, kind === "mouse" ? HOVER_REACH : TOUCH_REACH));
  }
}
