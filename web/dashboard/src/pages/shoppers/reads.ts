/** What several panels of these pages ask for. */

import { usePages, useRead } from '../../api/queries'
import { texts } from '../../texts'
import type { OwnSegment, Segments } from './shapes'

export const OWN = '/v1/segments'

export function useSegments() {
  return useRead<Segments>('/v1/insights/segments', {}, { on: ['feed'], everyMs: 30_000 })
}

export function useOwnSegments(everyMs = 0) {
  return usePages<OwnSegment>(OWN, { page_size: 500 }, { everyMs })
}

/** Returns the currency in which most of the shop's revenue is; empty before there is any. */
export function useShopCurrency(): string {
  const { data } = useSegments()
  const sums = new Map<string, number>()
  for (const segment of data?.segments ?? []) {
    for (const { money } of segment.revenue) {
      sums.set(money.currency, (sums.get(money.currency) ?? 0) + money.amount)
    }
  }
  return [...sums].sort((left, right) => right[1] - left[1])[0]?.[0] ?? ''
}

/** Returns a segment's name as it is shown: the shop's own, a cluster's, or one of the named. */
export function segmentTitle(name: string): string {
  if (name.startsWith('cluster-')) return texts.shoppers.cluster(Number(name.slice(8)) + 1)
  return texts.shoppers.segmentNames[name] ?? name
}
