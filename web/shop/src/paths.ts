/** Addresses of pages that are about something. */

export const productPath = (id: string): string => `/products/${encodeURIComponent(id)}`
export const categoryPath = (id: string): string => `/categories/${encodeURIComponent(id)}`
export const orderPath = (id: string): string => `/orders/${encodeURIComponent(id)}`
export const searchPath = (words: string): string => `/search?${new URLSearchParams({ words })}`

/** Where to go on after signing in: a page of this shop, whatever the address says. */
export const goOnPath = (search: string): string => {
  const asked = new URLSearchParams(search).get('next') ?? ''
  return /^\/[a-z]/.test(asked) ? asked : '/account'
}
