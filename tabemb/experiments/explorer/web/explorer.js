// The page as a whole. Its state is in the URL, and everything else is derived from it.

const SAID = ["column", "map", "colour", "filter", "is", "lasso", "key", "ask"];
const NOTHING = { key: null, ask: null, lasso: null };

class Explorer {
  constructor(data) {
    this.columns = data.columns.map((each) => new Column(each));
    this.say = (words) => byId("live").replaceChildren(words);
    this.theme = new Theme(byId("theme"), () => this.show());
    const picked = (row) => (row === null ? this.go(NOTHING) : this.pick(row));
    const lassoed = (corners) => {
      this.draw(false);
      this.go({ ...NOTHING, lasso: lassoText(corners) });
    };
    this.map = new CategoryMap(
      { frame: byId("map"), dots: byId("dots"), above: byId("above"), tip: new Tip(byId("tip")), buttons: [...document.querySelectorAll(".zoom button")] },
      { picked, lassoed },
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
        const changes = {
          column: { ...NOTHING, map: null, colour: null, filter: null, is: null },
          map: { lasso: null },
          colour: {},
        };
        this.go({ ...changes[name], [name]: event.target.value });
      });
    }
    byId("filter").addEventListener("change", (event) => this.go({ filter: event.target.value, is: null }));
    byId("is").addEventListener("change", (event) => this.go({ is: event.target.value }));
    for (const id of ["low", "high"]) {
      byId(id).addEventListener("change", () => this.go({ is: `${byId("low").value.trim()} to ${byId("high").value.trim()}` }));
    }
    byId("lasso").addEventListener("click", () => this.draw(!this.map.gestures.isLasso));
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
    this.colourings = colouringsOf(column);
    this.filters = filtersOf(column);
    const filter = this.filters[wanted.filter];
    const isFiltered = filter?.isPossible(wanted.is) ?? false;
    this.answer.filter = isFiltered ? { passes: filter.passes(wanted.is), sentence: filter.sentence(wanted.is) } : null;
    this.state = {
      column: column.name,
      map: column.maps.some((each) => each.name === wanted.map) ? wanted.map : column.maps[0].name,
      colour: wanted.colour in this.colourings ? wanted.colour : firstColouring(column),
      filter: filter ? wanted.filter : null,
      is: isFiltered ? wanted.is : null,
      lasso: wanted.key === null && wanted.ask === null && lassoOf(wanted.lasso) ? wanted.lasso : null,
      key: wanted.key,
      ask: wanted.key === null ? wanted.ask : null,
    };
    this.show();
    this.tell();
  }

  /** Begin or end to draw a line around categories. */
  draw(isLasso) {
    this.map.gestures.isLasso = isLasso;
    byId("lasso").setAttribute("aria-pressed", String(isLasso));
    byId("map").classList.toggle("drawing", isLasso);
    if (isLasso) this.say("Draw a line around categories on the map.");
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
    this.go({ ...NOTHING, key: this.column.labels[row] });
  }

  ask(text) {
    if (!text.trim()) this.go(NOTHING);
    else {
      const rows = this.book.find(text.trim());
      if (rows.length === 1) this.pick(rows[0]);
      else this.go({ ...NOTHING, ask: text });
    }
  }

  /** Draw the map and its controls. */
  show() {
    if (!this.state) return;
    const { column, state, theme } = this;
    byId("column").value = column.name;
    this.fill("map-kind", column.maps.map((each) => [each.name, each.name]), state.map);
    this.fill("colour", Object.entries(this.colourings).map(([name, each]) => [name, each.words]), state.colour);
    this.fill("filter", [["", "none"], ...Object.entries(this.filters).map(([name, each]) => [name, each.words])], state.filter ?? "");
    this.showFilter(this.filters[state.filter], state.is);
    const colouring = this.colourings[state.colour];
    const map = column.maps.findIndex((each) => each.name === state.map);
    byId("about").replaceChildren(column.maps[map].about);
    byId("meaning").replaceChildren(this.meaning(column, colouring));
    byId("map").setAttribute("aria-label", `Map of ${counted(column.size, "category", "categories")} of ${column.name}. Arrow keys move it, plus and minus zoom, 0 shows all.`);
    this.legend(colouring.legend(column, theme.isDark), colouring.filter);
    // On a phone, the caption is below the map instead of on it.
    const below = getComputedStyle(byId("below")).position === "absolute" ? byId("below").offsetHeight : 0;
    this.map.show(column, map, colouring, theme, below, this.answer.filter?.passes ?? null);
  }

  /** Say what colors and sizes mean, and which categories are shown. */
  meaning(column, colouring) {
    const size = COLOURINGS.count.isPossible(column) ? "Larger dots have more rows." : "";
    const { filter } = this.answer;
    const nShown = filter?.passes.reduce((sum, each) => sum + each, 0);
    const shown = filter ? `Shown: ${nShown.toLocaleString("en")} of ${counted(column.size, "category", "categories")}; ${filter.sentence}.` : "";
    return [colouring.about(column), size, shown].filter(Boolean).join(" ");
  }

  /** Show the control for the value of a filter. */
  showFilter(filter, value) {
    byId("is").closest("label").hidden = filter?.kind !== "label";
    byId("between").hidden = filter?.kind !== "number";
    if (filter?.kind === "label") {
      const choices = filter.choices.map(([label, n]) => [label, `${shortened(label, 34)} (${n.toLocaleString("en")})`]);
      byId("is").replaceChildren(...[["", "any"], ...choices].map(([name, words]) => element("option", { value: name }, words)));
      byId("is").value = value ?? "";
    } else if (filter?.kind === "number") {
      const ends = filter.ends(value);
      ["low", "high"].forEach((id, i) => {
        byId(id).value = plainNumber(ends[i]);
        byId(id).placeholder = plainNumber(filter[id]);
      });
    }
  }

  fill(id, options, value) {
    byId(id).replaceChildren(...options.map(([name, words]) => element("option", { value: name }, words)));
    byId(id).value = value;
    byId(id).closest("label").hidden = options.length < 2;
  }

  /** A part of the legend: a color and its name, a button if it is a filter. */
  legendItem(swatch, each, filter) {
    const label = labelled(shortened(each.name, 34));
    if (filter === undefined || each.value === undefined || !this.filters[filter]?.isPossible(each.value)) return element("span", {}, swatch, label);
    const isOn = this.state.filter === filter && this.state.is === each.value;
    const click = () => this.go(isOn ? { filter: null, is: null } : { filter, is: each.value });
    return element("button", { type: "button", title: `Show only ${each.name}`, "aria-pressed": String(isOn), onclick: click }, swatch, label);
  }

  legend(legend, filter) {
    const swatch = (colour) => {
      const made = element("i", { "aria-hidden": "true" });
      made.style.background = colour;
      return made;
    };
    if (!legend.scale) {
      byId("legend").replaceChildren(...legend.map((each) => this.legendItem(swatch(each.colour), each, filter)));
      return;
    }
    const bar = element("i", { class: "scale", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${legend.scale.join(", ")})`;
    const [low, high] = legend.ends;
    const missing = legend.missing ? element("span", {}, swatch(legend.missing), labelled("no value")) : "";
    byId("legend").replaceChildren(element("span", {}, low, bar, [high, legend.unit].filter(Boolean).join(" ")), missing);
  }

  /** Show the result of the query, in the panel and on the map. */
  tell() {
    const { column, state, book } = this;
    this.search.text = state.ask ?? state.key ?? "";
    this.chosen = [];
    const corners = lassoOf(state.lasso);
    this.map.surround(corners);
    if (state.ask === null && state.key === null) {
      const { filter } = this.answer;
      const rows = corners || filter ? rowsInside(corners, this.map.places, filter?.passes) : [];
      if (corners || filter) this.answer.listed(column, rows, Boolean(corners));
      else this.answer.frequent(column);
      this.map.mark([], corners ? rows.map((row) => ({ row, score: 0 })) : []);
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
      l: () => this.draw(!this.map.gestures.isLasso),
      Escape: () => {
        this.draw(false);
        this.go(NOTHING);
      },
    };
    if (!(event.key in keys) || (isTyping && event.key !== "Escape")) return;
    event.preventDefault();
    keys[event.key]();
  }
}

window.explorer = new Explorer(JSON.parse(byId("data").textContent));
Object.assign(window.explorer, { parseQuestion, mostSimilar, written, KeyBook, csvOf, lassoText, lassoOf, isInside });
