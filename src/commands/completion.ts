import type {Interfaces} from '@oclif/core'
import {connect} from '../cluster/connection.ts'
import {baseFlags} from '../base-command.ts'
import {rulePages} from '../diagnosis/rules.ts'
import {icmpTypeNames} from '../events/icmp-names.ts'
import {commands} from './index.ts'

/** kubectl's directive for the shell (cobra's ShellCompDirectiveNoFileComp): no file names. */
const noFiles = ':4'
const files = ':0'

interface Candidates {
  readonly lines: readonly string[]
  readonly directive: string
}

type Flag = Pick<Interfaces.OptionFlag<unknown>, 'summary' | 'options' | 'char'> & {
  readonly type: string
  readonly multiple?: boolean
  readonly hidden?: boolean
}

const values: Readonly<Record<string, readonly string[]>> = {
  family: ['6', '4', 'all'],
  direction: ['ingress', 'egress'],
  protocol: ['tcp', 'udp', 'icmpv6', 'sctp', 'icmp', 'esp', 'gre'],
  'icmp-type': icmpTypeNames,
}

/** Answers `kubectl ipv6 … <TAB>`: `words` are what stands behind `ipv6`, the last one unfinished. */
export async function complete(words: readonly string[]): Promise<void> {
  const {lines, directive} = await candidates(words)
  process.stdout.write([...lines, directive, ''].join('\n'))
}

async function candidates(words: readonly string[]): Promise<Candidates> {
  const unfinished = words.at(-1) ?? ''
  if (words.length < 2) return fitting(verbLines(), unfinished)
  const verb = Object.entries(commands).find(([name]) => name === words[0])?.[1]
  if (verb === undefined) return {lines: [], directive: noFiles}
  const flags: Readonly<Record<string, Flag>> = {...baseFlags, ...verb.flags}
  const previous = words.at(-2) ?? ''
  const [flagPart = '', valuePart] = unfinished.split('=', 2)
  if (valuePart !== undefined && flagPart.startsWith('--')) {
    const {lines, directive} = valuesOf(flagPart, flags)
    return fitting({lines: lines.map((line) => `${flagPart}=${line}`), directive}, unfinished)
  }
  if (flagOf(previous, flags)?.type === 'option') return fitting(valuesOf(previous, flags), unfinished)
  if (unfinished.startsWith('-')) return fitting(flagLines(flags), unfinished)
  if (words[0] === 'explain') return fitting(ruleLines(), unfinished)
  const hasTargets = Object.keys(verb.args).includes('target')
  return fitting(hasTargets ? await targetLines(words) : {lines: [], directive: noFiles}, unfinished)
}

const fitting = ({lines, directive}: Candidates, start: string): Candidates => ({
  lines: lines.filter((line) => line.startsWith(start)),
  directive,
})

const verbLines = (): Candidates => ({
  lines: Object.entries(commands).map(([name, {summary}]) => `${name}\t${summary}`),
  directive: noFiles,
})

const ruleLines = (): Candidates => ({
  lines: rulePages.map(({rule, title}) => `${rule}\t${title}`),
  directive: noFiles,
})

const flagLines = (flags: Readonly<Record<string, Flag>>): Candidates => ({
  lines: Object.entries(flags).flatMap(([name, {summary, hidden}]) =>
    hidden === true ? [] : [`--${name}\t${summary ?? ''}`],
  ),
  directive: noFiles,
})

const flagOf = (word: string, flags: Readonly<Record<string, Flag>>): Flag | undefined =>
  Object.entries(flags).find(
    ([name, {char}]) => word === `--${name}` || (char !== undefined && word === `-${char}`),
  )?.[1]

function valuesOf(word: string, flags: Readonly<Record<string, Flag>>): Candidates {
  const name = word.replace(/^-+/, '')
  if (name === 'kubeconfig') return {lines: [], directive: files}
  const known = flagOf(word, flags)?.options ?? values[name]
  if (known !== undefined) return {lines: known, directive: noFiles}
  return {lines: [], directive: noFiles}
}

/** Names from the cluster if it answers at once; a shell that waits is worse than one that knows less. */
async function targetLines(words: readonly string[]): Promise<Candidates> {
  const always = ['local\tthis machine, without a cluster']
  try {
    const {list} = await import('../cluster/api.ts')
    const {nodes, pods} = await import('../cluster/objects.ts')
    const connection = connect(contextOf(words))
    const signal = AbortSignal.timeout(800)
    const wantsPods = (words.at(-1) ?? '').startsWith('pod/')
    const {items = []} = wantsPods
      ? await list(connection, pods, {namespace: connection.namespace, signal})
      : await list(connection, nodes, {signal})
    const kind = wantsPods ? 'pod' : 'node'
    return {
      lines: [...items.map(({metadata}) => `${kind}/${metadata?.name ?? ''}`), ...always, 'pod/\ta pod'],
      directive: noFiles,
    }
  } catch {
    return {lines: [...always, 'node/\ta node', 'pod/\ta pod'], directive: noFiles} // no cluster is no failure here
  }
}

function contextOf(words: readonly string[]): {readonly [flag in 'kubeconfig' | 'context' | 'namespace']?: string} {
  const after = (...names: readonly string[]): string | undefined => {
    const at = words.findIndex((word) => names.includes(word))
    return at === -1 ? undefined : words[at + 1]
  }
  const found = {kubeconfig: after('--kubeconfig'), context: after('--context'), namespace: after('-n', '--namespace')}
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}
