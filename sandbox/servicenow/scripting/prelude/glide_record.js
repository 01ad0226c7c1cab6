// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// GlideRecord, GlideRecordSecure and their elements. Rows live in the instance; a record here holds the row it stands on.

const OPERATORS = { CONTAINS: "LIKE", "DOES NOT CONTAIN": "NOT LIKE", "STARTS WITH": "STARTSWITH", "ENDS WITH": "ENDSWITH" };

function term(parameters) {
  if (parameters.length === 1) return text(parameters[0]);
  const [name, operator, value] = parameters.length === 2 ? [parameters[0], "=", parameters[1]] : parameters;
  const sign = OPERATORS[text(operator).toUpperCase()] || text(operator).toUpperCase();
  const wanted = Array.isArray(value) ? value.map(text).join(",") : text(value);
  return text(name) + sign + wanted.replace(/\^/g, "^^");
}

class GlideQueryCondition {
  constructor(terms, own) {
    defineProperty(this, "terms", { value: terms });
    defineProperty(this, "own", { value: own });
  }
  addOrCondition(...parameters) { this.own.push("OR" + term(parameters)); return this; }
  addCondition(...parameters) { const own = [term(parameters)]; this.terms.push(own); return new GlideQueryCondition(this.terms, own); }
}

class RecordBody {
  constructor(table, isSecure) {
    this.table = text(table);
    this.isSecure = isSecure;
    this.columns = host("table", this.table);
    if (this.columns === null) host("log", "error", "Table '" + this.table + "' does not exist");
    this.terms = [];
    this.orders = [];
    this.limit = null;
    this.rows = [];
    this.clear({}, true);
  }
  clear(row, isNew) {
    this.row = row;
    this.isNew = isNew;
    this.changed = [];
    this.variables = {};
    this.error = "";
  }
  read(name) { return text(this.row[name]); }
  write(name, value, isDisplay) {
    if (!hasOwn(this.columns || {}, name)) return;
    this.row[name] = host("stored", this.table, name, text(value), isDisplay, this.row);
    if (this.changed.indexOf(name) < 0) this.changed.push(name);
  }
  variablesOf(name) {
    if (!hasOwn(this.variables, name)) {
      this.variables[name] = { values: host("variables", this.table, this.row), changed: [] };
    }
    return this.variables[name];
  }
  changes() {
    const values = {};
    for (const name of this.changed) values[name] = this.row[name];
    return values;
  }
  variableChanges() {
    const values = {};
    for (const name of keys(this.variables)) {
      for (const element of this.variables[name].changed) values[element] = this.variables[name].values[element].value;
    }
    return values;
  }
  finish(answer) {
    if (answer.refused !== undefined) {
      this.error = answer.refused;
      return null;
    }
    this.clear(answer.row, false);
    return answer.row.sys_id;
  }
}

// What stands behind gr.column, and behind gr.reference.column.
class GlideElement {
  constructor(body, name) { this.body = body; this.name = name; }
  column() { return this.body.columns[this.name]; }
  value() { return this.body.read(this.name); }
  setValue(value) { this.body.write(this.name, value, false); }
  setDisplayValue(value) { this.body.write(this.name, value, true); }
  getDisplayValue() { return host("display", this.body.table, this.name, this.value()); }
  // Not getDecryptedValue's own rule but the column's: what is no secret comes as it is.
  getDecryptedValue() { return host("decrypt", this.value()); }
  getName() { return this.name; }
  getLabel() { return this.column().label; }
  getTableName() { return this.body.table; }
  getReferenceTable() { return this.column().reference || null; }
  getRefRecord() {
    const record = new GlideRecord(this.column().reference);
    record.get(this.value());
    return record;
  }
  getED() {
    const column = this.column();
    return { getInternalType: () => column.type, getName: () => this.name, getLabel: () => column.label };
  }
  nil() { return this.value() === ""; }
  changes() { return this.body.changed.indexOf(this.name) >= 0; }
  canRead() { return this.may("read"); }
  canWrite() { return this.may("write"); }
  may(operation) {
    if (this.isDotWalked && host("switch", "dot_walked_access") === "not_asked") return true;
    return host("can", operation, this.body.table, this.name, this.body.row);
  }
  hasValue() { return this.value() !== ""; }
  toString() { return this.value(); }
  below(name) {
    const column = this.column();
    if (column.type === "glide_var") {
      return hasOwn(this.body.variablesOf(this.name).values, name) ? element(new VariableElement(this.body, this.name, name)) : undefined;
    }
    if (!column.reference) return undefined;
    const referred = new RecordBody(column.reference, this.body.isSecure);
    if (!referred.columns || !hasOwn(referred.columns, name)) return undefined;
    if (this.value()) {
      const rows = host("query", column.reference, "sys_id=" + this.value(), 1, this.body.isSecure).rows;
      if (rows.length) referred.clear(rows[0], false);
    }
    const found = new GlideElement(referred, name);
    found.isDotWalked = true;
    return element(found);
  }
  assign(name, value) {
    if (this.column().type === "glide_var") {
      const variable = this.below(name);
      if (variable) variable.setValue(value);
    }
  }
}

// A connection attribute: gr.extended_attributes.name.
class VariableElement extends GlideElement {
  constructor(body, owner, name) { super(body, name); this.owner = owner; }
  variable() { return this.body.variablesOf(this.owner).values[this.name]; }
  column() { return this.variable(); }
  value() { return text(this.variable().value); }
  set(value, isDisplay) {
    const variables = this.body.variablesOf(this.owner);
    variables.values[this.name].value = host("stored_variable", variables.values[this.name].type, text(value), isDisplay);
    if (variables.changed.indexOf(this.name) < 0) variables.changed.push(this.name);
  }
  setValue(value) { this.set(value, false); }
  setDisplayValue(value) { this.set(value, true); }
  getDisplayValue() { return this.variable().type === "password2" && this.value() ? "********" : this.value(); }
  below() { return undefined; }
}

const ELEMENT_METHODS = getOwnPropertyNames(GlideElement.prototype).filter(
  (name) => ["constructor", "column", "value", "below", "assign", "may"].indexOf(name) < 0);
const elementHandler = {
  get(target, name) {
    if (typeof name === "symbol") return undefined;
    if (name === "valueOf") return target.toString.bind(target);
    if (ELEMENT_METHODS.indexOf(name) >= 0) return target[name].bind(target);
    return target.below(name);
  },
  set(target, name, value) { target.assign(name, value); return true; },
  ownKeys: () => [],
  getPrototypeOf: () => GlideElement.prototype,
  getOwnPropertyDescriptor: () => undefined,
};
const bodies = new WeakMap();
// The proxies stand on empty objects, so that nothing of the bookkeeping shows, in JSON neither.
function shield(target, handler) {
  const proxy = new NativeProxy({}, {
    get: (_, name) => handler.get(target, name),
    set: (_, name, value) => handler.set(target, name, value),
    getPrototypeOf: () => handler.getPrototypeOf(),
  });
  bodies.set(proxy, target);
  return proxy;
}
const element = (target) => shield(target, elementHandler);

const RECORD_METHODS = {
  addQuery(...parameters) { const own = [term(parameters)]; this.terms.push(own); return new GlideQueryCondition(this.terms, own); },
  addEncodedQuery(query) { this.terms.push([text(query)]); },
  addActiveQuery() { return RECORD_METHODS.addQuery.call(this, "active", true); },
  addNullQuery(name) { return RECORD_METHODS.addQuery.call(this, text(name) + "ISEMPTY"); },
  addNotNullQuery(name) { return RECORD_METHODS.addQuery.call(this, text(name) + "ISNOTEMPTY"); },
  orderBy(name) { this.orders.push("ORDERBY" + text(name)); },
  orderByDesc(name) { this.orders.push("ORDERBYDESC" + text(name)); },
  setLimit(limit) { this.limit = Number(limit); },
  getEncodedQuery() { return this.terms.map((own) => own.join("^")).concat(this.orders).join("^"); },
  query(...parameters) {
    if (parameters.length) this.terms.push([term(parameters)]);
    this.rows = this.columns ? host("query", this.table, RECORD_METHODS.getEncodedQuery.call(this), this.limit, this.isSecure).rows : [];
    this.total = this.rows.length;
    this.clear({}, false);
  },
  next() {
    if (!this.rows.length) return false;
    this.clear(this.rows.shift(), false);
    return true;
  },
  hasNext() { return this.rows.length > 0; },
  getRowCount() { return this.total || 0; },
  get(name, value) {
    this.terms = [[value === undefined ? term(["sys_id", name]) : term([name, value])]];
    RECORD_METHODS.query.call(this);
    return RECORD_METHODS.next.call(this);
  },
  initialize() { this.clear({}, true); },
  newRecord() { this.clear(this.columns ? host("new_row", this.table) : {}, true); },
  isNewRecord() { return this.isNew; },
  isValid() { return this.columns !== null; },
  isValidRecord() { return Boolean(this.row.sys_id) && !this.isNew; },
  isValidField(name) { return this.columns !== null && hasOwn(this.columns, text(name)); },
  getTableName() { return this.table; },
  getRecordClassName() { return this.row.sys_class_name || this.table; },
  getUniqueValue() { return this.row.sys_id || null; },
  getElement(name) { return this.columns && hasOwn(this.columns, text(name)) ? element(new GlideElement(this, text(name))) : null; },
  getValue(name) { return this.read(text(name)) || null; },
  setValue(name, value) { this.write(text(name), value, false); },
  getDisplayValue(name) {
    if (name === undefined) return host("display_record", this.table, this.row);
    return hasOwn(this.columns || {}, text(name)) ? host("display", this.table, text(name), this.read(text(name))) : null;
  },
  setDisplayValue(name, value) { this.write(text(name), value, true); },
  setNewGuidValue(value) { this.row.sys_id = text(value); this.changed.push("sys_id"); },
  setWorkflow() {},
  autoSysFields() {},
  insert() {
    if (!this.columns) return null;
    return this.finish(host("insert", this.table, this.changes(), this.variableChanges(), this.isSecure));
  },
  update() {
    if (!this.columns) return null;
    if (this.isNew) return RECORD_METHODS.insert.call(this);
    return this.finish(host("update", this.table, text(this.row.sys_id), this.changes(), this.variableChanges(), this.isSecure));
  },
  deleteRecord() { return this.columns !== null && host("delete", this.table, text(this.row.sys_id), this.isSecure); },
  deleteMultiple() {
    RECORD_METHODS.query.call(this);
    while (RECORD_METHODS.next.call(this)) RECORD_METHODS.deleteRecord.call(this);
  },
  getLastErrorMessage() { return this.error; },
  canRead() { return host("can", "read", this.table, "", this.row); },
  canWrite() { return host("can", "write", this.table, "", this.row); },
  canCreate() { return host("can", "create", this.table, "", null); },
  canDelete() { return host("can", "delete", this.table, "", this.row); },
};

function recordClass(isSecure) {
  const constructor = function (table) {
    if (!new.target) throw new TypeError("GlideRecord is a constructor");
    return shield(new RecordBody(table, isSecure), {
      get(target, name) {
        if (typeof name === "symbol") return undefined;
        if (name === "getLastErrorMessage" && host("switch", "last_error_message") === "scoped") return undefined;
        if (hasOwn(RECORD_METHODS, name)) return RECORD_METHODS[name].bind(target);
        if (name === "toString" || name === "valueOf") return () => "[object GlideRecord]";
        return target.columns && hasOwn(target.columns, name) ? element(new GlideElement(target, name)) : undefined;
      },
      set(target, name, value) { target.write(name, value, false); return true; },
      getPrototypeOf: () => constructor.prototype,
    });
  };
  return constructor;
}
const GlideRecord = recordClass(false);
define("GlideRecord", GlideRecord);
define("GlideRecordSecure", recordClass(true));
define("GlideElement", GlideElement);
