// The search box: shows suggestions while a key is typed, and submits the query on Enter.

/** Return a text in parts, with the first occurrence of a part marked. */
function highlighted(text, part) {
  const at = text.toLowerCase().indexOf(part);
  if (at < 0) return [text];
  return [text.slice(0, at), element("mark", {}, text.slice(at, at + part.length)), text.slice(at + part.length)];
}

class Search {
  constructor({ input, list }, { asked, say }) {
    Object.assign(this, { input, list, asked, say, rows: [], active: -1 });
    input.addEventListener("input", () => this.suggest());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
  }

  use(book) {
    this.book = book;
    this.input.placeholder = this.example();
    this.close();
  }

  /** Return an example of a query. */
  example() {
    const [a, b, c] = this.book.column.labels.slice(0, 3).map((label) => written(shortened(label, 14)));
    return c === undefined ? "Search" : `Search, or ${a} - ${b} + ${c}`;
  }

  set text(text) {
    this.input.value = text;
    this.close();
  }

  suggest() {
    const term = lastTerm(this.input.value);
    this.rows = this.book.suggest(term.key);
    this.active = -1;
    const small = term.key.trim().toLowerCase();
    this.list.replaceChildren(...this.rows.map((row, i) => this.option(row, i, small)));
    this.open(this.rows.length > 0);
    if (small) this.say(this.rows.length ? counted(this.rows.length, "suggestion", "suggestions") : "No suggestions");
  }

  option(row, i, small) {
    const { labels, counts } = this.book.column;
    const label = labels[row];
    const marked = element("bdi", { class: "label" }, ...highlighted(label, small));
    const name = this.book.column.nameOf(row);
    const named = name ? element("span", { class: "quiet" }, ...highlighted(name, small)) : null;
    const count = counts ? element("small", {}, counts[row].toLocaleString("en")) : null;
    const chosen = (event) => {
      // The box keeps the focus.
      event.preventDefault();
      this.take(i);
    };
    return element("li", { role: "option", id: `option-${i}`, "aria-selected": "false", onpointerdown: chosen }, marked, named, count);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.activate(-1);
  }

  close() {
    this.rows = [];
    this.open(false);
  }

  activate(i) {
    this.active = i;
    [...this.list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === i)));
    if (i < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `option-${i}`);
      this.list.children[i].scrollIntoView({ block: "nearest" });
    }
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.rows.length) {
      const n = this.rows.length;
      this.activate(this.active < 0 && step < 0 ? n - 1 : (this.active + step + n) % n);
    } else if (event.key === "Enter") this.enter();
    else if (event.key === "Escape" && !this.list.hidden) {
      this.close();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  }

  enter() {
    if (this.active >= 0) this.take(this.active);
    else {
      const text = this.input.value;
      const only = this.rows.length === 1 && !this.book.find(lastTerm(text).key).length;
      if (only) this.take(0);
      else this.ask(text);
    }
  }

  /** Replace the typed key by a suggestion; a single key is submitted at once. */
  take(i) {
    const row = this.rows[i];
    const { start } = lastTerm(this.input.value);
    const before = this.input.value.slice(0, start);
    const label = this.book.column.labels[row];
    this.text = before.trim() ? before + written(label) : label;
    this.input.focus();
    this.ask(this.input.value);
  }

  ask(text) {
    this.close();
    this.asked(text);
  }
}
