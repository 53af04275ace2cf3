// Writes docs/errors.md from src/errors/, and the help of every verb into docs/commands.md.
import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/** A template's holes are shown by the name of what fills them; what is computed there has none. */
const hole = (expression: ts.Expression): string =>
  /^[\w.]+$/.test(expression.getText()) ? `‹${expression.getText()}›` : '‹…›'

function textOf(node: ts.Expression | undefined): string {
  if (node === undefined) return ''
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `${hole(span.expression)}${span.literal.text}`).join('')
  return hole(node)
}

function adviceOf(node: ts.Expression | undefined): string {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return textOf(node)
  const advice = node.properties.find((property) => property.name?.getText() === 'advice')
  return advice !== undefined && ts.isPropertyAssignment(advice) ? textOf(advice.initializer) : '‹advice›'
}

const parsed = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)

function errors(): string[] {
  const rows: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'PluginError') {
      const [code, message, rest] = node.arguments ?? []
      if (code !== undefined && ts.isStringLiteralLike(code))
        rows.push(`| \`${code.text}\` | ${textOf(message)} | ${adviceOf(rest)} |`)
    }
    ts.forEachChild(node, visit)
  }
  for (const name of readdirSync(join(root, 'src/errors'))) visit(parsed(`src/errors/${name}`))
  return rows.map((row) => row.replaceAll('\n', ' ')).sort()
}

const heading = [
  '# What can go wrong',
  '',
  'Written by `npm run generate` from `src/errors/`. Each of these ends a command with exit status 2.',
  '',
]
writeFileSync(
  join(root, 'docs/errors.md'),
  [...heading, '| code | what it says | what it advises |', '|---|---|---|', ...errors(), ''].join('\n'),
)

const help = (...words: string[]) =>
  execFileSync(join(root, 'bin/kubectl-ipv6'), [...words, '--help'], {
    encoding: 'utf8',
    env: {...process.env, COLUMNS: '120', NO_COLOR: '1', FORCE_COLOR: '0'},
  }).trimEnd()
const overview = help()
const [, listed = ''] = /^VERBS\n((?: {2}.*\n)+)/m.exec(overview) ?? []
const verbs = [...listed.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, verb]) => verb ?? '')
const pages = verbs.flatMap((verb) => ['', `## ${verb}`, '', '```', help(verb), '```'])
writeFileSync(
  join(root, 'docs/commands.md'),
  ['# Commands', '', 'Written by `npm run generate`.', '', '```', overview, '```', ...pages, ''].join('\n'),
)
