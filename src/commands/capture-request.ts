import {Flags} from '@oclif/core'
import {badUsage, type PluginError} from '../errors.ts'
import {plural} from '../output/quantity.ts'
import {interfaceGlob} from '../protocol/interface-glob.ts'

/** Of every verb that reads captures. */
export const captureFlags = {
  'input-file': Flags.string({
    helpGroup: 'TARGET',
    summary: 'Read a capture instead: pcap or pcapng, compressed or not; - is stdin. Needs neither root nor a cluster.',
    helpValue: 'FILE',
  }),
}

export interface CaptureRequest {
  /** `-` is stdin. */
  readonly path: string
  /** By the capture's clock; absent: one refresh at the end. */
  readonly intervalMs?: number
}

export interface BesideCapture {
  /** Flags of the command line, without defaults. */
  readonly given: readonly string[]
  readonly targets: readonly string[]
  /** How many filters are on names. */
  readonly names: number
  readonly form: string | undefined
}

/** What chooses a node, places an agent there, or limits its run. */
const ofNodes: ReadonlySet<string> = new Set([
  'namespace', 'kubeconfig', 'context', 'cluster', 'user', 'as', 'as-group',
  'selector', 'all-nodes', 'duration', 'max-duration', 'flows', 'hook',
  'agent-namespace', 'agent-image', 'image-pull-policy', 'image-pull-secret', 'toleration', 'profile', 'dry-run',
]) // prettier-ignore

/** Refuses what a capture cannot give. */
export function captureRequest(path: string, {given, targets, names, form}: BesideCapture): CaptureRequest {
  if (targets.length > 0)
    throw badUsage('--input-file and a target exclude each other', `Leave out ${targets.join(' ')}, or --input-file.`)
  const [other] = given.filter((flag) => ofNodes.has(flag))
  if (other !== undefined)
    throw badUsage(
      `--${other} has no meaning with --input-file, which reads a capture and asks no node`,
      'Leave it out.',
    )
  if (names > 0)
    throw badUsage(
      'No packet of a capture can match a filter on names: it has addresses only',
      'Filter by --ip instead.',
    )
  if (form === 'live')
    throw badUsage('-o live shows what happens now, and a capture is over', 'Use -o text, wide or json.')
  if (path === '') throw badUsage('--input-file is empty', 'Name a pcap or pcapng file, or - for stdin.')
  return {path}
}

/** Without a pattern that includes: every interface. */
export function interfaceChoice(patterns: readonly string[]): (name: string) => boolean {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => interfaceGlob(each.slice(1)))
  const included = patterns.filter((each) => !each.startsWith('!')).map((each) => interfaceGlob(each))
  return (name) =>
    !excluded.some((each) => each.test(name)) && (included.length === 0 || included.some((each) => each.test(name)))
}

export function noSuchInterface(patterns: readonly string[], names: readonly string[]): PluginError {
  const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ' …' : '')
  return badUsage(
    `No interface of the capture matches ${patterns.map((each) => `-i ${each}`).join(' ')}`,
    `It has frames of: ${some}`,
  )
}

export const noDirections = (): PluginError =>
  badUsage(
    'The capture does not tell which way its frames went, and --direction asks for one',
    'Leave --direction out. Directions are in pcapng with packet flags, and in captures of -i any (SLL).',
  )

/** What is said of frames of a link type that is not decoded. */
export const passedOver = (link: string, frames: number): string =>
  `${plural(frames, 'frame')} of ${link} cannot be decoded: counted as undecodable, not-readable.`
