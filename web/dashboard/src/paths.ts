/** Ids as parts of an address; a colon stays readable. */

export function partOf(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':')
}

/** Returns the id of a part of an address, as the router gives it: decoded but for what divides. */
export function idOf(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
