// The panel next to the map: the most frequent categories, the neighbors of one, or the result of a query.

const AT_FIRST = 10;
const MORE = 20;
const FREQUENT = 20;
const MOST_LISTED = 200;

/** Return a key as Python code, or null if its type has no such form here. */
function pythonOf(column, row) {
  const kind = column.kindOf(row);
  if (kind === "text") return JSON.stringify(column.textOf(row));
  return kind === "number" || kind === "bool" ? column.textOf(row) : null;
}

class Answer {
  constructor(box, { picked, say, run }) {
    Object.assign(this, { box, picked, say, run });
    // Which categories pass the filter, and the filter in words; null if there is none.
    this.filter = null;
  }

  /** A line of the list: a category that can be clicked, a number with a bar, and a confidence in percent. */
  line(column, row, figure, share, percent) {
    const bar = element("span", { class: "share" });
    bar.style.width = `${Math.max(0, 100 * share).toFixed(1)}%`;
    const button = element(
      "button",
      { type: "button", "data-row": row, title: column.nameOf(row), onclick: () => this.picked(row) },
      element("span", { class: "what" }, labelled(column.labels[row]), column.nameOf(row) ? element("bdi", { class: "named" }, column.nameOf(row)) : null),
      element("span", { class: "figure" }, figure),
      percent === undefined ? null : element("span", { class: "percent" }, percent === null ? "" : percentText(percent)),
      bar,
    );
    return element("li", {}, button);
  }

  /** Lines with the number of rows of some categories. */
  counts(column, rows) {
    const [, high] = column.counts ? countRange(column) : [0, 1];
    return rows.map((row) => {
      const count = column.counts ? column.counts[row] : null;
      return this.line(column, row, count === null ? "" : count.toLocaleString("en"), count === null ? 0 : count / (high || 1));
    });
  }

  /** Show the categories that a filter leaves, or that a line surrounds, to be copied or saved. */
  listed(column, rows, isLasso) {
    const where = [isLasso ? "Inside the line on the map" : "", this.filter?.sentence ?? ""].filter(Boolean).join("; ");
    const title = counted(rows.length, "category", "categories");
    const rest = rows.length - MOST_LISTED;
    this.box.replaceChildren(
      element("h2", {}, isLasso ? `${title} selected` : `${title} of ${column.size.toLocaleString("en")}`),
      element("p", { class: "quiet" }, `${where}.`),
      rows.length ? this.exits(column, rows, isLasso) : element("div", { class: "offers" }, isLasso ? this.clear() : ""),
      element("ol", {}, ...this.counts(column, rows.slice(0, MOST_LISTED))),
      rest > 0 ? element("p", { class: "quiet" }, `and ${rest.toLocaleString("en")} more, all of which are in the CSV file.`) : "",
    );
    this.say(`${column.name}: ${title}. ${where}.`);
  }

  exits(column, rows, isLasso) {
    const copy = element("button", { type: "button", class: "plain", title: "Keys, one per line" }, "Copy");
    copy.addEventListener("click", async () => {
      const isDone = await copied(rows.map((row) => column.textOf(row)).join("\n"));
      copy.textContent = isDone ? "Copied" : "Not copied";
      this.say(isDone ? `${counted(rows.length, "key", "keys")} copied.` : "The browser did not allow the copy. Download the CSV file instead.");
    });
    const save = () => download(csvOf(column, rows), `${column.name.replace(/[^\p{L}\p{N}_-]+/gu, "_")}.csv`);
    const button = element("button", { type: "button", class: "plain", title: "Keys, rows and side columns", onclick: save }, "Download CSV");
    return element("div", { class: "offers" }, copy, button, isLasso ? this.closeUp() : "", isLasso ? this.clear() : "");
  }

  clear() {
    return element("button", { type: "button", class: "plain", onclick: () => this.picked(null) }, "Clear");
  }

  frequent(column) {
    const lines = this.counts(column, column.frequent.slice(0, FREQUENT));
    this.box.replaceChildren(
      element("h2", {}, column.counts ? "Most frequent" : "Categories"),
      column.warning ? this.warning(column) : element("p", { class: "quiet" }, "Choose a category, here or on the map, to see the most similar ones."),
      element("ol", {}, ...lines),
    );
    this.say(`${column.name}: ${counted(column.size, "category", "categories")}.`);
  }

  /** Show the categories nearest to a sum and difference; return them, to be marked on the map. */
  nearest(column, question, n = AT_FIRST) {
    const { positive, negative, isPlain } = question;
    const title = this.sum(column, question.terms);
    const head = [element("h2", {}, element("small", {}, "Nearest to"), title), isPlain ? this.facts(column, positive[0]) : "", isPlain ? this.details(column, positive[0]) : ""];
    if (column.warning) {
      this.box.replaceChildren(...head, this.warning(column));
      this.say(`${title.textContent}: ${column.warning}`);
      return [];
    }
    const near = mostSimilar(column, positive, negative, n, this.filter?.passes);
    const known = isPlain ? percentsOf(column, positive[0]) : new Map();
    const percents = near.map((each) => known.get(each.row) ?? null);
    const isSure = percents.some((each) => each !== null);
    const line = (each, i) => this.line(column, each.row, cosineText(each.score), each.score, isSure ? percents[i] : undefined);
    this.box.replaceChildren(
      ...head,
      this.filter ? element("p", { class: "quiet" }, `Only categories where ${this.filter.sentence}.`) : "",
      near.length ? "" : element("p", { class: "quiet" }, "There is no other category."),
      element("ol", {}, ...near.map(line)),
      isSure ? this.explanation(column) : "",
      element("div", { class: "offers" }, this.more(column, question, n), near.length ? this.closeUp() : ""),
      this.filter ? "" : this.python(column, positive, negative, n, isSure && n === column.confidence.k),
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

  /** What the side table says about a category. */
  details(column, row) {
    const details = detailsOf(column, row);
    if (!column.side.length) return "";
    if (!details.length) return element("p", { class: "quiet" }, `${column.source} has nothing about it.`);
    const lines = details.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, labelled(value))));
    return element("dl", { class: "side" }, ...lines);
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
    const [setup, vectors] = column.data.python ?? ["", `run.vectors[${JSON.stringify(column.name)}]`];
    const code = `${setup}${setup && "\n"}run = tabemb.open_run(${JSON.stringify(this.run)})\n${vectors}.most_similar(${query}, topn=${n}${hasConfidence ? ", confidence=True" : ""})`;
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
