// The visible part of a map, and its control by pointer, wheel and keys.

const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 500;
// Maximum pixels for half of a map, so that equal positions are not magnified without end.
const MOST_SCALE = 1e5;
// Pixels around the map; the number below it depends on the legend.
const MARGIN = 44;
const ABOVE = 30;
const CLICK_REACH = 5;
const LINE_STEP = 3;
const KEY_STEP = 60;
const KEY_ZOOM = 1.4;

/** Return [left, right, low, high] of positions (x and y alternating), of some rows or of all. */
function boxOf(places, rows) {
  const box = [Infinity, -Infinity, Infinity, -Infinity];
  for (const row of rows) {
    box[0] = Math.min(box[0], places[2 * row]);
    box[1] = Math.max(box[1], places[2 * row]);
    box[2] = Math.min(box[2], places[2 * row + 1]);
    box[3] = Math.max(box[3], places[2 * row + 1]);
  }
  return box;
}

/** Converts between positions on a map and pixels of the window. */
class View {
  constructor() {
    this.width = this.height = 1;
    this.below = ABOVE;
    this.fit(new Float32Array([-1, -1, 1, 1]));
  }

  resize(width, height) {
    if (width === this.width && height === this.height) return;
    const { zoom, isWhole } = this;
    this.width = width;
    this.height = height;
    this.whole = this.scaleOf(this.extent);
    this.scale = this.whole * zoom;
    if (isWhole) this.showAll();
  }

  /** Show all positions (x and y alternating). */
  fit(places) {
    const [left, right, low, high] = boxOf(places, Array(places.length / 2).keys());
    this.extent = [right - left, high - low];
    this.middle = [(left + right) / 2, (low + high) / 2];
    this.showAll();
  }

  showAll() {
    this.whole = this.scale = this.scaleOf(this.extent);
    this.centre = [this.middle[0], this.middle[1] - (this.below - ABOVE) / 2 / this.scale];
    this.isWhole = true;
  }

  /** Zoom to some rows. */
  closeUp(places, rows) {
    const [left, right, low, high] = boxOf(places, rows);
    this.isWhole = false;
    this.scale = Math.min(MOST_ZOOM * this.whole, 0.8 * this.scaleOf([right - left, high - low]));
    this.centre = [(left + right) / 2, (low + high) / 2 - (this.below - ABOVE) / 2 / this.scale];
  }

  scaleOf(extent) {
    const room = [Math.max(40, this.width - 2 * MARGIN), Math.max(40, this.height - ABOVE - this.below)];
    return Math.min(...extent.map((each, i) => room[i] / Math.max(each, 1e-6)), MOST_SCALE);
  }

  get zoom() {
    return this.scale / this.whole;
  }

  x(place) {
    return (place - this.centre[0]) * this.scale + this.width / 2;
  }

  y(place) {
    return (this.centre[1] - place) * this.scale + this.height / 2;
  }

  /** Return the position at a pixel. */
  placeAt(x, y) {
    return [(x - this.width / 2) / this.scale + this.centre[0], this.centre[1] - (y - this.height / 2) / this.scale];
  }

  /** Move by so many pixels. */
  pan(dx, dy) {
    this.isWhole = false;
    this.centre = [this.centre[0] - dx / this.scale, this.centre[1] + dy / this.scale];
  }

  /** Zoom by a factor around the pixel (x, y). */
  zoomAt(factor, x = this.width / 2, y = this.height / 2) {
    this.isWhole = false;
    const scale = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.zoom * factor)) * this.whole;
    const [dx, dy] = [x - this.width / 2, y - this.height / 2];
    const change = 1 / this.scale - 1 / scale;
    this.centre = [this.centre[0] + dx * change, this.centre[1] - dy * change];
    this.scale = scale;
  }

  isInside(x, y, margin = 0) {
    return x >= margin && y >= margin && x <= this.width - margin && y <= this.height - margin;
  }
}

/** Converts events of pointers, wheel and keys on an element to movements of a view. */
class Gestures {
  constructor(element, view, { changed, clicked, hovered, drawn, lassoed }) {
    Object.assign(this, { element, view, changed, clicked, hovered, drawn, lassoed });
    this.pointers = new Map();
    // Whether a drag draws a line around categories; with the shift key it always does.
    this.isLasso = false;
    this.line = null;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", (event) => this.cancel(event));
    element.addEventListener("pointerleave", () => this.pointers.size || hovered(null));
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
  }

  at(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button) return;
    this.element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 1) [this.travelled, this.pinched] = [0, false];
    // A second finger zooms.
    if (this.line) this.drawn(null);
    this.line = this.pointers.size === 1 && (this.isLasso || event.shiftKey) ? [this.at(event)] : null;
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.line = null;
    this.drawn(null);
  }

  move(event) {
    const [now, before] = [this.at(event), this.pointers.get(event.pointerId)];
    if (!before) {
      if (event.pointerType === "mouse") this.hovered(now);
      return;
    }
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    this.travelled += Math.hypot(dx, dy);
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.line) this.draw(now);
    else if (this.travelled > CLICK_REACH) this.view.pan(dx, dy);
    this.pointers.set(event.pointerId, now);
    if (this.line) return;
    if (this.travelled > CLICK_REACH) {
      this.element.classList.add("dragging");
      this.hovered(null);
      this.changed();
    }
  }

  draw(now) {
    const last = this.line.at(-1);
    if (Math.hypot(now[0] - last[0], now[1] - last[1]) < LINE_STEP) return;
    this.line.push(now);
    this.hovered(null);
    this.drawn(this.line);
  }

  pinch(id, before, now) {
    const [, other] = [...this.pointers].find(([each]) => each !== id);
    const span = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    this.pinched = true;
    this.view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.view.zoomAt(span(now) / span(before), ...middle);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.element.classList.remove("dragging");
    const { line } = this;
    this.line = null;
    if (line) this.drawn(null);
    if (line && line.length > 2 && this.travelled > CLICK_REACH) this.lassoed(line);
    else if (this.travelled <= CLICK_REACH && !this.pinched) this.clicked(this.at(event), event.pointerType);
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? this.view.height : 1);
    // A pinch on a touch pad arrives as a wheel event with the control key, in smaller steps.
    this.view.zoomAt(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), ...this.at(event));
    this.changed();
  }

  key(event) {
    const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key in steps && !event.altKey && !event.metaKey && !event.ctrlKey) {
      this.view.pan(...steps[event.key].map((each) => each * KEY_STEP));
    } else return;
    event.preventDefault();
    this.changed();
  }
}
