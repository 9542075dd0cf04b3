/** Fills an element with recommendations, and tells when they are seen and followed. */

import { endpoint } from './settings'
import { track } from './track'
import { personalVisitor } from './visitor'

interface Options {
  placement?: string
  count?: number
}

interface Item {
  product_id: string
  name?: string
  url?: string
  reasons?: { text: string }[]
}

const load = async (path: string): Promise<any> => {
  try {
    // Whom it is for stands in the address: a cookie would say so against their will.
    const answer = await fetch(endpoint + path, { credentials: 'omit' })
    return answer.ok ? await answer.json() : undefined
  } catch {
    return undefined // the element stays as it is
  }
}

export const recommend = async (where: Element | string, options: Options = {}): Promise<void> => {
  const element = typeof where === 'string' ? document.querySelector<HTMLElement>(where) : (where as HTMLElement)
  if (!element) return
  const said = element.dataset
  const placement = options.placement ?? said.ffRecommend ?? ''
  const asked = new URLSearchParams({
    visitor: personalVisitor(),
    placement,
    count: `${options.count ?? said.ffCount ?? 4}`,
  })
  if (said.ffFor) asked.set('product_id', said.ffFor)
  const found = await load(`/v1/recommendations?${asked}`)
  const items: Item[] = found?.items ?? []
  if (!items.length) return
  const names = await Promise.all(items.map(nameOf))
  const facts = { recommendation_id: found.recommendation_id, placement }
  const list = document.createElement('ul')
  items.forEach((item, index) => {
    const link = document.createElement('a')
    link.href = item.url ?? (said.ffLink ?? '/products/{id}').replace('{id}', encodeURIComponent(item.product_id))
    link.textContent = names[index]!
    link.title = item.reasons?.[0]?.text ?? ''
    link.onclick = link.onauxclick = () =>
      track('Recommendation Clicked', { ...facts, product_id: item.product_id, position: index + 1 })
    list.appendChild(document.createElement('li')).append(link)
  })
  element.replaceChildren(list)
  whenSeen(element, list, () => {
    const products = items.map((item, index) => ({ product_id: item.product_id, position: index + 1 }))
    track('Recommendations Viewed', { ...facts, products })
  })
}

const nameOf = async (item: Item): Promise<string> =>
  item.name ?? (await load(`/v1/products/${encodeURIComponent(item.product_id)}`))?.name ?? item.product_id

const whenSeen = (element: Element, list: Element, then: () => void): void => {
  const observer = new IntersectionObserver(
    entries => {
      if (!entries.some(entry => entry.isIntersecting)) return
      observer.disconnect()
      if (list.parentNode === element) then()
    },
    { threshold: 0.5 },
  )
  observer.observe(list)
}

/** Fill the marked elements that are still empty. */
export const recommendOnPage = (): void =>
  document
    .querySelectorAll('[data-ff-recommend]')
    .forEach(element => element.childElementCount || void recommend(element))
