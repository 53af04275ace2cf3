import type {ConnectOptions} from './kubeconfig.ts'

/** What the plugin tells its reaper, one JSON line each. */
export type Errand =
  | {readonly type: 'connect'; readonly options: ConnectOptions}
  | {readonly type: 'guard' | 'release'; readonly namespace: string; readonly pod: string}
  /** Filters of clsact stay on a node when its agent is killed: `cleanup` with these arguments removes them. */
  | {readonly type: 'guard-filters' | 'release-filters'; readonly cleanup: readonly string[]}
  | {readonly type: 'done'}

export const writeErrand = (errand: Errand): string => `${JSON.stringify(errand)}\n`

/** A line that was cut short, when the plugin died while it wrote, is nothing. */
export function readErrand(line: string): Errand | undefined {
  try {
    return JSON.parse(line) as Errand // written by the same build
  } catch {
    return undefined
  }
}
