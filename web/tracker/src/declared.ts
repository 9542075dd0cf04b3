/** What the shop declares in its markup: data-ff-event, with what belongs to it. */

import type { Properties } from './message'
import { track } from './track'

/** data-ff-order-id="7" is order_id: "7"; data-ff-product is product_id; data-ff-props adds JSON. */
const properties = (element: HTMLElement): Properties => {
  const found: Properties = {}
  for (const [name, value] of Object.entries(element.dataset))
    if (/^ff[A-Z]/.test(name) && !/^ff(Event|On|Props)$/.test(name))
      found[name.slice(2).replace(/[A-Z]/g, (letter, at) => (at ? '_' : '') + letter.toLowerCase())] = value
  found.product_id = found.product ?? element.closest<HTMLElement>('[data-ff-product]')?.dataset.ffProduct
  delete found.product
  try {
    Object.assign(found, JSON.parse(element.dataset.ffProps ?? '{}'))
  } catch {
    // told without them: that it happened counts more
  }
  return found
}

/** Tell the event of the element around `target` that is told on `type`; say whether there is one. */
export const tellDeclared = (target: Element, type: string): boolean => {
  const element = target.closest<HTMLElement>('[data-ff-event]')
  if (!element || (element.dataset.ffOn ?? (element.matches('form') ? 'submit' : 'click')) !== type) return false
  track(element.dataset.ffEvent!, properties(element))
  return true
}

export const tellDeclaredOnPage = (): void =>
  document.querySelectorAll('[data-ff-event][data-ff-on="view"]').forEach(element => tellDeclared(element, 'view'))
