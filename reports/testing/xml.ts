/** A strict reader of the XML that we write: whatever is not well-formed throws, with the place. */
export interface Element {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: readonly Element[];
  /** Character data of this element alone. */
  readonly text: string;
}

const entities: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

// The Char production of XML 1.0; with the u flag a lone surrogate is outside of it.
const INVALID = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const NAME = /[A-Za-z_:][\w:.-]*/y;

class Reader {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
    const invalid = INVALID.exec(source);
    if (invalid !== null) this.fail(`character ${invalid[0].charCodeAt(0).toString(16)}`, invalid.index);
  }

  private fail(what: string, at = this.at): never {
    throw new Error(`not well-formed at ${at}: ${what}: ${JSON.stringify(this.source.slice(at, at + 40))}`);
  }

  private take(text: string): void {
    if (!this.source.startsWith(text, this.at)) this.fail(`expected ${text}`);
    this.at += text.length;
  }

  private space(): void {
    while (/\s/.test(this.source[this.at] ?? '')) this.at += 1;
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const found = NAME.exec(this.source)?.[0] ?? this.fail('expected a name');
    this.at += found.length;
    return found;
  }

  private unescape(raw: string): string {
    if (raw.includes('<')) this.fail('< in text');
    return raw.replace(/&([^;\s]*);?/g, (whole, name: string) => {
      if (!whole.endsWith(';') || !Object.hasOwn(entities, name)) this.fail(`entity ${whole}`);
      return entities[name] ?? '';
    });
  }

  document(): Element {
    this.take('<?xml version="1.0" encoding="UTF-8"?>');
    this.space();
    const root = this.element();
    this.space();
    if (this.at !== this.source.length) this.fail('something after the root');
    return root;
  }

  private element(): Element {
    this.take('<');
    const name = this.name();
    const attributes: { [name: string]: string } = {};
    for (;;) {
      this.space();
      if (this.source.startsWith('/>', this.at)) {
        this.at += 2;
        return { name, attributes, children: [], text: '' };
      }
      if (this.source[this.at] === '>') break;
      const attribute = this.name();
      if (Object.hasOwn(attributes, attribute)) this.fail(`attribute ${attribute} twice`);
      this.take('="');
      const end = this.source.indexOf('"', this.at);
      attributes[attribute] = this.unescape(this.source.slice(this.at, end));
      this.at = end + 1;
    }
    this.take('>');
    const children: Element[] = [];
    let text = '';
    for (;;) {
      const next = this.source.indexOf('<', this.at);
      if (next < 0) this.fail(`${name} without end`);
      const raw = this.source.slice(this.at, next);
      if (raw.includes(']]>')) this.fail(']]> in text');
      text += this.unescape(raw);
      this.at = next;
      if (this.source.startsWith('</', this.at)) break;
      children.push(this.element());
    }
    this.take(`</${name}>`);
    return { name, attributes, children, text };
  }
}

export function parseXml(source: string): Element {
  return new Reader(source).document();
}

interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
}

/** The JUnit format that Jenkins' schema describes, as far as CI systems agree on it. */
const rules: { readonly [name: string]: Rule } = {
  testsuites: {
    required: [],
    optional: ['name', 'tests', 'failures', 'errors', 'disabled', 'time'],
    children: ['testsuite'],
  },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['skipped', 'time', 'timestamp', 'hostname', 'id', 'package'],
    children: ['properties', 'testcase', 'system-out', 'system-err'],
  },
  testcase: {
    required: ['name', 'classname'],
    optional: ['time', 'status', 'assertions'],
    children: ['skipped', 'error', 'failure', 'properties', 'system-out', 'system-err'],
  },
  failure: { required: [], optional: ['message', 'type'], children: [] },
  error: { required: [], optional: ['message', 'type'], children: [] },
  skipped: { required: [], optional: ['message'], children: [] },
  properties: { required: [], optional: [], children: ['property'] },
  property: { required: ['name', 'value'], optional: [], children: [] },
};

const counted = ['tests', 'failures', 'errors', 'skipped'];

/** What is wrong with an element by those rules, and whether its counts are those of its children. */
export function junitProblems(element: Element): readonly string[] {
  const rule = rules[element.name];
  if (rule === undefined) return [`unknown element ${element.name}`];
  const names = Object.keys(element.attributes);
  return [
    ...rule.required.filter((name) => !names.includes(name)).map((name) => `${element.name} without ${name}`),
    ...names
      .filter((name) => !rule.required.includes(name) && !rule.optional.includes(name))
      .map((name) => `${element.name} with ${name}`),
    ...element.children
      .filter((child) => !rule.children.includes(child.name))
      .map((child) => `${child.name} in ${element.name}`),
    ...counted
      .filter((name) => name in element.attributes && Number(element.attributes[name]) !== count(element, name))
      .map((name) => `${element.name} says ${element.attributes[name]} ${name}, has ${count(element, name)}`),
    ...element.children.flatMap(junitProblems),
  ];
}

function count(element: Element, what: string): number {
  if (element.name === 'testcase') {
    const child = { tests: undefined, failures: 'failure', errors: 'error', skipped: 'skipped' }[what];
    return child === undefined || element.children.some(({ name }) => name === child) ? 1 : 0;
  }
  return element.children
    .filter(({ name }) => name === 'testcase' || name === 'testsuite')
    .reduce((sum, child) => sum + count(child, what), 0);
}
