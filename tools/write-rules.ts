// Writes docs/rules.md from the pages that `kubectl ipv6 explain` shows.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {byArea, sections} from '../src/commands/explain-text.ts'
import type {RulePage} from '../src/diagnosis/rule.ts'
import {rulePages} from '../src/diagnosis/rules.ts'

const escaped = (text: string): string => text.replaceAll(/[\\<>*|[\]]/g, String.raw`\$&`)

/** `RFC 4861 §6.1.2` at the RFC editor. */
function linked(reference: string): string {
  const [, number, section] = /^RFC (\d+)(?: §([A-Z\d.]+))?$/.exec(reference) ?? []
  if (number === undefined) return escaped(reference)
  const anchor = section === undefined ? '' : `#section-${section}`
  return `[${reference}](https://www.rfc-editor.org/rfc/rfc${number}${anchor})`
}

const pageLines = (page: RulePage): readonly string[] => [
  `### \`${page.rule}\`: ${escaped(page.title)}`,
  '',
  `Severity: ${page.severities.join(' or ')} · ${page.references.map(linked).join(', ')}`,
  '',
  ...sections(page).map(([heading, text]) => `- **${heading}.** ${escaped(text)}`),
  '',
]

const lines = [
  '# Rules',
  '',
  'Written by `npm run generate` from `src/diagnosis/`: what each finding means. `kubectl ipv6 explain RULE` shows the same page.',
  '',
  ...byArea(rulePages).flatMap(({title, pages}) => [`## ${title}`, '', ...pages.flatMap(pageLines)]),
]
writeFileSync(join(import.meta.dirname, '../docs/rules.md'), lines.join('\n'))
