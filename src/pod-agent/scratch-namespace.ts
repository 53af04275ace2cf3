import {writeFileSync} from 'node:fs'
import {parseAddress} from '../address/text.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {insideScratchNetwork} from './native/scratch-network.ts'
import {readRouteMessages} from './rtnetlink.ts'

/** Copied in this order: what else the kernel asks at bind comes with the sockets and the addresses. */
export const bindSettings = [
  'ipv6.bindv6only',
  'ipv4.ip_unprivileged_port_start',
  'ipv4.ip_local_port_range',
  'ipv4.ip_local_reserved_ports',
  'ipv4.ip_nonlocal_bind',
  'ipv6.ip_nonlocal_bind',
]

export interface ScratchPlan {
  readonly settings: Readonly<Record<string, string>>
  /** Those of the target that are to be bound and can be. */
  readonly addresses: ReadonlySet<string>
  /** Added besides, for what is tried there. */
  readonly extra: readonly string[]
}

const own = ['127.0.0.1', '::1']
/** The loopback, and the only interface. */
export const scratchInterface = 1

/** Runs `look` in an empty network namespace with the target's settings and addresses; `warn` hears what could not be copied. */
export function insideCopy<Seen>(
  plan: ScratchPlan,
  {look, warn}: {look: () => Seen; warn: (text: string) => void},
): Seen {
  return insideScratchNetwork(() => {
    for (const name of bindSettings) copySetting(name, plan.settings[name], warn)
    const {addresses: wanted} = plan
    for (const ip of own) if (!wanted.has(ip)) change('remove', ip)
    for (const ip of wanted) {
      if (own.includes(ip)) continue
      const refusal = change('add', ip)
      if (refusal !== 0)
        warn(`The address ${ip} could not be copied (errno ${refusal}): what is said of it is not measured.`)
    }
    for (const ip of plan.extra) change('add', ip)
    return look()
  })
}

/** Only ever called in the namespace that was just made: /proc/sys/net is that of the thread that writes. */
function copySetting(name: string, value: string | undefined, warn: (text: string) => void): void {
  if (value === undefined || value === '') return
  try {
    writeFileSync(`/proc/sys/net/${name.replaceAll('.', '/')}`, value)
  } catch {
    // A container that is not privileged has /proc/sys read-only: its defaults stay.
    warn(`net.${name}=${value} could not be copied to where the sockets are tried.`)
  }
}

const messages = {add: 20, remove: 21}
/** NLM_F_REQUEST | NLM_F_ACK, with NLM_F_CREATE to add. */
const requestFlags = {add: 0x405, remove: 0x5}
const attributes = {address: 1, local: 2, flags: 8}
const noDetection = 0x02

/** The kernel's errno, 0 for success. */
function change(what: keyof typeof messages, ip: string): number {
  const parsed = parseAddress(ip)
  if (parsed === undefined) throw new TypeError(`${ip} is no address`)
  const bytes = parsed.family === 4 ? parsed.bytes.subarray(12) : parsed.bytes
  const flags = Buffer.alloc(4)
  flags.writeUInt32LE(noDetection)
  const length = ip === '127.0.0.1' ? 8 : 8 * bytes.length
  const body = Buffer.concat([
    Buffer.from([parsed.family === 4 ? 2 : 10, length, 0, 0, scratchInterface, 0, 0, 0]),
    attribute(attributes.local, bytes),
    attribute(attributes.address, bytes),
    attribute(attributes.flags, flags),
  ])
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + body.length, 0)
  header.writeUInt16LE(messages[what], 4)
  header.writeUInt16LE(requestFlags[what], 6)
  header.writeUInt32LE(1, 8)
  using socket = new NetlinkSocket(0)
  socket.send(Buffer.concat([header, body]))
  const [reply] = readRouteMessages(socket.receive() ?? new Uint8Array())
  return reply?.type === 'error' ? reply.errno : 0
}

function attribute(type: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt16LE(4 + value.length, 0)
  header.writeUInt16LE(type, 2)
  return Buffer.concat([header, value])
}
