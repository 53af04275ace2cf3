import {formatIPv4, formatIPv6} from '../address/text.ts'
import type {Link, LinkAddress, RouteMessage} from './rtnetlink.ts'

/** An interface and the node's own addresses on it. */
export interface KnownLink extends Link {
  readonly addresses: readonly string[]
}

export type LinkChange =
  {readonly type: 'changed'; readonly link: KnownLink} | {readonly type: 'gone'; readonly link: KnownLink}

/** What the kernel has said of its interfaces so far. */
export class LinkTable {
  #links = new Map<number, Link>()
  #addresses = new Map<number, Set<string>>()

  get links(): readonly KnownLink[] {
    return [...this.#links.values()].map((link) => this.#known(link))
  }

  find(index: number): KnownLink | undefined {
    const link = this.#links.get(index)
    return link === undefined ? undefined : this.#known(link)
  }

  apply(message: RouteMessage): LinkChange | undefined {
    switch (message.type) {
      case 'link':
        this.#links.set(message.link.index, message.link)
        return this.#changed(message.link.index)
      case 'link-gone':
        return this.#remove(message.index)
      case 'address':
        this.#addressesOf(message.address.index).add(addressText(message.address))
        return this.#changed(message.address.index)
      case 'address-gone':
        this.#addressesOf(message.address.index).delete(addressText(message.address))
        return this.#changed(message.address.index)
      case 'filter':
      case 'done':
      case 'error':
      case 'interrupted':
        return undefined
    }
  }

  /** Takes over what a fresh dump says; tells what that changes. */
  replace(messages: Iterable<RouteMessage>): readonly LinkChange[] {
    const fresh = new LinkTable()
    for (const message of messages) fresh.apply(message)
    const gone = this.links.filter(({index}) => !fresh.#links.has(index))
    this.#links = fresh.#links
    this.#addresses = fresh.#addresses
    return [
      ...gone.map((link) => ({type: 'gone', link}) as const),
      ...this.links.map((link) => ({type: 'changed', link}) as const),
    ]
  }

  #remove(index: number): LinkChange | undefined {
    const link = this.#links.get(index)
    if (link === undefined) return undefined
    const change = {type: 'gone', link: this.#known(link)} as const
    this.#links.delete(index)
    this.#addresses.delete(index)
    return change
  }

  #changed(index: number): LinkChange | undefined {
    const link = this.find(index)
    return link === undefined ? undefined : {type: 'changed', link}
  }

  #known(link: Link): KnownLink {
    return {...link, addresses: [...(this.#addresses.get(link.index) ?? [])]}
  }

  #addressesOf(index: number): Set<string> {
    const known = this.#addresses.get(index) ?? new Set()
    this.#addresses.set(index, known)
    return known
  }
}

const addressText = ({address}: LinkAddress): string =>
  address.byteLength === 4 ? formatIPv4(address, 0) : formatIPv6(address)
