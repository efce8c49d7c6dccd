/** Every exported declaration of src, and every public member of an exported class or interface that is called, has a doc comment. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { filesBelow } from './tree.js';

/** Number of doc comments before a declaration that hold a sentence. The compiler's public function gives the last one only. */
function docCount(node: ts.Node): number {
  const docs = (node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? [];
  return docs.filter((doc) => doc.comment !== undefined).length;
}

function isExported(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
}

function isPrivate(node: ts.ClassElement): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((m) => m.kind === ts.SyntaxKind.PrivateKeyword)
  );
}

function nameOf(node: ts.Node): string {
  const named = node as { name?: ts.Node };
  return named.name === undefined ? ts.SyntaxKind[node.kind] : named.name.getText();
}

/** A class that says `implements` has its members described where the interface is. */
function implementsSomething(node: ts.ClassDeclaration): boolean {
  return (node.heritageClauses ?? []).some((clause) => clause.token === ts.SyntaxKind.ImplementsKeyword);
}

/** Methods called from outside; getters and setters read as fields and are described where they need it. */
function methodsOf(node: ts.Statement): ts.Node[] {
  if (ts.isInterfaceDeclaration(node)) return node.members.filter((member) => ts.isMethodSignature(member));
  if (!ts.isClassDeclaration(node) || implementsSomething(node)) return [];
  return node.members.filter((member) => ts.isMethodDeclaration(member) && !isPrivate(member));
}

/** What in a file is visible to others and says nothing about itself. */
function undocumented(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const missing: string[] = [];
  const check = (node: ts.Node, name: string): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    // The comment that opens the file speaks of the file, even where nothing stands between it and the first export.
    const opening = node === file.statements[0] && text.trimStart().startsWith('/**') ? 1 : 0;
    if (docCount(node) <= opening) missing.push(`${path}:${line} ${name}`);
  };
  for (const statement of file.statements) {
    if (!isExported(statement) || ts.isExportDeclaration(statement)) continue;
    if (ts.isVariableStatement(statement))
      check(statement, statement.declarationList.declarations.map(nameOf).join(', '));
    else check(statement, nameOf(statement));
    for (const method of methodsOf(statement)) check(method, `${nameOf(statement)}.${nameOf(method)}`);
  }
  return missing;
}

test('what is exported says what it is', () => {
  expect(filesBelow(['src'], '.ts').flatMap(({ path, text }) => undocumented(path, text))).toEqual([]);
});

test('the comment that opens a file does not count for its first export', () => {
  expect(undocumented('f.ts', '/** The file. */\nexport const a = 1;\n')).toEqual(['f.ts:2 a']);
  expect(undocumented('f.ts', '/** The file. */\n\n/** The a. */\nexport const a = 1;\n')).toEqual([]);
});

test('the check finds what it looks for', () => {
  const text = [
    '/** Opens the file. */',
    'import type { X } from "./x.js";',
    'export const a = 1;',
    '/** Said. */',
    'export class B {',
    '  field = 1;',
    '  said(): void {}',
    '  private hidden(): void {}',
    '}',
    '/** @param x of no use without a sentence */',
    'export function c(x: X): void {}',
    'function mine(): void {}',
  ].join('\n');
  expect(undocumented('f.ts', text)).toEqual(['f.ts:3 a', 'f.ts:7 B.said', 'f.ts:11 c']);
});
