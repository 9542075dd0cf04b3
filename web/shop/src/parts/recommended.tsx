/** A row of recommendations: told when it is seen and when one is followed, renewed when it changes. */

import { useEffect, useRef, useState } from 'react'
import { useProductsById } from '../api/catalogue'
import { useAskAnew, useOwnListChanges, useRecommendations, type Placement } from '../api/recommendations'
import type { Product, Recommended, Recommendations } from '../api/types'
import { texts } from '../texts'
import { tell } from '../tracker'
import { Icon } from './icon'
import { CardSkeletons, ProductCard } from './product-card'

interface RowProps {
  title: string
  lead?: string
  where: Placement
  /** Whether the list is renewed while it is looked at. */
  isLive?: boolean
  isEnabled?: boolean
  /** Told which products are shown, so that another row can leave them out. */
  shown?: (ids: string[]) => void
}

interface Shown {
  list: Recommendations
  items: { item: Recommended; product: Product }[]
}

const UPDATED_MS = 4_000

export const RecommendedRow = ({ title, lead, where, isLive = false, isEnabled = true, shown }: RowProps) => {
  const place = useRef<HTMLElement>(null)
  const asked = useRecommendations(where, isEnabled)
  const ids = asked.data?.items.map(item => item.product_id) ?? []
  const products = useProductsById(ids)
  const isUpdated = useLive(place, where, isLive)
  const [found, setFound] = useState<Shown>()

  useEffect(() => {
    if (!asked.data || (ids.length && (!products.data || products.isPlaceholderData))) return
    const items = asked.data.items.flatMap(item => {
      const product = products.data?.get(item.product_id)
      return product ? [{ item, product }] : []
    })
    setFound({ list: asked.data, items })
    shown?.(ids)
  }, [asked.data, products.data, products.isPlaceholderData])

  useSeen(place, found, where)

  if (asked.isError || (found && !found.items.length)) return null // the page is whole without it
  return (
    <section ref={place} className="row" aria-label={title}>
      <div className="row-head">
        <h2>{title}</h2>
        {lead && <p>{lead}</p>}
        <p className="updated" role="status">
          {isUpdated && (
            <>
              <Icon name="spark" /> {texts.recommendations.updated}
            </>
          )}
        </p>
      </div>
      {found ? (
        <ul className="grid grid-row" key={found.list.recommendation_id}>
          {found.items.map(({ item, product }, index) => (
            <li key={item.product_id}>
              <ProductCard
                product={product}
                reason={item.reasons[0]?.text}
                follow={() =>
                  tell('Recommendation Clicked', {
                    recommendation_id: found.list.recommendation_id,
                    placement: where.placement,
                    product_id: item.product_id,
                    position: index + 1,
                  })
                }
              />
            </li>
          ))}
        </ul>
      ) : (
        <CardSkeletons count={Math.min(where.count, 4)} />
      )}
    </section>
  )
}

/** Ask for the list anew when the visitor's own has changed, unless somebody is about to use it. */
const useLive = (place: React.RefObject<HTMLElement | null>, where: Placement, isLive: boolean): boolean => {
  const askAnew = useAskAnew()
  const [updates, setUpdates] = useState(0)
  const [isUpdated, setUpdated] = useState(false)
  useOwnListChanges(isLive, () => {
    if (place.current?.matches(':hover, :focus-within') || document.visibilityState === 'hidden') return
    askAnew(where.placement)
    setUpdates(updates + 1)
  })
  useEffect(() => {
    if (!updates) return
    setUpdated(true)
    const timer = setTimeout(() => setUpdated(false), UPDATED_MS)
    return () => clearTimeout(timer)
  }, [updates])
  return isUpdated
}

/** Tell once of each list that it was seen, when half of its place is. */
const useSeen = (place: React.RefObject<HTMLElement | null>, found: Shown | undefined, where: Placement): void => {
  const told = useRef('')
  useEffect(() => {
    const list = place.current?.querySelector('ul')
    if (!found?.items.length || !list) return
    const id = found.list.recommendation_id
    const observer = new IntersectionObserver(
      entries => {
        if (!entries.some(entry => entry.isIntersecting) || told.current === id) return
        told.current = id
        observer.disconnect()
        tell('Recommendations Viewed', {
          recommendation_id: id,
          placement: where.placement,
          products: found.items.map(({ item }, index) => ({ product_id: item.product_id, position: index + 1 })),
        })
      },
      { threshold: 0.5 },
    )
    observer.observe(list)
    return () => observer.disconnect()
  }, [found])
}
