/**
 * What a TypeScript source imports, by the TypeScript parser.
 */
import ts from 'typescript';

/** Whether nothing of an import or export declaration is left when types are erased. */
function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  if (clause.name || !names || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly);
}

/** `import('x')`, `require('x')`, `require.resolve('x')`, `import.meta.resolve('x')` and the like. */
function loadedBy(call) {
  const [argument] = call.arguments;
  if (argument === undefined || !ts.isStringLiteralLike(argument)) return undefined;
  const callee = call.expression;
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return argument;
  if (ts.isIdentifier(callee) && callee.text === 'require') return argument;
  const resolves = ts.isPropertyAccessExpression(callee) && callee.name.text === 'resolve';
  return resolves && argument.text.startsWith('@') ? argument : undefined;
}

/**
 * Every import of a source, static or not, in order.
 *
 * @returns `{ specifier, typeOnly, line }`, lines from 1
 */
export function importsOf(text, fileName = 'source.ts') {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2023, false);
  const found = [];
  const add = (literal, typeOnly) => {
    const { line } = source.getLineAndCharacterOfPosition(ts.skipTrivia(text, literal.pos));
    found.push({ specifier: literal.text, typeOnly, line: line + 1 });
  };
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      add(node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node)) {
      const literal = loadedBy(node);
      if (literal) add(literal, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
