import {closeSync, readSync} from 'node:fs'
import {noKernelTypes, noTracepoint, type PluginError, programsRefused} from '../errors.ts'
import {clientLossesLayout, clientSettingsLayout, clientTallyLayout, connectionLayout, clientKeyLayout} from '../generated/client-layout.ts' // prettier-ignore
import type {ClientLosses} from '../protocol/clients.ts'
import {type AgentSettings, noFeeds} from '../protocol/settings.ts'
import {writeSettings} from './kernel-settings.ts'
import {kernelTypesPath, tellsKernelTypes} from './kernel-types.ts'
import type {Hash} from './native/bpf-map.ts'
import {BpfObject} from './native/bpf-object.ts'
import {openRootCgroup} from './native/cgroup.ts'
import {check, NativeError} from './native/failure.ts'
import {linkId, mapId, programId} from './native/ids.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {Libc} from './native/libc.ts'
import {runOnce} from './native/test-run.ts'
import {Struct} from './native/words.ts'
import {RecordRing} from './record-ring.ts'
import type {KernelObject} from './removal.ts'

/** What TCP is followed by. */
const tracepoint = 'inet_sock_set_state'
const tcpPrograms = ['on_set_state', 'sweep', 'adopt_connections'] as const
const udpPrograms = ['on_datagram', 'on_datagram_sent', 'on_datagram_dropped'] as const
/** BPF_CGROUP_INET_INGRESS and _EGRESS. */
const cgroupHooks = {on_datagram: 0, on_datagram_sent: 1}
const sizes = {clients: 32_768, crowds: 4096, connections: 65_536, listening: 16_384, askers: 16_384, left_out: 16_384}
const ringBytes = 4 << 20
const smallestRing = 4096
/** BPF_TRACE_ITER of enum bpf_attach_type. */
const iteration = 28

export interface ClientProgramsOptions {
  readonly libbpf: Libbpf
  readonly libc: Libc
  /** Path of clients.bpf.o. */
  readonly object: string
  readonly bytes: Uint8Array
  /** Inode of the network namespace that is looked at alone. */
  readonly only?: number
  /** Where the agent itself is reached: not told. */
  readonly own: {readonly network: number; readonly port: number}
}

/** The programs that follow connections and datagrams, and their tables. */
export class ClientPrograms implements Disposable {
  readonly warnings: string[] = []
  readonly #options: ClientProgramsOptions
  readonly #object: BpfObject
  #udp: BpfObject | undefined
  readonly #links: {readonly fd: number; readonly id: number}[] = []
  readonly #linkIds: number[] = []
  #ring: RecordRing | undefined

  /** Loads and attaches: what happens from now on is counted. */
  constructor(settings: AgentSettings, options: ClientProgramsOptions) {
    this.#options = options
    try {
      this.#object = new BpfObject(options.libbpf, describe(settings, options)).load()
    } catch (cause) {
      throw cause instanceof NativeError ? refusal(cause) : cause
    }
    try {
      this.#attach(this.#object.programFd('on_set_state'))
      this.#loadUdp(options)
      if (settings.clients?.connections === true)
        this.#ring = new RecordRing(options.libc, {fd: this.#object.mapFd('changes'), size: ringBytes})
    } catch (cause) {
      this.close()
      throw cause
    }
  }

  /** Connections as they open and close: struct connection_change; undefined where nobody asked for them. */
  get ring(): RecordRing | undefined {
    return this.#ring
  }

  get tables(): Readonly<Record<'clients' | 'crowds' | 'connections', Hash>> {
    const tally = {keySize: clientKeyLayout.size, valueSize: clientTallyLayout.size}
    return {
      clients: {fd: this.#object.mapFd('clients'), ...tally},
      crowds: {fd: this.#object.mapFd('crowds'), ...tally},
      connections: {fd: this.#object.mapFd('connections'), keySize: 8, valueSize: connectionLayout.size},
    }
  }

  get losses(): ClientLosses {
    const value = new Struct(clientLossesLayout.size)
    check('bpf_map_lookup_elem', this.#options.libbpf.lookup(this.#object.mapFd('client_losses'), new Struct(4).bytes, value.bytes)) // prettier-ignore
    const at = (offset: number): number => Number(value.view.getBigUint64(offset, true))
    const {untracked, untallied, changes, filtered} = clientLossesLayout
    return {untracked: at(untracked), untallied: at(untallied), changes: at(changes), filtered: at(filtered)}
  }

  /** Counts the connections that were there before, in the network namespace of the calling thread. */
  adopt(): void {
    const {libbpf, libc} = this.#options
    const link = check('bpf_link_create', libbpf.attachFd(this.#object.programFd('adopt_connections'), 0, iteration, null)) // prettier-ignore
    try {
      const walk = check('bpf_iter_create', libbpf.createIterator(link))
      try {
        const nothing = Buffer.alloc(64)
        while (readSync(walk, nothing) > 0);
      } finally {
        closeSync(walk)
      }
    } finally {
      libc.close(link)
    }
  }

  /** Brings the bytes of open connections in their table up to now. */
  sweep(): void {
    runOnce(this.#options.libbpf, this.#object.programFd('sweep'))
  }

  objects(): readonly KernelObject[] {
    const {libbpf} = this.#options
    return [
      ...this.#programs.map((fd) => ({kind: 'program' as const, id: programId(libbpf, fd)})),
      ...this.#object.mapFds.map((fd) => ({kind: 'map' as const, id: mapId(libbpf, fd)})),
      ...this.#linkIds.map((id) => ({kind: 'link' as const, id})),
    ]
  }

  /** Nothing is counted afterwards; what was counted can still be read. */
  detach(): void {
    for (const {fd} of this.#links.splice(0)) this.#options.libc.close(fd)
  }

  close(): void {
    this.detach()
    this.#ring?.close()
    this.#ring = undefined
    this.#udp?.close()
    this.#object.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #programs(): readonly number[] {
    const udp = this.#udp
    const more = udp === undefined ? [] : udpPrograms.map((name) => udp.programFd(name))
    return [...tcpPrograms.map((name) => this.#object.programFd(name)), ...more]
  }

  /** They are on the root of all cgroups, so that every socket is below; where that is not to be had, UDP is not counted. */
  #loadUdp({libbpf, bytes}: ClientProgramsOptions): void {
    let cgroup: number | undefined
    try {
      cgroup = openRootCgroup()
      const object = new BpfObject(libbpf, {bytes, without: tcpPrograms, maxEntries: {}, constants: {}, beside: this.#object}) // prettier-ignore
      this.#udp = object.load()
      for (const [name, hook] of Object.entries(cgroupHooks))
        this.#keep(check('bpf_link_create', libbpf.attachFd(object.programFd(name), cgroup, hook, null)))
      this.#attach(object.programFd('on_datagram_dropped'))
    } catch (cause) {
      if (!(cause instanceof NativeError)) throw cause
      const why = cause.code === 'EPERM' ? 'EPERM: that needs SYS_ADMIN, try --profile privileged' : cause.code
      this.warnings.push(`Datagrams cannot be followed here (${why}): clients of UDP are not counted.`)
    } finally {
      if (cgroup !== undefined) closeSync(cgroup)
    }
  }

  #attach(program: number): void {
    const {libbpf} = this.#options
    this.#keep(check('bpf_raw_tracepoint_open', libbpf.openTracepoint(null, program)))
  }

  #keep(fd: number): void {
    const id = linkId(this.#options.libbpf, fd)
    this.#links.push({fd, id})
    this.#linkIds.push(id)
  }
}

function describe(
  {filter, clients}: AgentSettings,
  {bytes, only = 0, own}: ClientProgramsOptions,
): ConstructorParameters<typeof BpfObject>[1] {
  const tells = clients?.connections === true
  const settings = new Struct(clientSettingsLayout.size)
    .u32(clientSettingsLayout.ownNetwork, own.network)
    .u32(clientSettingsLayout.onlyNetwork, only)
  settings.view.setUint16(clientSettingsLayout.ownPort, own.port, true)
  settings.view.setUint8(clientSettingsLayout.tellsChanges, tells ? 1 : 0)
  // Of the settings of flows, the filter alone counts.
  const chosen = writeSettings(filter, {cpus: 1, tickNs: 1, lines: 64, feeds: noFeeds})
  return {
    bytes,
    without: udpPrograms,
    maxEntries: {...sizes, changes: tells ? ringBytes : smallestRing},
    constants: {'.rodata.clients': settings.bytes, '.rodata.settings': chosen},
  }
}

/** libbpf says ESRCH of a type that no kernel type is named as. */
function refusal(cause: NativeError): PluginError {
  if (!tellsKernelTypes()) return noKernelTypes(kernelTypesPath, cause)
  return cause.code === 'ESRCH' ? noTracepoint(tracepoint, cause) : programsRefused(cause.code, cause)
}
