// Lists of categories that leave the page: to the clipboard, or as a CSV file.

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Return a cell of a CSV file: quoted where needed, and not run as a formula by a spreadsheet. */
function csvCell(value) {
  let text = String(value ?? "");
  if (FORMULA.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return the categories as a table in CSV: key, name, rows, and all that the side table has. */
function csvOf(column, rows) {
  const parts = [[column.name, (row) => column.textOf(row)]];
  if (column.names.size && !column.side.some((each) => each.isName)) parts.push(["name", (row) => (column.titled ? column.labels[row] : column.nameOf(row))]);
  if (column.counts) parts.push(["rows", (row) => column.counts[row]]);
  for (const each of column.side) parts.push([each.name, (row) => each.textOf(row)]);
  const lines = [parts.map(([name]) => name), ...rows.map((row) => parts.map(([, of]) => of(row)))];
  return lines.map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
}

/** Save a text as a file of the user. */
function download(text, name) {
  // The mark at the beginning tells spreadsheets that it is UTF-8.
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Put a text on the clipboard; return whether it is there. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without permission, or in a page that is not secure: as a selection.
    const box = element("textarea", { class: "unseen", readonly: true });
    box.value = text;
    document.body.append(box);
    box.select();
    const isDone = document.execCommand("copy");
    box.remove();
    return isDone;
  }
}
