// Nearest neighbors by cosine, as CategoryVectors.most_similar (3CosAdd: Levy & Goldberg 2014, equation 2).

/** Return the sum of the unit vectors of some rows minus those of others, scaled to length one. */
function queryOf(column, positive, negative) {
  const { vectors, dim } = column;
  const sum = new Float64Array(dim);
  const add = (rows, sign) => {
    for (const row of rows) for (let i = 0; i < dim; i += 1) sum[i] += sign * vectors[row * dim + i];
  };
  add(positive, 1);
  add(negative, -1);
  const length = Math.hypot(...sum) || 1;
  return sum.map((each) => each / length);
}

/** Return the cosine of every row with a unit vector. */
function cosines(column, query) {
  const { vectors, dim, size } = column;
  const scores = new Float64Array(size);
  for (let row = 0, at = 0; row < size; row += 1) {
    let sum = 0;
    for (let i = 0; i < dim; i += 1, at += 1) sum += vectors[at] * query[i];
    scores[row] = Math.min(1, Math.max(-1, sum));
  }
  return scores;
}

/** Return the n rows with the highest scores, best first, ties by row; only those that pass a filter, if there is one. */
function best(scores, n, without, passes) {
  const left = new Set(without);
  const found = [];
  for (let row = 0; row < scores.length; row += 1) {
    if (found.length === n && scores[row] <= scores[found[n - 1]]) continue;
    if (left.has(row) || (passes && !passes[row])) continue;
    let place = found.length;
    while (place > 0 && scores[found[place - 1]] < scores[row]) place -= 1;
    found.splice(place, 0, row);
    if (found.length > n) found.pop();
  }
  return found;
}

/** Return [{row, score}] for the categories nearest to a sum and difference of others, which are excluded. */
function mostSimilar(column, positive, negative, n, passes = null) {
  const scores = cosines(column, queryOf(column, positive, negative));
  return best(scores, n, [...positive, ...negative], passes).map((row) => ({ row, score: scores[row] }));
}

/** Return in how many percent of fits to other rows each neighbor of a category comes back, by row; empty if unknown. */
function percentsOf(column, row) {
  const { confidence } = column;
  if (!confidence || column.percentOf(row, 0) === null) return new Map();
  return new Map(mostSimilar(column, [row], [], confidence.width).map((each, i) => [each.row, column.percentOf(row, i)]));
}
