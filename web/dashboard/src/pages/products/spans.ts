/** How far back a page looks. */

export const DAY = 86_400_000
export const DAYS = ['7', '30', '90', '365'] as const

export type Span = (typeof DAYS)[number]

/** Returns a span of whole days (UTC) that ends with today, as the API takes it. */
export function since(span: Span, today: number): { from: string; to: string } {
  const end = today + DAY
  return { from: iso(end - Number(span) * DAY), to: iso(end) }
}

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
