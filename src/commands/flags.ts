import {Args, Flags} from '@oclif/core'
import {severities} from '../diagnosis/finding.ts'
import type {filterFlagNames} from './filter-token.ts'

export const targetArgs = {
  target: Args.string({
    multiple: true,
    description: "node/NAME or NAME (a node), pod/NAME (in -n), local (this machine); none: the cluster's only node.",
  }),
}

const many = {multiple: true, multipleNonGreedy: true} as const
const where = {helpGroup: 'TARGET'}
const agent = {helpGroup: 'AGENT'}
const filter = {helpGroup: 'FILTER'}
const run = {helpGroup: 'RUN'}

/** On which nodes, beside the targets. */
export const nodeFlags = {
  selector: Flags.string({...where, char: 'l', summary: 'Nodes with these labels, as in kubectl -l.'}),
  'all-nodes': Flags.boolean({...where, summary: 'Every node of the cluster that is ready.'}),
}

/** Where the verb looks. */
export const targetFlags = {
  interface: Flags.string({
    ...where,
    ...many,
    char: 'i',
    summary:
      'Interface to look at, a glob, or with a leading ! one to leave out; repeatable. Default: all that are up, but lo.',
  }),
  ...nodeFlags,
}

/** How the agent gets there. */
export const agentFlags = {
  'agent-namespace': Flags.string({...agent, default: 'kube-system', summary: 'Namespace that the agent runs in.'}),
  'agent-image': Flags.string({...agent, summary: "Image of the agent. Default: the plugin's own version."}),
  'image-pull-policy': Flags.string({
    ...agent,
    options: ['IfNotPresent', 'Always', 'Never'],
    summary: 'When the image is pulled.',
  }),
  'image-pull-secret': Flags.string({...agent, ...many, summary: 'Secret for the registry; repeatable.'}),
  toleration: Flags.string({
    ...agent,
    ...many,
    summary: 'key[=value][:effect] that the agent tolerates; repeatable. Default: everything.',
  }),
  profile: Flags.string({
    ...agent,
    options: ['privileged', 'restricted'],
    default: 'privileged',
    summary:
      'restricted: not privileged, only BPF, NET_ADMIN and PERFMON; SYS_ADMIN and SYS_PTRACE too for pod/NAME, clients, bindcheck, listeners.',
  }),
  'dry-run': Flags.boolean({...agent, summary: 'Print the manifests that would be created, touch nothing.'}),
}

export const runFlags = {
  duration: Flags.string({...run, summary: 'End after this time, with the summary: 30s, 5m, 1h.'}),
  'max-duration': Flags.string({
    ...run,
    default: '1h',
    summary: "The node's own limit, kept even when this side is gone.",
  }),
}

export const failOnFlag = (group: {readonly helpGroup: string}) =>
  Flags.string({
    ...group,
    options: [...severities, 'never'],
    default: 'error',
    summary: 'Exit with status 1 when something at least as severe was found.',
  })

/** What verbs that judge take beside. */
export const judgingFlags = (group: {readonly helpGroup: string}) => ({
  'findings-only': Flags.boolean({...group, summary: 'Only what is wrong.'}),
  'fail-on': failOnFlag(group),
})

/** Of verbs that count flows. */
export const flowsFlag = (group: {readonly helpGroup: string}) =>
  Flags.integer({
    ...group,
    min: 64,
    max: 1 << 20,
    default: 8192,
    summary: 'Flows that the kernel holds per CPU between two refreshes.',
  })

const summaries: Readonly<Record<(typeof filterFlagNames)[number], string>> = {
  family: '6 (default), 4 or all.',
  ip: 'Address or prefix of either end, in any spelling; a zone chooses the interface.',
  'from-ip': 'Source address or prefix.',
  'to-ip': 'Destination address or prefix.',
  port: 'Port of either end: 443, 8000-8100.',
  'from-port': 'Source port.',
  'to-port': 'Destination port.',
  protocol: 'tcp, udp, icmpv6, sctp, any IANA keyword, or a number.',
  'icmp-type': 'ICMPv6 type by number or name: 2, packet-too-big (ICMP with --family 4).',
  direction: 'ingress or egress, as seen from the interface.',
  pod: '[NAMESPACE/]PREFIX of the pod at either end.',
  'from-pod': 'Pod at the source.',
  'to-pod': 'Pod at the destination.',
  'from-namespace': 'Namespace at the source.',
  'to-namespace': 'Namespace at the destination.',
  service: '[NAMESPACE/]NAME of the service at either end.',
  label: 'Labels of the pod at either end: app=web,tier!=test.',
}

export const filterFlag = (summary: string) => Flags.string({...filter, ...many, summary})

/** Each repeatable: the same flag twice is OR, different flags are AND. */
export const filterFlags = {
  not: Flags.boolean({...filter, summary: 'Negate the next filter.'}),
  family: filterFlag(summaries.family),
  ip: filterFlag(summaries.ip),
  'from-ip': filterFlag(summaries['from-ip']),
  'to-ip': filterFlag(summaries['to-ip']),
  port: filterFlag(summaries.port),
  'from-port': filterFlag(summaries['from-port']),
  'to-port': filterFlag(summaries['to-port']),
  protocol: filterFlag(summaries.protocol),
  'icmp-type': filterFlag(summaries['icmp-type']),
  direction: filterFlag(summaries.direction),
  pod: filterFlag(summaries.pod),
  'from-pod': filterFlag(summaries['from-pod']),
  'to-pod': filterFlag(summaries['to-pod']),
  'from-namespace': filterFlag(summaries['from-namespace']),
  'to-namespace': filterFlag(summaries['to-namespace']),
  service: filterFlag(summaries.service),
  label: filterFlag(summaries.label),
}
