// Draws tens of thousands of dots by writing the pixels of a canvas, without a graphics card.

const RIM = 0.8;
const DOT_OPACITY = 0.88;
const FADED_OPACITY = 0.22;
const HALF_STEPS = 2;

/** Return [red, green, blue] as a pixel in the format of the canvas. */
const pixelOf = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** Return the pixels of a dot with a rim in the background color: position, color, and coverage (of 256). */
function stampOf(radius, colour, paper, opacity) {
  const reach = Math.ceil(radius + RIM);
  const stamp = { reach, dx: [], dy: [], pixels: [], cover: [] };
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const distance = Math.hypot(dx, dy);
      const whole = Math.min(1, Math.max(0, radius + RIM - distance + 0.5));
      if (!whole) continue;
      const inner = Math.min(1, Math.max(0, radius - distance + 0.5)) / whole;
      stamp.dx.push(dx);
      stamp.dy.push(dy);
      stamp.pixels.push(pixelOf(colour.map((each, i) => Math.round(each * inner + paper[i] * (1 - inner)))));
      stamp.cover.push(Math.round(256 * whole * opacity));
    }
  }
  for (const name of ["dx", "dy", "pixels", "cover"]) stamp[name] = Int32Array.from(stamp[name], (each) => each | 0);
  return stamp;
}

/** Paints dots on a canvas. */
class DotPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.stamps = new Map();
    this.look = "";
  }

  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Begin a frame; colors are "#rrggbb". */
  begin(paper, palette) {
    const look = paper + palette.join("");
    if (look !== this.look) this.stamps.clear();
    this.look = look;
    this.paper = rgbOf(paper);
    this.palette = palette.map(rgbOf);
    this.pixels.fill(pixelOf(this.paper));
  }

  stamp(radius, colour, faded) {
    const step = Math.max(1, Math.round(radius * HALF_STEPS));
    const name = (step * 64 + colour) * 2 + (faded ? 1 : 0);
    let stamp = this.stamps.get(name);
    if (!stamp) {
      stamp = stampOf(step / HALF_STEPS, this.palette[colour], this.paper, faded ? FADED_OPACITY : DOT_OPACITY);
      this.stamps.set(name, stamp);
    }
    return stamp;
  }

  /** Paint one dot, clipped to the canvas. */
  dot(x, y, radius, colour, faded) {
    const { width, height } = this.canvas;
    const stamp = this.stamp(radius, colour, faded);
    const { reach } = stamp;
    const left = Math.round(x);
    const top = Math.round(y);
    if (left < -reach || top < -reach || left >= width + reach || top >= height + reach) return;
    const inside = left >= reach && top >= reach && left < width - reach && top < height - reach;
    const { dx, dy, pixels: colours, cover } = stamp;
    const { pixels } = this;
    const centre = top * width + left;
    for (let i = 0; i < dx.length; i += 1) {
      if (!inside) {
        const px = left + dx[i];
        const py = top + dy[i];
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
      }
      const at = centre + dy[i] * width + dx[i];
      const under = pixels[at];
      const over = colours[i];
      const share = cover[i];
      // Red and blue together, green alone: two multiplications instead of three.
      const redBlue = ((Math.imul(under & 0xff00ff, 256 - share) + Math.imul(over & 0xff00ff, share)) >>> 8) & 0xff00ff;
      const green = ((Math.imul(under & 0xff00, 256 - share) + Math.imul(over & 0xff00, share)) >>> 8) & 0xff00;
      pixels[at] = (0xff000000 | redBlue | green) >>> 0;
    }
  }

  end() {
    this.context.putImageData(this.image, 0, 0);
  }
}
