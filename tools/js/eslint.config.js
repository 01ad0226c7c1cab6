// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
"use strict";

const js = require("@eslint/js");

// The engine of the platform: ECMAScript 5, no modules. Files are joined before they are installed, so that what one of them defines
// is used in others: whether all names are defined is a matter for the tests, which run the joined scripts.
module.exports = [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 5, sourceType: "script" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { vars: "local", args: "after-used" }],
      "no-redeclare": ["error", { builtinGlobals: false }],
      "one-var": ["error", "never"],
      "max-statements-per-line": ["error", { max: 1 }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-with": "error",
      eqeqeq: "error",
      curly: "error",
    },
  },
];
