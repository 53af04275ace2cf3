/** What is known of an address beyond its bits. All of it is text from the API: escape it before it is shown. */
export interface EndName {
  readonly namespace?: string
  readonly pod?: string
  /** `Deployment/web`. */
  readonly workload?: string
  readonly service?: string
  readonly node?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** Answers at once with what it knows by now; names may come later. */
export interface Names {
  lookup(ip: string): EndName | undefined
  /** By the UID of the Pod object. */
  podOf?(uid: string): EndName | undefined
}

export const noNames: Names = {lookup: () => undefined}
