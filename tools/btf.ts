import {execFileSync} from 'node:child_process'

interface BtfType {
  readonly id: number
  readonly kind: string
  readonly name: string
  readonly size?: number
  readonly type_id?: number
  readonly nr_elems?: number
  readonly component_idx?: number
  readonly members?: readonly {name: string; type_id: number; bits_offset: number; bitfield_size?: number}[]
  readonly values?: readonly {name: string; val: number}[]
}

export type Form =
  | {readonly type: 'word'; readonly word: string; readonly size: number}
  | {readonly type: 'enum'; readonly name: string; readonly size: number}
  | {readonly type: 'struct'; readonly struct: Struct; readonly size: number}
  | {readonly type: 'array'; readonly item: Form; readonly length: number; readonly size: number}

export interface Member {
  readonly name: string
  readonly offset: number
  readonly form: Form
  /** The enums that count the indices, outermost first. */
  readonly by: readonly string[]
}

export interface Struct {
  readonly name: string
  readonly size: number
  readonly members: readonly Member[]
}

/** Typedefs that say what a number is; all else that is 64 bits wide is refused. */
const vocabulary: ReadonlySet<string> = new Set([
  'byte_count',
  'packet_count',
  'connection_count',
  'line_packets',
  'monotonic_2p20ns',
  'flow_path',
  'port_be16',
  'header_mask',
  'fragment_mask',
  'tcp_flags',
  'ipv6_address',
  'clause_set',
  'hash_seed',
  'icmp_type_set',
  'key_word',
  'tick_count',
  'monotonic_ns',
  'kernel_address',
])

export class Btf {
  readonly #types: ReadonlyMap<number, BtfType>

  constructor(object: string) {
    const text = execFileSync('/usr/sbin/bpftool', ['-j', 'btf', 'dump', 'file', object], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    const {types} = JSON.parse(text) as {types: readonly BtfType[]} // bpftool's own format
    this.#types = new Map(types.map((type) => [type.id, type]))
  }

  /** Name and value of each enumerator, in their order. */
  enumeration(name: string): readonly {name: string; val: number}[] {
    return this.#named('ENUM', name).values ?? []
  }

  struct(name: string): Struct {
    return this.#struct(this.#named('STRUCT', name))
  }

  #named(kind: string, name: string): BtfType {
    for (const type of this.#types.values()) if (type.kind === kind && type.name === name) return type
    throw new Error(`there is no ${kind.toLowerCase()} ${name} in the object's BTF`)
  }

  #type(id: number | undefined): BtfType {
    const type = this.#types.get(id ?? 0)
    if (type === undefined) throw new Error(`BTF names type ${id}, which it does not have`)
    return type
  }

  #struct(type: BtfType): Struct {
    const {name, size = 0} = type
    const tags = [...this.#types.values()].filter((each) => each.kind === 'DECL_TAG' && each.type_id === type.id)
    const members = (type.members ?? []).map((member, index): Member => {
      const where = `${name}.${member.name}`
      if (member.bitfield_size || member.bits_offset % 8 !== 0)
        throw new Error(`${where}: bitfields have no portable layout`)
      const by = tags
        .filter((tag) => tag.component_idx === index && tag.name.startsWith('by '))
        .map((tag) => tag.name.slice(3))
      return {name: member.name, offset: member.bits_offset / 8, form: this.#form(member.type_id, where), by}
    })
    refusePadding(name, size, members)
    return {name, size, members}
  }

  #form(id: number, where: string): Form {
    const type = this.#type(id)
    if (type.kind === 'TYPEDEF' && vocabulary.has(type.name)) {
      return {type: 'word', word: type.name, size: this.#size(id)}
    }
    switch (type.kind) {
      case 'TYPEDEF':
      case 'CONST':
      case 'VOLATILE':
        return this.#form(type.type_id ?? 0, where)
      case 'ENUM':
        return {type: 'enum', name: type.name, size: type.size ?? 4}
      case 'STRUCT':
        return {type: 'struct', struct: this.#struct(type), size: type.size ?? 0}
      case 'ARRAY':
        return this.#array(type, where)
      case 'INT':
        return plainWord(type, where)
      default:
        throw new Error(`${where}: a ${type.kind} cannot leave the kernel`)
    }
  }

  #array(type: BtfType, where: string): Form {
    const item = this.#form(type.type_id ?? 0, where)
    const length = type.nr_elems ?? 0
    return {type: 'array', item, length, size: item.size * length}
  }

  #size(id: number): number {
    const type = this.#type(id)
    return type.size ?? this.#size(type.type_id ?? 0)
  }
}

function plainWord({size = 0}: BtfType, where: string): Form {
  if (size === 8) throw new Error(`${where}: give this INT a word from bpf/flow.h`)
  return {type: 'word', word: `u${size * 8}`, size}
}

function refusePadding(name: string, size: number, members: readonly Member[]): void {
  let end = 0
  for (const member of members) {
    if (member.offset !== end)
      throw new Error(`${name}: ${member.offset - end} bytes of padding before ${member.name}; reorder the fields`)
    end += member.form.size
  }
  if (end !== size) throw new Error(`${name}: ${size - end} bytes of padding at the end; reorder the fields`)
}
