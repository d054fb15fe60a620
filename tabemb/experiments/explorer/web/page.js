// Elements of the page. Labels come from a table, so they are only ever set as text, never as HTML.

/** Return the element with an id. */
const byId = (id) => document.getElementById(id);

/** Make an element with attributes and children; texts become text nodes. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((each) => each !== null));
  return made;
}

/** Return an integer with commas, and its noun. */
const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** Return a label in a separate element, so that right-to-left names do not affect the text around them. */
const labelled = (label, tag = "bdi") => element(tag, { class: "label" }, label);

/** Return a cosine with two digits and a typographic minus. */
const cosineText = (score) => score.toFixed(2).replace("-", "\u2212").replace("\u22120.00", "0.00");

/** Return a whole number of percent. */
const percentText = (percent) => `${percent}\u00a0%`;

/** Return [name, value] of what the side table says about a category, beside its readable name. */
function detailsOf(column, row) {
  const told = column.side.filter((each) => !each.isName).map((each) => [each.name, each.textOf(row)]);
  return told.filter(([, value]) => value);
}

// More side columns than these are only in the panel.
const MOST_DETAILS = 8;

/** The tooltip. */
class Tip {
  constructor(box) {
    this.box = box;
  }

  show(column, row, at, view, passes) {
    this.box.hidden = row === null;
    if (row === null) return;
    const near = column.warning ? [] : mostSimilar(column, [row], [], NEAR, passes);
    const percents = near.length ? percentsOf(column, row) : new Map();
    const sure = (each) => (percents.has(each.row) ? ` \u00b7 ${percentText(percents.get(each.row))}` : "");
    const details = detailsOf(column, row);
    const more = details.length > MOST_DETAILS ? `and ${details.length - MOST_DETAILS} more` : "";
    this.box.replaceChildren(
      labelled(column.labels[row], "strong"),
      column.nameOf(row) ? element("span", { class: "named" }, labelled(column.nameOf(row))) : "",
      column.counts ? element("span", {}, counted(column.counts[row], "row", "rows")) : "",
      ...details.slice(0, MOST_DETAILS).map(([name, value]) => element("span", {}, `${name}: `, labelled(value))),
      more ? element("span", {}, more) : "",
      ...near.map((each) => element("span", { class: "near" }, `${cosineText(each.score)}${sure(each)}  `, labelled(column.labels[each.row]))),
    );
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const left = at[0] + 16 + width < view.width ? at[0] + 16 : at[0] - 16 - width;
    const top = Math.min(Math.max(6, at[1] - height / 2), view.height - height - 6);
    this.box.style.transform = `translate(${Math.max(6, left)}px, ${top}px)`;
  }
}

/** Light or dark: the setting of the system, until the button is used. */
class Theme {
  constructor(button, changed) {
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.system.addEventListener("change", () => this.chosen || this.apply(changed));
    button.addEventListener("click", () => {
      this.chosen = this.isDark ? "light" : "dark";
      this.apply(changed);
    });
    this.button = button;
    this.apply(() => {});
  }

  get isDark() {
    return this.chosen ? this.chosen === "dark" : this.system.matches;
  }

  apply(changed) {
    const name = this.isDark ? "dark" : "light";
    document.documentElement.dataset.theme = name;
    this.button.setAttribute("aria-label", this.isDark ? "Use light colors" : "Use dark colors");
    this.button.title = this.button.getAttribute("aria-label");
    const style = getComputedStyle(document.documentElement);
    for (const colour of ["paper", "ink", "quiet", "accent"]) this[colour] = style.getPropertyValue(`--${colour}`).trim();
    changed();
  }
}
