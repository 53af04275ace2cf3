import {adviceText, separateSockets, whyNoSysctl} from '../binding/advice.ts'
import type {Verdict} from '../binding/verdict.ts'
import {acceptsText, endpoint} from '../binding/words.ts'
import type {Finding} from '../diagnosis/finding.ts'
import {findingLines} from '../events/finding-text.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {displayWidth, padEnd} from '../output/width.ts'
import type {BindAnswer, HeldSocket} from '../protocol/binding.ts'
import {wrap} from './explain-text.ts'
import {deliveryLines, idLines, placeLines} from './bindcheck-packets.ts'
import {matrixLines} from './bindcheck-matrix.ts'

export interface TextOptions {
  readonly paint: Palette
  /** Columns. */
  readonly width: number
  readonly showsMatrix: boolean
}

export interface Told {
  /** Where it was asked, and the kernel there. */
  readonly place: string
  readonly answer: BindAnswer
  readonly verdicts: readonly Verdict[]
  readonly findings: readonly Finding[]
}

/** One place's answer for people: the answer first, then who holds the port, then what was tried. */
export function answerText({place, answer, verdicts, findings}: Told, options: TextOptions): string {
  const {paint, showsMatrix} = options
  const protocols = verdicts.map(({protocol}) => protocol)
  const reasons = new Set(verdicts.flatMap(({sentences}) => sentences.join(' ')))
  const besides = findings.filter(({detail}) => !reasons.has(detail))
  return [
    paint.quiet(escapeText(place)),
    ...verdicts.flatMap((verdict) => verdictLines(verdict, answer, options)),
    ...holderLines(answer, options),
    ...besides.flatMap((finding) => ['', ...foldedFinding(finding, options)]),
    ...deliveryLines(answer, options),
    ...idLines(answer, options),
    ...placeLines(answer, options),
    ...adviceLines(answer, verdicts, options),
    '',
    ...triedLines(answer, findings, options),
    ...(showsMatrix ? ['', ...matrixLines(answer, protocols, options)] : []),
    '',
  ]
    .flatMap((line) => foldedLine(line, options.width))
    .join('\n')
}

function verdictLines(
  {protocol, class: kind, coexist, sentences}: Verdict,
  {port}: BindAnswer,
  {paint, width}: TextOptions,
): readonly string[] {
  const sign = coexist ? paint.good('yes') : paint.bad('not as things are')
  const title = `${paint.strong(`${port}/${protocol}`)}: ${sign} ${paint.quiet(`(${kind})`)}`
  return ['', title, ...indented(sentences.join(' '), width)]
}

const indented = (text: string, width: number): readonly string[] =>
  wrap(escapeText(text), width - 2).map((line) => `  ${line}`)

/** Findings hold long sentences: each line is broken where the terminal ends. */
export function foldedFinding(
  finding: Finding,
  {paint, width}: Pick<TextOptions, 'paint' | 'width'>,
): readonly string[] {
  return findingLines({finding, count: 1, isDue: true}, paint).flatMap((line) => foldedLine(line, width))
}

/** What is too long goes on below, further to the right. */
export function foldedLine(line: string, width: number): readonly string[] {
  if (displayWidth(line) <= width) return [line]
  const indent = /^ */.exec(line)?.[0] ?? ''
  const [first = '', ...rest] = wrap(line.trimStart(), width - indent.length - 2)
  return [indent + first, ...rest.map((each) => `${indent}  ${each}`)]
}

function holderLines({holders, port}: BindAnswer, options: TextOptions): readonly string[] {
  const {paint} = options
  if (holders.length === 0) return ['', `Nobody holds port ${port} now.`]
  const lines = holders.slice(0, mostShown).flatMap((holder) => socketLines(holder, options))
  const more = holders.length > mostShown ? [`  and ${holders.length - mostShown} more (-o json lists them)`] : []
  return ['', paint.strong(`Who holds port ${port} now`), ...lines, ...more]
}

const mostShown = 12

const stateText: Readonly<Record<HeldSocket['state'], string>> = {
  listen: 'listening',
  unconnected: 'waiting for datagrams',
  bound: 'bound, not listening',
  established: 'connected',
  'time-wait': 'TIME_WAIT',
  other: 'closing or opening',
}

function socketLines(holder: HeldSocket, {paint, width}: TextOptions): readonly string[] {
  const {protocol, address, port, state, uid, receiveQueue, drops, device, owner, family} = holder
  const flag = family === 6 && holder.peer === undefined ? `, V6ONLY=${holder.v6only === null ? 'unknown' : Number(holder.v6only)}` : '' // prettier-ignore
  const name = owner?.named
  const nobody = state === 'time-wait' ? 'a connection that has ended, of no process' : 'process not visible from here'
  const who = owner === undefined ? nobody : `${owner.process}, pid ${owner.pid}`
  const detail = [
    who,
    `uid ${uid}`,
    ...(name === undefined ? [] : [`pod/${name.namespace}/${name.pod} (${name.container})`]),
    ...(device === undefined ? [] : [`only on ${device}`]),
    ...(holder.reuseaddr === true ? ['SO_REUSEADDR'] : []),
    ...(holder.reuseport === true ? ['SO_REUSEPORT'] : []),
    `${receiveQueue} queued`,
    ...(drops === undefined ? [] : [`${drops} dropped`]),
  ].join(', ')
  const first = `${protocol} ${paint.name(escapeText(endpoint(address, port)))} accepts ${acceptsText(holder)}${flag}, ${stateText[state]}`
  return [`  ${first}`, ...wrap(escapeText(detail), width - 6).map((line) => `      ${line}`)]
}

/** Columns that the longest name in a line of code has room in, beside the language. */
const roomy = 72

function adviceLines({port}: BindAnswer, verdicts: readonly Verdict[], {paint, width}: TextOptions): readonly string[] {
  const [first] = verdicts.filter(({class: kind}) => kind === 'application flag' || kind === 'sysctl')
  if (first === undefined) return []
  const lines = separateSockets.flatMap((advice) => {
    const [where, line] = adviceText(advice, port, first.protocol)
    const [start = '', ...rest] = wrap(line, width - 11)
    return [`  ${paint.name(padEnd(where, 8))} ${start}`, ...rest.map((each) => `${' '.repeat(width < roomy ? 4 : 11)}${each}`)] // prettier-ignore
  })
  return [
    '',
    paint.strong('A socket for each family, by language and server'),
    ...lines,
    ...indented(whyNoSysctl, width),
  ]
}

function triedLines(answer: BindAnswer, findings: readonly Finding[], {paint, width}: TextOptions): readonly string[] {
  const {matrix, matrixMs, settings, warnings} = answer
  const wrong = findings.some(({rule, key}) => rule === 'bind/kernel-defect' && key.endsWith('matrix'))
  const isRead = !answer.trials.some(({place}) => place === 'in-place')
  const said = wrong ? 'not all as the rule says, see above' : "all as the kernel's rule says"
  const tried = `Tried in an empty copy of the network namespace: ${matrix.length} combinations in ${(matrixMs / 1000).toFixed(2)} s, ${said}. net.ipv6.bindv6only=${settings['ipv6.bindv6only'] ?? 'absent'}.${isRead ? ' The target was only read.' : ''}`
  return [...wrap(tried, width).map((line) => paint.quiet(line)), ...warnings.flatMap((text) => indented(text, width))]
}
