// The names in a query: which prefixes it declares, where a declaration goes.

const DECLARATION = /^[ \t]*(?:PREFIX\s+([\w.-]*:)\s*<[^>\s]*>|BASE\s*<[^>\s]*>)/gim;

/** The prefixes that a query declares, without their colons. */
export function declared(query) {
  return new Set([...query.matchAll(DECLARATION)].map((found) => (found[1] || "").slice(0, -1)));
}

/** The change that declares the prefix of a name, or none where that is needless or unknown. */
export function declaration(query, name, prefixes) {
  const prefix = /^([\w.-]*):/.exec(name)?.[1];
  if (prefix === undefined || !prefixes[prefix] || declared(query).has(prefix)) return null;
  const last = [...query.matchAll(DECLARATION)].pop();
  const line = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
  if (!last) return { from: 0, insert: line };
  const end = last.index + last[0].length;
  const newline = query.indexOf("\n", end);
  return newline < 0 || query.slice(end, newline).trim()
    ? { from: end, insert: "\n" + line.trimEnd() }
    : { from: newline + 1, insert: line };
}
