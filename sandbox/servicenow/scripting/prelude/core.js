// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// The way to the instance, and how values pass between a script and the platform.

const { parse, stringify } = JSON;
const evaluate = eval;
const { defineProperty, getOwnPropertyNames, keys } = Object;
const { deleteProperty } = Reflect;
const NativeProxy = Proxy;
const hasOwn = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

function host(name, ...parameters) {
  const answer = parse(nativeHost(name, stringify(parameters)));
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value;
}

// A value as the platform stores it: there are only texts.
function text(value) {
  return value === null || value === undefined ? "" : String(value);
}

function define(name, value) {
  defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
}
