// Find the category for a typed text: exactly, ignoring case, or by similar spelling.

const NEAR = 3;
const SUGGESTED = 8;

/** Return the edit distance of two words, at most `bar`. */
function editDistance(one, two, bar) {
  if (Math.abs(one.length - two.length) >= bar) return bar;
  let before = Array.from({ length: two.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i += 1) {
    const now = [i];
    let least = i;
    for (let j = 1; j <= two.length; j += 1) {
      const change = one[i - 1] === two[j - 1] ? 0 : 1;
      now.push(Math.min(before[j] + 1, now[j - 1] + 1, before[j - 1] + change));
      least = Math.min(least, now[j]);
    }
    if (least >= bar) return bar;
    before = now;
  }
  return Math.min(before[two.length], bar);
}

/** Return 0 if a text begins with a part, 1 if one of its words does, 2 if it contains it, and 3 otherwise. */
function rankIn(text, part) {
  const at = text.indexOf(part);
  if (at < 0) return 3;
  return at === 0 ? 0 : /[\s,.:;/|_(\-]/.test(text[at - 1]) ? 1 : 2;
}

/** An index of the labels and the readable names of a column. */
class KeyBook {
  constructor(column) {
    this.column = column;
    this.rows = new Map(column.labels.map((label, row) => [label, row]));
    this.aliases = new Map();
    for (const [row, text] of column.texts) this.aliases.set(text, [...(this.aliases.get(text) ?? []), row]);
    this.small = column.labels.map((label) => label.toLowerCase());
    this.bySmall = new Map();
    this.smallNames = column.labels.map((_, row) => column.nameOf(row).toLowerCase());
    this.byName = new Map();
    const note = (index, text, row) => text && index.set(text, [...(index.get(text) ?? []), row]);
    this.small.forEach((label, row) => note(this.bySmall, label, row));
    this.smallNames.forEach((name, row) => note(this.byName, name, row));
  }

  /** Return the rows that a text may mean: none, one, or several that look the same. */
  find(text) {
    if (this.rows.has(text)) return [this.rows.get(text)];
    if (this.aliases.has(text)) return this.aliases.get(text);
    const small = text.toLowerCase();
    return this.bySmall.get(small) ?? this.byName.get(small) ?? [];
  }

  /** Return rows whose labels or names equal the text, begin with it, have a word that does, or contain it, in this order. */
  suggest(text, n = SUGGESTED) {
    const small = text.trim().toLowerCase();
    if (!small) return [];
    const exact = [...(this.bySmall.get(small) ?? []), ...(this.byName.get(small) ?? [])];
    const ranked = [[], [], []];
    for (let row = 0; row < this.small.length && ranked[0].length < n; row += 1) {
      const rank = Math.min(rankIn(this.small[row], small), rankIn(this.smallNames[row], small));
      if (rank < 3 && ranked[rank].length < n) ranked[rank].push(row);
    }
    return [...new Set([...exact, ...ranked.flat()])].slice(0, n);
  }

  /** Return rows similar to a text that matches none: misspelled ones first. */
  near(text, n = NEAR) {
    const small = text.trim().toLowerCase();
    const bar = Math.max(2, Math.ceil(small.length * 0.4));
    const close = [];
    this.small.forEach((label, row) => {
      const name = this.smallNames[row];
      const distance = Math.min(editDistance(small, label, bar), name ? editDistance(small, name, bar) : bar);
      if (distance < bar) close.push([distance, row]);
    });
    close.sort((one, two) => one[0] - two[0] || one[1] - two[1]);
    return [...new Set([...close.map(([, row]) => row), ...this.suggest(small, n)])].slice(0, n);
  }
}
