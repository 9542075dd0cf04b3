/** Puts pieces of a product into the basket, and says so. */

import { said } from '../api/problems'
import { useAdd } from '../api/basket'
import type { Product } from '../api/types'
import { texts } from '../texts'
import { Icon } from './icon'
import { announce, complain } from './toast'

export const isSoldOut = (product: Product): boolean => product.stock !== null && product.stock <= 0

const useAddAndSay = (product: Product) => {
  const adding = useAdd()
  return (quantity: number): void => {
    if (adding.isPending) return
    adding.mutate(
      { productId: product.product_id, quantity },
      {
        onSuccess: () => announce(texts.product.added(product.name), { to: '/basket', text: texts.product.toBasket }),
        onError: error => complain(said(error)),
      },
    )
  }
}

export const AddButton = ({ product, quantity }: { product: Product; quantity: number }) => {
  const add = useAddAndSay(product)
  return (
    <button type="button" className="button button-large" disabled={isSoldOut(product)} onClick={() => add(quantity)}>
      <Icon name="basket" />
      {isSoldOut(product) ? texts.product.soldOut : texts.product.add}
    </button>
  )
}

/** The same on a card, small. */
export const QuickAdd = ({ product }: { product: Product }) => {
  const add = useAddAndSay(product)
  if (isSoldOut(product)) return null
  return (
    <button
      type="button"
      className="quick-add"
      aria-label={texts.product.addNamed(product.name)}
      title={texts.product.add}
      onClick={() => add(1)}
    >
      <Icon name="plus" />
    </button>
  )
}
