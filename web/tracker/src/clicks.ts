/** Clicks on the way to a product, with the list and the position that it had. */

import { tellDeclared } from './declared'
import { track } from './track'

const clicked = (event: MouseEvent): void => {
  const target = event.target
  if (event.button > 1 || !(target instanceof Element) || tellDeclared(target, event.type)) return
  const product = target.closest<HTMLElement>('[data-ff-product]')
  if (!product || !target.closest('a')) return
  const list = product.closest<HTMLElement>('[data-ff-list]')
  const others = [...(list?.querySelectorAll('[data-ff-product]') ?? [])]
  track('Product Clicked', {
    product_id: product.dataset.ffProduct,
    list: list?.dataset.ffList,
    position: +(product.dataset.ffPosition ?? others.indexOf(product) + 1) || undefined,
  })
}

export const watchClicks = (): void => {
  addEventListener('click', clicked, true)
  addEventListener('auxclick', clicked, true) // the middle button opens a tab
}
