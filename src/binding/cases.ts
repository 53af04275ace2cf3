import type {BindCase, BindMode, SocketPlan, Transport} from '../protocol/binding.ts'

type Place = Pick<SocketPlan, 'address' | 'v6only'>

/** The seven that stand for every other: each family's wildcard and loopback, and IPv4 as IPv6 sockets spell it. */
export const places: readonly Place[] = [
  {address: '0.0.0.0', v6only: null},
  {address: '::', v6only: false},
  {address: '::', v6only: true},
  {address: '127.0.0.1', v6only: null},
  {address: '::1', v6only: false},
  {address: '::ffff:0.0.0.0', v6only: false},
  {address: '::ffff:127.0.0.1', v6only: false},
]

type Reuse = Pick<SocketPlan, 'reuseaddr' | 'reuseport'>

const none: Reuse = {reuseaddr: false, reuseport: false}
const reuseaddr: Reuse = {reuseaddr: true, reuseport: false}
const reuseport: Reuse = {reuseaddr: false, reuseport: true}
const both: Reuse = {reuseaddr: true, reuseport: true}

/** Of the first and the second socket. */
const settings: readonly (readonly [Reuse, Reuse])[] = [
  [none, none],
  [reuseaddr, reuseaddr],
  [reuseaddr, none],
  [none, reuseaddr],
  [reuseport, reuseport],
  [reuseport, none],
  [none, reuseport],
  [reuseaddr, reuseport],
  [both, both],
]

const modes: Readonly<Record<Transport, readonly BindMode[]>> = {tcp: ['tcp-bound', 'tcp-listen'], udp: ['udp']}

/** Wildcards of both families first, then any other: Linux 6.1 to 6.8 let some of them pass (bhash2; netdev 20240325181923.48769-8). */
const openings: readonly (readonly [Place, Place])[] = ['0.0.0.0', '::ffff:0.0.0.0'].flatMap((address) => {
  const ipv4 = {address, v6only: address.startsWith('::') ? false : null}
  const ipv6 = {address: '::', v6only: true}
  return [[ipv4, ipv6], [ipv6, ipv4]] as const // prettier-ignore
})

const pairs: readonly (readonly SocketPlan[])[] = settings.flatMap(([first, second]) =>
  places.flatMap((one) =>
    places.map((other) => [
      {...one, ...first},
      {...other, ...second},
    ]),
  ),
)
const triples: readonly (readonly SocketPlan[])[] = openings.flatMap((opening) =>
  places.map((third) => [...opening, third].map((place) => ({...place, ...none}))),
)

/** Every ordered pair under every setting of the reuse flags, and the triples; always in the same order. */
export const matrixCases = (protocols: readonly Transport[]): readonly BindCase[] =>
  protocols
    .flatMap((protocol) => modes[protocol])
    .flatMap((mode) => [...pairs, ...triples].map((sockets) => ({mode, sockets})))

export const protocolOf = ({mode}: {readonly mode: BindMode}): Transport => (mode === 'udp' ? 'udp' : 'tcp')

export type Step = 'bind' | 'listen'

/** Index of the socket and what it does, in the order in which it is tried. */
export function stepsOf({mode, sockets}: BindCase): readonly (readonly [socket: number, step: Step])[] {
  const each = (...steps: readonly Step[]) =>
    sockets.flatMap((_, socket) => steps.map((step) => [socket, step] as const))
  if (mode === 'udp') return each('bind')
  return mode === 'tcp-listen' ? each('bind', 'listen') : [...each('bind'), ...each('listen')]
}

/** What one socket's bind and listen gave; null where it was not tried. */
export function outcomeOf(
  bindCase: BindCase,
  outcomes: readonly string[],
  socket: number,
): Record<Step, string | null> {
  const of = (wanted: Step): string | null => {
    const index = stepsOf(bindCase).findIndex(([each, step]) => each === socket && step === wanted)
    return outcomes[index] ?? null
  }
  return {bind: of('bind'), listen: of('listen')}
}

export const isWholly = (outcomes: readonly string[]): boolean => outcomes.every((each) => each === 'ok')
