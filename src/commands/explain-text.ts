import type {Severity} from '../diagnosis/finding.ts'
import type {RulePage} from '../diagnosis/rule.ts'
import type {Palette} from '../output/colour.ts'
import {displayWidth, padEnd} from '../output/width.ts'

export interface Shape {
  /** Columns. */
  readonly width: number
  readonly paint: Palette
}

/** Lines longer than this are hard to read, however wide the terminal. */
const widest = 100
const narrowest = 30

const areas: Readonly<Record<string, string>> = {
  ndp: 'Neighbour discovery',
  mld: 'Multicast listeners',
  exthdr: 'Extension headers and fragments',
  pmtu: 'Path MTU',
  icmp: 'ICMPv6 errors',
  bind: 'Listening sockets',
}

const areaOf = ({rule}: RulePage): string => rule.split('/')[0] ?? ''

/** Pages by area, under the name that people give it. */
export function byArea(pages: readonly RulePage[]): readonly {readonly title: string; readonly pages: RulePage[]}[] {
  const names = [...new Set(pages.map(areaOf))]
  return names.map((name) => ({title: areas[name] ?? name, pages: pages.filter((page) => areaOf(page) === name)}))
}

export const sections = (page: RulePage): readonly (readonly [heading: string, text: string])[] => [
  ['What it means', page.meaning],
  ['How it is found', page.detection],
  ['What it is not', page.notThis],
  ['What to do', page.fix],
]

/** One rule a line, by area. */
export function listText(pages: readonly RulePage[], {width, paint}: Shape): string {
  const names = Math.max(...pages.map(({rule}) => rule.length))
  const blocks = byArea(pages).map(({title, pages: own}) => {
    const lines = own.map(({rule, severities, title: line}) => {
      const [usual] = severities
      const indent = names + 12
      const [first = '', ...rest] = wrap(line, Math.max(narrowest, width - indent - 2))
      const head = `  ${paint.name(padEnd(rule, names))}  ${painted(usual, paint)}${' '.repeat(10 - usual.length)}${first}`
      return [head, ...rest.map((each) => `${' '.repeat(indent + 2)}${each}`)].join('\n')
    })
    return [paint.heading(title), ...lines, ''].join('\n')
  })
  return `${blocks.join('\n')}\nFor one of them: kubectl ipv6 explain RULE\n`
}

export function pageText(page: RulePage, {width, paint}: Shape): string {
  const columns = Math.min(widest, Math.max(narrowest, width)) - 2
  const indented = (text: string): readonly string[] => wrap(text, columns).map((line) => `  ${line}`)
  const severity = page.severities.map((each) => painted(each, paint)).join(' or ')
  return [
    paint.strong(page.title),
    `${paint.name(page.rule)}  ${severity}`,
    ...sections(page).flatMap(([heading, text]) => ['', paint.heading(heading), ...indented(text)]),
    '',
    paint.heading('References'),
    ...indented(page.references.join(', ')),
    '',
  ].join('\n')
}

const painted = (severity: Severity, paint: Palette): string =>
  ({info: paint.quiet, warning: paint.warning, error: paint.bad, critical: paint.bad})[severity](severity)

/** At spaces only: a command longer than a line stays whole where it has none. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
