// Doxygen's view of a header: one declaration a line, each with the comment that it shares in the
// source (Doxygen gives `double a, b;  ///< text` to b alone), and no special members.
import { readFileSync } from "node:fs";

const special =
  /^\s*(explicit )?(~?\w+\((const \w+&|\w+&&)?\)( noexcept)?( override)?( = \w+)?|\w+& operator=\(.*\)( noexcept)?( = \w+)?|bool operator==\(.*\) const = default);$/;
const several =
  /^(\s*)([\w:<>]+(?: [\w:<>]+)*? )(\w+(?: = [^,;()]+)?(?:, \w+(?: = [^,;()]+)?)+);(\s*\/\/\/<.*)?$/;

let comment = []; // the `///` lines right above
for (const line of readFileSync(process.argv[2], "utf8").split("\n")) {
  const split = several.exec(line);
  if (special.test(line) || line.startsWith("extern template")) {
    console.log("");
  } else if (split) {
    const [, indent, type, names, after = ""] = split;
    const all = names.split(", ").map((name) => `${indent}${type}${name};${after}`);
    console.log(all.join(`\n${comment.join("\n")}\n`));
  } else {
    console.log(line);
  }
  comment = /^\s*\/\/\/(?!<)/.test(line) ? [...comment, line] : [];
}
