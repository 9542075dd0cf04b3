/** The product that all panels of a page are about. */

import { type ReactNode, createContext, useContext } from 'react'

import { useRead } from '../../api/queries'
import { useFilter } from '../../filters'
import { usePeriod } from '../../live/use-live'
import type { Insight } from './shapes'
import { DAY, DAYS, type Span, since } from './spans'

export function insightPath(productId: string): string {
  return `/v1/insights/products/${encodeURIComponent(productId)}`
}

function useInsight(productId: string, span: Span) {
  const today = usePeriod(DAY)
  return useRead<Insight>(insightPath(productId), since(span, today), {
    on: ['products'],
    everyMs: 3_000,
  })
}

interface Shared {
  productId: string
  span: Span
  setSpan: (span: Span) => void
  result: ReturnType<typeof useInsight>
}

const Context = createContext<Shared | null>(null)

export function ProductProvider({
  productId,
  children,
}: {
  productId: string
  children: ReactNode
}) {
  const [span, setSpan] = useFilter<Span>('days', '90', DAYS)
  const result = useInsight(productId, span)
  return <Context value={{ productId, span, setSpan, result }}>{children}</Context>
}

export function useProduct(): Shared {
  const shared = useContext(Context)
  if (!shared) throw new Error('this panel belongs on the page of a product')
  return shared
}
