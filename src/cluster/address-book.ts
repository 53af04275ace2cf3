/** Names as objects gain and lose their addresses. An address belongs to the object that took it last. */
export class AddressBook<Name> {
  readonly #owners = new Map<string, Owner<Name>>()
  readonly #claims = new Map<string, Claim<Name>>()
  readonly #now: () => number
  #releases = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Objects that hold addresses or may come to. */
  get size(): number {
    return this.#owners.size
  }

  has(uid: string): boolean {
    return this.#owners.has(uid)
  }

  nameOf(uid: string): Name | undefined {
    return this.#owners.get(uid)?.name
  }

  get names(): readonly Name[] {
    return [...this.#owners.values()].map(({name}) => name)
  }

  /** Those that are held now. */
  get addresses(): readonly string[] {
    return [...this.#owners.values()].flatMap(({ips}) => ips)
  }

  lookup(ip: string): Name | undefined {
    const claim = this.#claims.get(ip)
    return claim === undefined || this.#isForgotten(claim) ? undefined : claim.name
  }

  set(uid: string, name: Name, ips: readonly string[]): void {
    this.#release(uid, ips)
    for (const ip of ips) this.#claims.set(ip, {uid, name})
    this.#owners.set(uid, {name, ips})
  }

  /** Its addresses keep the name for a while, unless another takes them. */
  remove(uid: string): Name | undefined {
    this.#release(uid, [])
    const name = this.#owners.get(uid)?.name
    this.#owners.delete(uid)
    return name
  }

  /** After a fresh list: what was not in it is gone. */
  absent(present: ReadonlySet<string>): readonly string[] {
    return [...this.#owners.keys()].filter((uid) => !present.has(uid))
  }

  #release(uid: string, kept: readonly string[]): void {
    for (const ip of this.#owners.get(uid)?.ips ?? []) {
      const claim = this.#claims.get(ip)
      if (claim?.uid !== uid || kept.includes(ip)) continue
      this.#claims.set(ip, {...claim, releasedAt: this.#now()})
      if (++this.#releases % releasesPerSweep === 0) this.#sweep()
    }
  }

  /** IPv6 addresses are hardly ever used again: without this, every pod that ever was would stay. */
  #sweep(): void {
    for (const [ip, claim] of this.#claims) if (this.#isForgotten(claim)) this.#claims.delete(ip)
  }

  #isForgotten({releasedAt}: Claim<Name>): boolean {
    return releasedAt !== undefined && this.#now() - releasedAt > keepMs
  }
}

interface Owner<Name> {
  readonly name: Name
  readonly ips: readonly string[]
}

interface Claim<Name> {
  readonly uid: string
  readonly name: Name
  readonly releasedAt?: number
}

/** Packets of a pod that just ended are still on their way, and its flows still shown. */
const keepMs = 60_000
const releasesPerSweep = 512
