import type {FoldedFinding} from '../diagnosis/finding-ledger.ts'
import type {Severity} from '../diagnosis/finding.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'

/** The contract's `finding` line. */
export const findingObject = ({finding, count}: FoldedFinding, node: string): JsonValue => ({
  kind: 'finding',
  time: rfc3339(finding.timeNs),
  node,
  rule: finding.rule,
  severity: finding.severity,
  title: finding.title,
  detail: finding.detail,
  evidence: finding.evidence,
  fix: finding.fix,
  count,
  interface: finding.interface,
})

const paints: Readonly<Record<Severity, keyof Palette>> = {
  info: 'quiet',
  warning: 'warning',
  error: 'bad',
  critical: 'bad',
}

/** What is wrong on one line, and below it how to check and what to do. Safe to show. */
export function findingLines({finding, count}: FoldedFinding, palette: Palette): readonly string[] {
  const {severity, rule, title, detail, evidence, fix} = finding
  const times = count > 1 ? ` (${count} times)` : ''
  const first = `${palette[paints[severity]](severity)} ${escapeText(`${title}: ${detail}`)}${times}  ${palette.quiet(rule)}`
  if (severity === 'info') return [first]
  return [
    first,
    ...evidence.map((line) => `    ${palette.quiet('evidence:')} ${escapeText(line)}`),
    `    ${palette.quiet('what to do:')} ${escapeText(fix)}`,
  ]
}
