/** What this browser keeps of the shop; a browser that keeps nothing works too. */

export const kept = (name: string): string | null => {
  try {
    return localStorage.getItem(`shop_${name}`)
  } catch {
    return null
  }
}

export const keep = (name: string, value: string | null): void => {
  try {
    if (value === null) localStorage.removeItem(`shop_${name}`)
    else localStorage.setItem(`shop_${name}`, value)
  } catch {
    // forgotten when the tab closes
  }
}
