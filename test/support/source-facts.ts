/** What the architecture rules need to know of a source file, read from its syntax tree (vite's own parser, oxc). */
import { parseSync } from 'vite';

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** A use of a name that the file does not declare: a global. `globalThis.x` counts as `x`. */
export interface GlobalUse {
  readonly name: string;
  /** `now` in `Date.now`. */
  readonly member?: string;
  /** With `new`, or a call: how many arguments it got. */
  readonly newArguments?: number;
  readonly callArguments?: number;
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly Import[];
  readonly globals: readonly GlobalUse[];
  readonly defaultExportLines: readonly number[];
}

type Node = { readonly type: string; readonly start: number; readonly [field: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const nodesOf = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Identifier' ? String(node.name) : undefined;

/** Type syntax without values in it; these few do hold expressions. */
const isTypeSyntax = ({ type }: Node): boolean =>
  type.startsWith('TS') &&
  !/^TS(As|Satisfies|NonNull|Instantiation)Expression$|^TSParameterProperty$|^TSEnum/.test(type);

/** @throws Error when the file does not parse. */
export function sourceFacts(fileName: string, source: string): SourceFacts {
  const { program, errors } = parseSync(fileName, source);
  if (errors.length > 0) throw new Error(`${fileName} does not parse: ${errors[0]?.message}`);
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length;
  const root = program as unknown as Node;

  const imports: Import[] = [];
  const defaultExportLines: number[] = [];
  const declared = new Set<string>();
  walk(root, (node) => {
    if (isNode(node.source) && typeof node.source.value === 'string') {
      imports.push({ specifier: node.source.value, line: lineAt(node.start) });
    }
    const exportsDefault = nodesOf(node.specifiers).some(({ exported }) => nameOf(exported) === 'default');
    if (node.type === 'ExportDefaultDeclaration' || exportsDefault)
      defaultExportLines.push(lineAt(node.start));
    for (const name of declaredBy(node)) declared.add(name);
  });

  const globals: GlobalUse[] = [];
  const use = (name: string, holder: Node | undefined, node: Node, self: Node) => {
    const member =
      holder?.type === 'MemberExpression' && holder.object === self ? memberName(holder) : undefined;
    const args = holder?.callee === self ? nodesOf(holder.arguments).length : undefined;
    globals.push({
      name,
      line: lineAt(node.start),
      ...(member === undefined ? {} : { member }),
      ...(args !== undefined && holder?.type === 'NewExpression' ? { newArguments: args } : {}),
      ...(args !== undefined && holder?.type === 'CallExpression' ? { callArguments: args } : {}),
    });
  };
  walkValues(root, [], (node, parents) => {
    const name = nameOf(node);
    if (name === undefined || declared.has(name)) return;
    const parent = parents.at(-1);
    const viaGlobal =
      /^(globalThis|self)$/.test(name) && parent !== undefined ? memberName(parent) : undefined;
    if (viaGlobal !== undefined && parent !== undefined) use(viaGlobal, parents.at(-2), node, parent);
    else use(name, parent, node, node);
  });
  return { imports, globals, defaultExportLines };
}

function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  if (node.computed !== true) return nameOf(node.property);
  return isNode(node.property) && typeof node.property.value === 'string' ? node.property.value : undefined;
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) for (const child of nodesOf(value)) walk(child, visit);
}

/** Like `walk`, but only where an identifier stands for a value: not in types, names of properties or declarations. */
function walkValues(
  node: Node,
  parents: readonly Node[],
  visit: (node: Node, parents: readonly Node[]) => void,
): void {
  if (
    isTypeSyntax(node) ||
    (/^(Import|Export(All|Specifier))/.test(node.type) && node.type !== 'ImportExpression')
  )
    return;
  visit(node, parents);
  const isName = node.type === 'MemberExpression' ? 'property' : 'key';
  for (const [field, value] of Object.entries(node)) {
    if (field === isName && node.computed !== true) continue;
    if (field === 'label') continue;
    for (const child of nodesOf(value)) walkValues(child, [...parents, node], visit);
  }
}

/** The names that a node binds. */
function declaredBy(node: Node): string[] {
  if (/^Import(Default|Namespace)?Specifier$/.test(node.type)) return namesIn(node.local);
  if (node.type === 'VariableDeclarator' || node.type === 'ClassDeclaration') return namesIn(node.id);
  if (node.type === 'CatchClause') return namesIn(node.param);
  if (/Function/.test(node.type)) return [...namesIn(node.id), ...nodesOf(node.params).flatMap(namesIn)];
  return [];
}

function namesIn(pattern: unknown): string[] {
  if (!isNode(pattern)) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [String(pattern.name)];
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'TSParameterProperty':
      return namesIn(pattern.parameter);
    case 'Property':
      return namesIn(pattern.value);
    default:
      return [...nodesOf(pattern.properties), ...nodesOf(pattern.elements)].flatMap(namesIn);
  }
}
