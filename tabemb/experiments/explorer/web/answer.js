// The panel next to the map: the most frequent categories, the neighbors of one, or the result of a query.

const AT_FIRST = 10;
const MORE = 20;
const FREQUENT = 20;

/** Return a key as Python code, or null if its type has no such form here. */
function pythonOf(column, row) {
  const kind = column.kindOf(row);
  if (kind === "text") return JSON.stringify(column.textOf(row));
  return kind === "number" || kind === "bool" ? column.textOf(row) : null;
}

class Answer {
  constructor(box, { picked, say, run }) {
    Object.assign(this, { box, picked, say, run });
  }

  /** A line of the list: a category that can be clicked, a number with a bar, and a confidence in percent. */
  line(column, row, figure, share, percent) {
    const bar = element("span", { class: "share" });
    bar.style.width = `${Math.max(0, 100 * share).toFixed(1)}%`;
    const button = element(
      "button",
      { type: "button", "data-row": row, title: column.nameOf(row), onclick: () => this.picked(row) },
      labelled(column.labels[row]),
      element("span", { class: "figure" }, figure),
      percent === undefined ? null : element("span", { class: "percent" }, percent === null ? "" : percentText(percent)),
      bar,
    );
    return element("li", {}, button);
  }

  frequent(column) {
    const n = Math.min(FREQUENT, column.size);
    const [, high] = column.counts ? countRange(column) : [0, 1];
    const lines = Array.from({ length: n }, (_, row) => {
      const count = column.counts ? column.counts[row] : null;
      return this.line(column, row, count === null ? "" : count.toLocaleString("en"), count === null ? 0 : count / (high || 1));
    });
    this.box.replaceChildren(
      element("h2", {}, column.counts ? "Most frequent" : "Categories"),
      column.warning ? this.warning(column) : element("p", { class: "quiet" }, "Choose a category, here or on the map, to see the most similar ones."),
      element("ol", {}, ...lines),
    );
  }

  /** Show the categories nearest to a sum and difference; return them, to be marked on the map. */
  nearest(column, question, n = AT_FIRST) {
    const { positive, negative, isPlain } = question;
    const title = this.sum(column, question.terms);
    const head = [element("h2", {}, element("small", {}, "Nearest to"), title), isPlain ? this.facts(column, positive[0]) : ""];
    if (column.warning) {
      this.box.replaceChildren(...head, this.warning(column));
      this.say(`${title.textContent}: ${column.warning}`);
      return [];
    }
    const near = mostSimilar(column, positive, negative, n);
    const percents = near.map((_, i) => (isPlain ? column.percentOf(positive[0], i) : null));
    const isSure = percents.some((each) => each !== null);
    const line = (each, i) => this.line(column, each.row, cosineText(each.score), each.score, isSure ? percents[i] : undefined);
    this.box.replaceChildren(
      ...head,
      near.length ? "" : element("p", { class: "quiet" }, "There is no other category."),
      element("ol", {}, ...near.map(line)),
      isSure ? this.explanation(column) : "",
      element("div", { class: "offers" }, this.more(column, question, n), near.length ? this.closeUp() : ""),
      this.python(column, positive, negative, n, isSure && n === column.confidence.k),
    );
    this.announce(column, title.textContent, near, percents);
    return near;
  }

  sum(column, terms) {
    const sign = (each, i) => (each.sign < 0 ? " \u2212 " : i ? " + " : "");
    return element("span", {}, ...terms.flatMap((each, i) => [sign(each, i), labelled(column.labels[each.row])]));
  }

  facts(column, row) {
    const told = [column.nameOf(row)].filter(Boolean);
    if (column.counts) told.push(counted(column.counts[row], "row", "rows"));
    if (column.groupNames.length > 1) told.push(`group of ${column.groupNames[column.groups[row]]}`);
    return element("p", { class: "quiet" }, told.join(" \u00b7 "));
  }

  /** Why the neighbors of the column mean nothing. */
  warning(column) {
    return element("p", { class: "warning" }, column.warning);
  }

  explanation(column) {
    const { k } = column.confidence;
    const nearest = k > 1 ? `among the ${k} nearest` : "the nearest";
    return element("p", { class: "quiet" }, `Cosine, and how often a neighbor is ${nearest} when the model is fitted to other rows.`);
  }

  more(column, question, n) {
    if (n >= column.size - 1 || n > AT_FIRST) return "";
    const click = () => this.shown(this.nearest(column, question, n + MORE));
    return element("button", { type: "button", class: "plain", onclick: click }, `${MORE} more`);
  }

  closeUp() {
    return element("button", { type: "button", class: "plain", onclick: () => this.zoomed() }, "Close up");
  }

  python(column, positive, negative, n, hasConfidence) {
    const keys = [...positive, ...negative].map((row) => pythonOf(column, row));
    if (keys.includes(null)) return "";
    const [plus, minus] = [keys.slice(0, positive.length), keys.slice(positive.length)];
    const query = minus.length || plus.length > 1 ? `[${plus.join(", ")}], [${minus.join(", ")}]` : plus[0];
    const code = `run = tabemb.open_run(${JSON.stringify(this.run)})\nrun.vectors[${JSON.stringify(column.name)}].most_similar(${query}, topn=${n}${hasConfidence ? ", confidence=True" : ""})`;
    return element("details", {}, element("summary", {}, "The same in Python"), element("pre", { tabindex: "0" }, code));
  }

  problem(column, error) {
    const { message, rows = [] } = error;
    const offers = rows.map((row) => element("button", { type: "button", class: "plain", onclick: () => this.picked(row) }, labelled(column.labels[row])));
    this.box.replaceChildren(element("h2", {}, "Not understood"), element("p", { class: "problem" }, message), element("div", { class: "offers" }, ...offers));
    this.say(message);
  }

  announce(column, title, near, percents) {
    const sure = (i) => (percents[i] === null ? "" : ` (${percentText(percents[i])})`);
    const told = near.slice(0, 5).map((each, i) => `${column.labels[each.row]} ${cosineText(each.score)}${sure(i)}`);
    this.say(near.length ? `Nearest to ${title}: ${told.join(", ")}.` : `${title}: there is no other category.`);
  }
}
