import {statSync} from 'node:fs'
import {formatBytes} from '../address/text.ts'
import type {Actor, HeldAddress} from '../protocol/binding.ts'
import {hasCapabilities} from '../protocol/capabilities.ts'
import {processOf} from './containers.ts'
import {type LinkFacts, readAddressFacts, requests} from './facts-netlink.ts'
import {presentLinkFacts} from './facts.ts'
import {readText} from './facts-settings.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {readDump, readParts} from './netlink-dump.ts'
import {addressDump} from './rtnetlink.ts'
import {bindSettings} from './scratch-namespace.ts'

/** What decides over a bind, and what else a report names. Under net. of the network namespace. */
const names = [
  ...bindSettings,
  'ipv6.conf.all.disable_ipv6',
  'ipv6.conf.default.disable_ipv6',
  'ipv6.conf.lo.disable_ipv6',
]

export interface Surroundings {
  readonly settings: Readonly<Record<string, string>>
  readonly addresses: readonly HeldAddress[]
  readonly netns: number
}

/** Of the network namespace of the calling thread. */
export function readSurroundings(): Surroundings {
  const links = presentLinkFacts()
  const values = names.map((name) => [name, readText(`/proc/sys/net/${name.replaceAll('.', '/')}`)?.trim()] as const)
  return {
    settings: {
      ...Object.fromEntries(values.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
      ...Object.fromEntries(
        links.filter(isWithoutIpv6).map(({facts}) => [`ipv6.conf.${facts.name}.disable_ipv6`, '1']),
      ),
    },
    addresses: readAddresses(links),
    netns: statSync('/proc/thread-self/ns/net').ino,
  }
}

/** Told only of those where it is so: a node has hundreds of interfaces. */
const isWithoutIpv6 = ({facts}: LinkFacts): boolean =>
  readText(`/proc/sys/net/ipv6/conf/${facts.name}/disable_ipv6`)?.trim() === '1'

function readAddresses(links: readonly LinkFacts[]): readonly HeldAddress[] {
  const linkOf = new Map(links.map(({index, facts}) => [index, facts]))
  const held = (ip: string, index: number, flags: readonly string[]): HeldAddress => {
    const link = linkOf.get(index)
    return {ip, interface: link?.name ?? String(index), flags: link?.isUp === false ? [...flags, 'down'] : flags}
  }
  using socket = new NetlinkSocket(0)
  const ipv6 = [...readParts(socket, requests.addresses, readAddressFacts)]
  using another = new NetlinkSocket(0)
  const ipv4 = readDump(another, addressDump).flatMap((message) =>
    message.type === 'address' && message.address.address.length === 4 ? [message.address] : [],
  )
  return [
    ...ipv4.map(({index, address}) => held(formatBytes(Buffer.concat([Buffer.alloc(12), address]), 4), index, [])),
    ...ipv6.map(({index, address}) => held(address.ip, index, address.flags)),
  ]
}

const root: Actor = {uid: 0, mayBindLowPorts: true}

/** Who would bind there: the uid that was asked about, the pod's first process, or root. */
export function actorOf(uid: number | undefined, containers: readonly string[] | undefined): Actor {
  if (uid !== undefined) return {uid, mayBindLowPorts: uid === 0}
  const pid = containers === undefined ? undefined : processOf(containers)
  const status = pid === undefined ? undefined : readText(`/proc/${pid}/status`)
  const own = /^Uid:\t\d+\t(\d+)/m.exec(status ?? '')?.[1]
  if (status === undefined || own === undefined) return root
  return {uid: Number(own), mayBindLowPorts: hasCapabilities(status, ['NET_BIND_SERVICE'])}
}
