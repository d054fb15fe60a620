// The language of the search box: a key, or keys with + and - between them, such as  SFO - JFK + "Star Wars - II".

const SIGNS = "+-\u2212\u2013";

/** An invalid query, and the rows that may have been meant. */
class QuestionError extends Error {
  constructor(message, rows = []) {
    super(message);
    this.rows = rows;
  }
}

const isBlank = (letter) => letter === undefined || /\s/.test(letter);
const isSign = (letter) => letter !== undefined && SIGNS.includes(letter);
const signOf = (letter) => (letter === "+" ? 1 : -1);

/** Read a quoted key that begins at `from`, with quotes doubled inside. Return it and the position of its end. */
function readQuoted(text, from) {
  let key = "";
  for (let i = from + 1; i < text.length; i += 1) {
    if (text[i] !== '"') key += text[i];
    else if (text[i + 1] === '"') key += text[(i += 1)];
    else return { key, end: i + 1, closed: true };
  }
  return { key, end: text.length, closed: false };
}

/** Return the end of an unquoted key: a sign between blanks. */
function endOfPlain(text, from) {
  for (let i = from; i < text.length; i += 1) {
    if (isSign(text[i]) && i > from && isBlank(text[i - 1]) && isBlank(text[i + 1])) return i;
  }
  return text.length;
}

/** Split a text into [{sign, key, quoted, start}]; a sign between blanks separates two keys. */
function signedTerms(text) {
  const terms = [];
  let at = 0;
  while (at < text.length || !terms.length) {
    let sign = 1;
    while (at < text.length && isBlank(text[at])) at += 1;
    if (isSign(text[at]) && (terms.length || isBlank(text[at + 1]))) {
      sign = signOf(text[at]);
      at += 1;
      while (at < text.length && isBlank(text[at])) at += 1;
    } else if (terms.length && at < text.length) {
      throw new QuestionError(`Expected + or - after "${terms.at(-1).key}", and then another category.`);
    } else if (terms.length) break;
    const start = at;
    if (text[at] === '"') {
      const { key, end, closed } = readQuoted(text, at);
      terms.push({ sign, key, quoted: true, closed, start });
      at = end;
    } else {
      const end = endOfPlain(text, at);
      terms.push({ sign, key: text.slice(at, end).trim(), quoted: false, closed: true, start });
      at = end;
    }
  }
  return terms;
}

/** Split a key without blanks, such as SFO-JFK+LGA, at every sign. */
function tightTerms(text) {
  const pieces = [];
  let start = 0;
  let sign = 1;
  for (let i = 0; i <= text.length; i += 1) {
    if (i < text.length && !isSign(text[i])) continue;
    if (i > start || pieces.length) pieces.push({ sign, key: text.slice(start, i).trim(), quoted: false, start });
    if (i < text.length) sign = signOf(text[i]);
    start = i + 1;
  }
  return pieces;
}

/** Return the row of a term. */
function rowOf(term, book) {
  const { labels, name, size } = book.column;
  if (!term.key && !term.quoted) throw new QuestionError("A category is missing beside a + or -.");
  const rows = book.find(term.key);
  if (rows.length === 1) return rows[0];
  if (rows.length > 1) {
    const which = rows.slice(0, NEAR).map((row) => labels[row]);
    throw new QuestionError(`"${term.key}" may be ${which.join(" or ")}: which one?`, rows.slice(0, SUGGESTED));
  }
  const near = book.near(term.key);
  const told = near.length ? ` Did you mean ${near.map((row) => labels[row]).join(" or ")}?` : "";
  throw new QuestionError(`No category "${term.key}" in ${name} (${size.toLocaleString("en")} categories).${told}`, near);
}

/** Return a term as [{sign, row}]: one, or several if it consists of keys and signs without blanks. */
function rowsOf(term, book) {
  if (!term.quoted && !book.find(term.key).length) {
    const pieces = tightTerms(term.key);
    if (pieces.length && pieces.every((piece) => book.find(piece.key).length === 1)) {
      return pieces.map((piece) => ({ sign: term.sign * piece.sign, row: book.find(piece.key)[0] }));
    }
  }
  return [{ sign: term.sign, row: rowOf(term, book) }];
}

/** A query: [{sign, row}] in the order in which they were typed. */
class Question {
  constructor(terms) {
    this.terms = terms;
    this.positive = terms.filter((each) => each.sign > 0).map((each) => each.row);
    this.negative = terms.filter((each) => each.sign < 0).map((each) => each.row);
  }

  static of(row) {
    return new Question([{ sign: 1, row }]);
  }

  get rows() {
    return this.terms.map((each) => each.row);
  }

  /** Whether it is a query for the neighbors of a single category. */
  get isPlain() {
    return this.terms.length === 1 && this.positive.length === 1;
  }
}

/** Parse a text as a Question. Throws a QuestionError with a message for the user. */
function parseQuestion(text, book) {
  const whole = book.find(text.trim());
  if (whole.length === 1) return Question.of(whole[0]);
  const terms = signedTerms(text);
  const open = terms.find((term) => !term.closed);
  if (open) throw new QuestionError(`The quote before ${open.key} is not closed.`);
  return new Question(terms.flatMap((term) => rowsOf(term, book)));
}

/** Return the last key, which is being typed, and its position. */
function lastTerm(text) {
  try {
    const term = signedTerms(text).at(-1);
    return { key: term.key, start: term.start };
  } catch {
    return { key: text, start: 0 };
  }
}

/** Return a label as written in a query: quoted if it contains a sign, a quote, or blanks at its ends. */
function written(label) {
  const plain = label === label.trim() && label && !label.includes('"') && ![...label].some(isSign);
  return plain ? label : `"${label.replaceAll('"', '""')}"`;
}
