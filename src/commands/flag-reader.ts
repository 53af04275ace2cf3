import type {ConnectOptions} from '../cluster/connection.ts'

export type FlagValues = Readonly<Record<string, unknown>>

export interface FlagReader {
  one(name: string): string | undefined
  list(name: string): readonly string[]
  optional<Key extends string>(name: string, key: Key): Partial<Record<Key, string>>
}

export function reader(flags: FlagValues): FlagReader {
  const one = (name: string): string | undefined => {
    const value = flags[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    one,
    list: (name) => (Array.isArray(flags[name]) ? flags[name].map(String) : []),
    optional: (name, key) => {
      const value = one(name)
      return (value === undefined ? {} : {[key]: value}) as Partial<Record<typeof key, string>> // a computed key
    },
  }
}

/** kubectl's own flags, for the connection. */
export function connectOptions(text: FlagReader): ConnectOptions {
  return {
    ...text.optional('kubeconfig', 'kubeconfig'),
    ...text.optional('context', 'context'),
    ...text.optional('cluster', 'cluster'),
    ...text.optional('user', 'user'),
    ...text.optional('as', 'as'),
    ...text.optional('namespace', 'namespace'),
    asGroup: text.list('as-group'),
  }
}
