/** The basket: the shopper's, or under the same id as the tracker's the anonymous visitor's. */

import { useMutation, useQuery } from '@tanstack/react-query'
import { visitor } from '../tracker'
import { client } from './client'
import { newKey, read, readOwn, send } from './http'
import { useSession } from './session'
import type { Basket } from './types'

export const BASKET = ['own', 'basket']
const EMPTY: Basket = { items: [], total: null, pieces: 0 }

/** Whoever has no id yet has no basket; asking for it would give them one. */
export const useBasket = () => {
  const session = useSession()
  const shopperId = session.data?.shopper_id
  return useQuery({
    queryKey: BASKET,
    enabled: session.data !== undefined,
    queryFn: () => (shopperId || visitor() ? readOwn<Basket>('/v1/basket') : EMPTY),
  })
}

const show = (basket: Basket): void => {
  client.setQueryData(BASKET, basket)
  void client.invalidateQueries({ queryKey: ['recommendations', 'basket'] })
}

const item = (productId: string): string => `/v1/basket/items/${encodeURIComponent(productId)}`

export const add = (productId: string, quantity: number, key = newKey()): Promise<Basket> =>
  send('POST', '/v1/basket/items', { body: { product_id: productId, quantity }, key })

export const useAdd = () =>
  useMutation({
    mutationFn: ({ productId, quantity }: { productId: string; quantity: number }) => add(productId, quantity),
    onSuccess: show,
  })

export const useChange = () =>
  useMutation({
    mutationFn: ({ productId, quantity }: { productId: string; quantity: number }) =>
      quantity ? send<Basket>('PATCH', item(productId), { body: { quantity } }) : send<Basket>('DELETE', item(productId)),
    onSuccess: show,
    onError: () => client.invalidateQueries({ queryKey: BASKET }),
  })

export const useClear = () =>
  useMutation({ mutationFn: () => send<Basket>('DELETE', '/v1/basket'), onSuccess: show })

/**
 * Carry an anonymous basket over while `change` makes the browser forget its id: the server gives
 * it a new one, and the basket under the old id ends.
 */
export const carriedOver = async (change: () => void): Promise<void> => {
  const before = visitor()
  const headers = { 'Footfall-Visitor': before }
  const basket = before ? await read<Basket>('/v1/basket', { headers }).catch(() => EMPTY) : EMPTY
  change()
  if (visitor() === before || !basket.pieces) return
  for (const line of basket.items) show(await add(line.product_id, line.quantity))
  await send('DELETE', '/v1/basket', { headers })
}
