/** The newest items of a topic, in the order in which they came; its memory is bounded. */

export class Kept<T> {
  /** Goes up with each change. */
  version = 0
  /** When it last changed, in milliseconds since 1970; 0 for never. */
  changedAt = 0
  private readonly byKey = new Map<string, T>()
  private shown: readonly T[] = []
  private shownVersion = 0

  constructor(
    private readonly key: (item: T) => string,
    private readonly most: number,
  ) {}

  take(item: T): void {
    const key = this.key(item)
    this.byKey.delete(key)
    this.byKey.set(key, item)
    if (this.byKey.size > this.most) {
      const oldest = this.byKey.keys().next()
      if (!oldest.done) this.byKey.delete(oldest.value)
    }
    this.version += 1
    this.changedAt = Date.now()
  }

  clear(): void {
    this.byKey.clear()
    this.version += 1
  }

  /** Returns the items, the oldest first; the same array until something changes. */
  get items(): readonly T[] {
    if (this.shownVersion !== this.version) {
      this.shown = [...this.byKey.values()]
      this.shownVersion = this.version
    }
    return this.shown
  }
}
