import type {Form, Member, Struct} from './btf.ts'

/** snake_case to camelCase. */
export const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
const pascal = (name: string): string => camel(`_${name}`)

export const plural = (name: string): string =>
  name.endsWith('y') ? `${name.slice(0, -1)}ies` : name.endsWith('s') ? `${name}es` : `${name}s`

/** DIRECTION_INGRESS becomes 'ingress': all enumerators of an enum begin with the same word. */
const enumWord = (enumerator: string): string =>
  enumerator
    .slice(enumerator.indexOf('_') + 1)
    .toLowerCase()
    .replaceAll('_', '-')

export function enumText(name: string, values: readonly {name: string; val: number}[]): string {
  const words = values.map((value) => `'${enumWord(value.name)}'`)
  if (values.some((value, index) => value.val !== index)) {
    const pairs = values.map((value) => `  ${camel(enumWord(value.name).replaceAll('-', '_'))}: ${value.val},`)
    return `export const ${camel(name)} = {\n${pairs.join('\n')}\n} as const\n`
  }
  const list = camel(plural(name))
  return `export const ${list} = [\n  ${words.join(',\n  ')},\n] as const\nexport type ${pascal(name)} = (typeof ${list})[number]\n`
}

const readWord: Readonly<Record<string, (at: string) => string>> = {
  byte_count: (at) => `readU64(view, ${at})`,
  packet_count: (at) => `readU64(view, ${at})`,
  port_be16: (at) => `view.getUint16(${at})`,
  u8: (at) => `view.getUint8(${at})`,
  u16: (at) => `view.getUint16(${at}, true)`,
  u32: (at) => `view.getUint32(${at}, true)`,
}
const bySize: Readonly<Record<number, string>> = {1: 'u8', 2: 'u16', 4: 'u32'}

function read(form: Form, at: string): string {
  const reader = form.type === 'word' ? (readWord[form.word] ?? readWord[bySize[form.size] ?? '']) : undefined
  if (reader === undefined) throw new Error(`nothing reads a ${form.type === 'word' ? form.word : form.type}`)
  return reader(at)
}

/** Members of nested structs as if they were the struct's own; their names must not meet. */
function flat(struct: Struct, base = 0): readonly Member[] {
  return struct.members.flatMap((member) =>
    member.form.type === 'struct'
      ? flat(member.form.struct, base + member.offset)
      : [{...member, offset: base + member.offset}],
  )
}

function getter({name, form, offset}: Member): string {
  const at = offset === 0 ? 'this.#at' : `this.#at + ${offset}`
  if (form.type === 'word' && form.word === 'ipv6_address') {
    return `  /** 16 bytes in place, network order; IPv4 as ::ffff:a.b.c.d. */\n  get ${camel(name)}(): Uint8Array {\n    return this.#bytes.subarray(${at}, this.#at + ${offset + 16})\n  }`
  }
  const plain = `  get ${camel(name)}(): number {\n    const view = this.#view\n    return ${read(form, at)}\n  }`
  return form.type === 'word' && form.word === 'flow_path' ? `${plain}\n\n${pathGetters(at)}` : plain
}

function pathGetters(at: string): string {
  const word = `this.#view.getUint32(${at}, true)`
  return [
    `  get protocol(): number {\n    return (${word} >>> pathBit.protocolBit) & 0xff\n  }`,
    `  get direction(): Direction {\n    return directions[(${word} >>> pathBit.directionBit) & 1] ?? 'ingress'\n  }`,
    `  get family(): Family {\n    return families[(${word} >>> pathBit.familyBit) & 1] ?? 'ipv6'\n  }`,
    `  get interfaceIndex(): number {\n    return ${word} >>> pathBit.interfaceBit\n  }`,
  ].join('\n\n')
}

/** A class that reads records in place, one after the other, and makes no object for any. */
export function readerText(struct: Struct): string {
  const name = pascal(struct.name)
  return `/** Reads one record after the other where they are: \`for (let i = 0; i < lines.count; i++) lines.at(i).bytes\`. */
export class ${name} {
  static readonly size = ${struct.size}
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get count(): number {
    return Math.floor(this.#bytes.byteLength / ${struct.size})
  }

  at(index: number): this {
    this.#at = index * ${struct.size}
    return this
  }

${flat(struct).map(getter).join('\n\n')}
}
`
}

function typeOf(form: Form, by: readonly string[]): string {
  if (form.type === 'struct') return pascal(form.struct.name)
  if (form.type !== 'array') return 'number'
  const [index, ...rest] = by
  const item = typeOf(form.item, rest)
  return index === undefined ? `readonly ${item}[]` : `Readonly<Record<${pascal(index)}, ${item}>>`
}

function value(form: Form, by: readonly string[], at: string): string {
  if (form.type === 'struct') return `read${pascal(form.struct.name)}(view, ${at})`
  if (form.type !== 'array') return read(form, at)
  const [index, ...rest] = by
  const each = `at${rest.length}`
  const item = value(form.item, rest, each)
  if (index === undefined)
    return `list(${form.length}, (index) => ${value(form.item, rest, `${at} + index * ${form.item.size}`)})`
  return `byWord(${camel(plural(index))}, (${each}) => ${item}, {at: ${at}, size: ${form.item.size}})`
}

/** An interface and a function that reads it whole, for records that come once in a while. */
export function objectText(struct: Struct): string {
  const name = pascal(struct.name)
  const fields = struct.members.map((member) => `  readonly ${camel(member.name)}: ${typeOf(member.form, member.by)}`)
  const values = struct.members.map(
    (member) =>
      `    ${camel(member.name)}: ${value(member.form, member.by, member.offset === 0 ? 'at' : `at + ${member.offset}`)},`,
  )
  return `export interface ${name} {
${fields.join('\n')}
}

export const ${camel(struct.name)}Size = ${struct.size}

export function read${name}(view: DataView, at = 0): ${name} {
  return {
${values.join('\n')}
  }
}
`
}

/** Where each field is, for those who write. */
export function offsetsText(struct: Struct): string {
  const fields = struct.members.map((member) => `  ${camel(member.name)}: ${member.offset},`)
  return `export const ${camel(struct.name)}Layout = {\n  size: ${struct.size},\n${fields.join('\n')}\n} as const\n`
}
