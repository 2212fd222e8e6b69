// The meaning of CEL for expressions that were translated to JavaScript. What CEL calls an error is thrown.
var cel = (function () {
  'use strict';

  function Optional(present, value) { this.present = present; this.value = value; }
  function Type(name) { this.name = name; }
  var none = new Optional(false, null);

  function fail(text) { throw new Error(text); }
  function own(map, key) { return Object.prototype.hasOwnProperty.call(map, key); }

  function kind(x) {
    if (x === null || x === undefined) return 'null_type';
    if (Array.isArray(x)) return 'list';
    if (x instanceof Optional) return 'optional_type';
    if (x instanceof Type) return 'type';
    switch (typeof x) {
      case 'string': return 'string';
      case 'boolean': return 'bool';
      case 'number': return x % 1 === 0 ? 'int' : 'double';
      default: return 'map';
    }
  }

  function is(name, x) {
    var k = kind(x);
    return k === name ? x : fail('no such overload for ' + k + ', which is no ' + name);
  }
  function bool(x) { return is('bool', x); }
  function text(x) { return is('string', x); }
  // Integers beyond 53 bits are not exact in JavaScript.
  function int(x) {
    return Number.isSafeInteger(is('int', x)) ? x + 0 : fail('integer beyond 53 bits');
  }

  // find is what a list or map has at a key; what has no keys has nothing there.
  function find(x, key) {
    if (typeof key === 'function') key = key();
    if (typeof key === 'object') fail('a ' + kind(key) + ' is no key');
    switch (kind(x)) {
      case 'map': return within(key, x) ? new Optional(true, x[key]) : none;
      case 'list': return int(key) >= 0 && key < x.length ? new Optional(true, x[key]) : none;
      default: return none;
    }
  }
  function opt(x, key) {
    if (!(x instanceof Optional)) return find(x, key);
    return x.present ? find(x.value, key) : none;
  }
  function get(x, key) {
    if (x instanceof Optional) return opt(x, key);
    var found = find(x, key);
    return found.present ? found.value : fail('no such key: ' + (typeof key === 'function' ? key() : key));
  }
  function has(x, key) { return opt(x, key).present; }
  function object(pairs) {
    var map = Object.create(null);
    for (var i = 0; i < pairs.length; i += 2) map[text(pairs[i])] = pairs[i + 1];
    return map;
  }

  // logic is && (decisive: false) and || (true): an operand that fails counts only where none of the others decides.
  function logic(operands, decisive) {
    var failed = false, error;
    for (var i = 0; i < operands.length; i++) {
      try {
        if (bool(operands[i]()) === decisive) return decisive;
      } catch (e) {
        if (!failed) error = e;
        failed = true;
      }
    }
    if (failed) throw error;
    return !decisive;
  }

  function elements(x) { return kind(x) === 'map' ? Object.keys(x) : is('list', x); }
  function each(x, test) {
    return elements(x).map(function (e) { return function () { return test(e); }; });
  }
  function filter(x, test) { return elements(x).filter(function (e) { return bool(test(e)); }); }
  function map(x, first, second) {
    var kept = second ? filter(x, first) : elements(x);
    return kept.map(function (e) { return (second || first)(e); });
  }

  function eq(a, b) {
    var k = kind(a);
    if (typeof a === 'number' && typeof b === 'number') {
      if (a === b && !Number.isSafeInteger(a) && k === 'int') fail('integer beyond 53 bits');
      return a === b;
    }
    if (k !== kind(b)) return false;
    switch (k) {
      case 'null_type': return true;
      case 'type': return a.name === b.name;
      case 'optional_type': return a.present && b.present ? eq(a.value, b.value) : a.present === b.present;
      case 'list': return a.length === b.length && a.every(function (e, i) { return eq(e, b[i]); });
      case 'map':
        return Object.keys(a).length === Object.keys(b).length &&
          Object.keys(a).every(function (key) { return own(b, key) && eq(a[key], b[key]); });
      default: return a === b;
    }
  }
  function within(x, all) {
    if (kind(all) === 'map') return typeof x === 'string' && own(all, x);
    return is('list', all).some(function (e) { return eq(x, e); });
  }
  // less orders strings by their characters, where JavaScript would compare halves of some.
  function less(a, b) {
    var k = kind(a);
    if (typeof a === 'number' && typeof b === 'number') return a < b;
    if (k !== kind(b) || k !== 'string' && k !== 'bool') fail('no such overload for ' + k + ' and ' + kind(b));
    if (k === 'bool') return a < b;
    var x = Array.from(a), y = Array.from(b);
    for (var i = 0; i < x.length && i < y.length; i++) {
      if (x[i] !== y[i]) return x[i].codePointAt(0) < y[i].codePointAt(0);
    }
    return x.length < y.length;
  }

  function add(a, b) {
    if (typeof a === 'string') return a + text(b);
    if (Array.isArray(a)) return a.concat(is('list', b));
    return int(int(a) + int(b));
  }
  function divide(a, b, whole) {
    if (int(b) === 0) fail('division by zero');
    return whole ? (int(a) - a % b) / b + 0 : int(a) % b + 0;
  }

  function size(x) {
    switch (kind(x)) {
      case 'string': return Array.from(x).length;
      case 'map': return Object.keys(x).length;
      default: return is('list', x).length;
    }
  }
  function string(x) {
    switch (kind(x)) {
      case 'int': return String(int(x));
      case 'bool': case 'double': return String(x);
      default: return text(x);
    }
  }
  function integer(x) {
    if (kind(x) === 'double') return int(Math.trunc(x));
    if (kind(x) === 'int') return int(x);
    return /^[+-]?[0-9]+$/.test(text(x)) ? int(Number(x)) : fail('no integer: ' + x);
  }
  function split(x, by, most) {
    var parts = text(by) === '' ? Array.from(text(x)) : text(x).split(by);
    if (most === undefined || int(most) < 0 || parts.length <= most) return parts;
    return most === 0 ? [] : parts.slice(0, most - 1).concat(parts.slice(most - 1).join(by));
  }
  function replace(x, from, to, most) {
    text(to);
    var parts = text(from) === '' ? [''].concat(Array.from(text(x)), '') : text(x).split(from);
    if (from === '' && x === '') parts = ['', ''];
    var left = most === undefined || int(most) < 0 ? parts.length : most;
    return parts.reduce(function (all, part, i) { return all + (i <= left ? to : from) + part; });
  }
  function substring(x, from, to) {
    var chars = Array.from(text(x)), end = to === undefined ? chars.length : int(to);
    if (int(from) < 0 || from > end || end > chars.length) fail('index out of range');
    return chars.slice(from, end).join('');
  }
  function indexOf(x, part, from) {
    if (Array.isArray(x) && from === undefined) return x.findIndex(function (e) { return eq(e, part); });
    var chars = Array.from(text(x)), sought = Array.from(text(part)), i = from === undefined ? 0 : int(from);
    if (i < 0) fail('index out of range: ' + i);
    if (sought.length === 0) return Math.min(i, chars.length);
    for (; i + sought.length <= chars.length; i++) {
      if (sought.every(function (c, j) { return chars[i + j] === c; })) return i;
    }
    return -1;
  }

  return {
    none: none, bool: bool, get: get, opt: opt, has: has, object: object, eq: eq, less: less, within: within, add: add,
    size: size, string: string, int: integer, filter: filter, map: map, split: split, replace: replace,
    substring: substring, indexOf: indexOf,
    and: function () { return logic(arguments, false); },
    or: function () { return logic(arguments, true); },
    all: function (x, test) { return logic(each(x, test), false); },
    exists: function (x, test) { return logic(each(x, test), true); },
    exists_one: function (x, test) { return filter(x, test).length === 1; },
    neg: function (x) { return int(0 - int(x)); },
    sub: function (a, b) { return int(int(a) - int(b)); },
    mul: function (a, b) { return int(int(a) * int(b)); },
    div: function (a, b) { return divide(a, b, true); },
    mod: function (a, b) { return divide(a, b, false); },
    dyn: function (x) { return x; },
    type: function (x) { return new Type(kind(x)); },
    typed: function (name) { return new Type(name); },
    matches: function (x, pattern) { return pattern.test(text(x)); },
    startsWith: function (x, part) { return text(x).startsWith(text(part)); },
    endsWith: function (x, part) { return text(x).endsWith(text(part)); },
    contains: function (x, part) { return text(x).includes(text(part)); },
    lowerAscii: function (x) { return text(x).replace(/[A-Z]/g, function (c) { return c.toLowerCase(); }); },
    upperAscii: function (x) { return text(x).replace(/[a-z]/g, function (c) { return c.toUpperCase(); }); },
    join: function (x, by) { return is('list', x).map(text).join(by === undefined ? '' : text(by)); },
    hasValue: function (x) { return is('optional_type', x).present; },
    value: function (x) { return is('optional_type', x).present ? x.value : fail('optional.none() has no value'); },
    orValue: function (x, other) { return is('optional_type', x).present ? x.value : other(); }
  };
})();
