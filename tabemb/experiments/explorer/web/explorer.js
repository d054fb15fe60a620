// The page as a whole. Its state is in the URL, and everything else is derived from it.

const SAID = ["column", "map", "colour", "key", "ask"];

class Explorer {
  constructor(data) {
    this.columns = data.columns.map((each) => new Column(each));
    this.say = (words) => byId("live").replaceChildren(words);
    this.theme = new Theme(byId("theme"), () => this.show());
    const picked = (row) => (row === null ? this.go({ key: null, ask: null }) : this.pick(row));
    this.map = new CategoryMap(
      { frame: byId("map"), dots: byId("dots"), above: byId("above"), tip: new Tip(byId("tip")) },
      { picked },
    );
    this.search = new Search({ input: byId("search"), list: byId("options") }, { asked: (text) => this.ask(text), say: this.say });
    this.answer = new Answer(byId("answer"), { picked, say: this.say, run: data.run });
    this.answer.zoomed = () => this.map.closeUp();
    this.answer.shown = (near) => this.map.mark(this.chosen, near);
    this.wire();
    this.read();
  }

  wire() {
    for (const id of ["column", "map-kind", "colour"]) {
      byId(id).addEventListener("change", (event) => {
        const name = id === "map-kind" ? "map" : id;
        this.go(name === "column" ? { column: event.target.value, key: null, ask: null, map: null } : { [name]: event.target.value });
      });
    }
    byId("nearer").addEventListener("click", () => this.map.zoom(KEY_ZOOM));
    byId("farther").addEventListener("click", () => this.map.zoom(1 / KEY_ZOOM));
    byId("whole").addEventListener("click", () => this.map.whole());
    addEventListener("hashchange", () => location.hash === this.hash || this.read());
    addEventListener("keydown", (event) => this.key(event));
    for (const column of this.columns) byId("column").append(element("option", { value: column.name }, `${column.name} (${column.size.toLocaleString("en")})`));
  }

  /** Read the state from the URL; missing or invalid parts have their defaults. */
  read() {
    this.hash = location.hash;
    const said = new URLSearchParams(location.hash.slice(1));
    const wanted = Object.fromEntries(SAID.map((name) => [name, said.get(name)]));
    const column = this.columns.find((each) => each.name === wanted.column) ?? this.columns[0];
    if (column !== this.column) {
      this.column = column;
      this.book = new KeyBook(column);
      this.search.use(this.book);
    }
    this.state = {
      column: column.name,
      map: column.maps.some((each) => each.name === wanted.map) ? wanted.map : column.maps[0].name,
      colour: COLOURINGS[wanted.colour]?.isPossible(column) ? wanted.colour : this.firstColouring(column),
      key: wanted.key,
      ask: wanted.key === null ? wanted.ask : null,
    };
    this.show();
    this.tell();
  }

  firstColouring(column) {
    return Object.keys(COLOURINGS).find((name) => COLOURINGS[name].isPossible(column));
  }

  /** Change the state through the URL, so that the "back" button of the browser works. */
  go(change) {
    const next = { ...this.state, ...change };
    const said = Object.entries(next).filter(([, value]) => value !== null && value !== "");
    const hash = new URLSearchParams(said).toString();
    if (hash === location.hash.slice(1)) this.tell();
    else {
      location.hash = hash;
      this.read();
    }
  }

  pick(row) {
    this.go({ key: this.column.labels[row], ask: null });
  }

  ask(text) {
    if (!text.trim()) this.go({ key: null, ask: null });
    else {
      const rows = this.book.find(text.trim());
      if (rows.length === 1) this.pick(rows[0]);
      else this.go({ ask: text, key: null });
    }
  }

  /** Draw the map and its controls. */
  show() {
    if (!this.state) return;
    const { column, state, theme } = this;
    byId("column").value = column.name;
    this.fill("map-kind", column.maps.map((each) => [each.name, each.name]), state.map);
    const possible = Object.entries(COLOURINGS).filter(([, each]) => each.isPossible(column));
    this.fill("colour", possible.map(([name, each]) => [name, each.words]), state.colour);
    const map = column.maps.findIndex((each) => each.name === state.map);
    byId("about").replaceChildren(column.maps[map].about);
    byId("map").setAttribute("aria-label", `Map of ${counted(column.size, "category", "categories")} of ${column.name}. Arrow keys move it, plus and minus zoom, 0 shows all.`);
    this.legend(COLOURINGS[state.colour].legend(column, theme.isDark));
    this.map.show(column, map, COLOURINGS[state.colour], theme, byId("below").offsetHeight);
  }

  fill(id, options, value) {
    byId(id).replaceChildren(...options.map(([name, words]) => element("option", { value: name }, words)));
    byId(id).value = value;
    byId(id).closest("label").hidden = options.length < 2;
  }

  legend(legend) {
    const swatch = (colour) => {
      const made = element("i", { "aria-hidden": "true" });
      made.style.background = colour;
      return made;
    };
    if (!legend.scale) {
      byId("legend").replaceChildren(...legend.map((each) => element("span", {}, swatch(each.colour), labelled(shortened(each.name, 34)))));
      return;
    }
    const bar = element("i", { class: "scale", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${legend.scale.join(", ")})`;
    const [low, high] = legend.ends.map((each) => each.toLocaleString("en"));
    byId("legend").replaceChildren(element("span", {}, low, bar, `${high} rows`));
  }

  /** Show the result of the query, in the panel and on the map. */
  tell() {
    const { column, state, book } = this;
    this.search.text = state.ask ?? state.key ?? "";
    this.chosen = [];
    if (state.ask === null && state.key === null) {
      this.answer.frequent(column);
      this.map.mark([], []);
      this.say(`${column.name}: ${counted(column.size, "category", "categories")}.`);
      return;
    }
    try {
      const question = state.key === null ? parseQuestion(state.ask, book) : Question.of(rowOf({ key: state.key, quoted: true }, book));
      this.chosen = question.rows;
      const near = this.answer.nearest(column, question);
      this.map.mark(this.chosen, near);
      this.map.reveal(this.chosen.length === 1 ? this.chosen[0] : (near[0]?.row ?? this.chosen[0]));
    } catch (error) {
      if (!(error instanceof QuestionError)) throw error;
      this.answer.problem(column, error);
      this.map.mark([], []);
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches("input, select, textarea");
    const keys = {
      "/": () => byId("search").focus(),
      "+": () => this.map.zoom(KEY_ZOOM),
      "=": () => this.map.zoom(KEY_ZOOM),
      "-": () => this.map.zoom(1 / KEY_ZOOM),
      0: () => this.map.whole(),
      Escape: () => this.go({ key: null, ask: null }),
    };
    if (!(event.key in keys) || (isTyping && event.key !== "Escape")) return;
    event.preventDefault();
    keys[event.key]();
  }
}

window.explorer = new Explorer(JSON.parse(byId("data").textContent));
Object.assign(window.explorer, { parseQuestion, mostSimilar, written, KeyBook });
