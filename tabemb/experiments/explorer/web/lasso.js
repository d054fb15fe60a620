// The lasso: a line drawn around categories, as positions on the map, so that it is part of the URL.

const MOST_CORNERS = 64;

/** Return a closed line as text: "x,y;x,y;...", with few enough corners for a URL. */
function lassoText(corners) {
  const step = Math.max(1, corners.length / MOST_CORNERS);
  const n = Math.min(MOST_CORNERS, corners.length);
  const kept = Array.from({ length: n }, (_, i) => corners[Math.floor(i * step)]);
  return kept.map((corner) => corner.map((each) => String(Number(each.toFixed(6)))).join(",")).join(";");
}

/** Return the corners of a line, or null if the text is not one. */
function lassoOf(text) {
  const corners = (text ?? "").split(";").map((corner) => corner.split(",").map(Number));
  return corners.length >= 3 && corners.every((corner) => corner.length === 2 && corner.every(Number.isFinite)) ? corners : null;
}

/** Return whether a position is inside a closed line: a ray from it crosses the line an odd number of times. */
function isInside(corners, x, y) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Return the rows of the categories inside a closed line, if there is one, that pass the filter, if there is one. */
function rowsInside(corners, places, passes) {
  const rows = [];
  for (let row = 0; 2 * row < places.length; row += 1) {
    if ((!passes || passes[row]) && (!corners || isInside(corners, places[2 * row], places[2 * row + 1]))) rows.push(row);
  }
  return rows;
}
