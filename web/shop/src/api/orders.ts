/** Orders, addresses and reviews of the signed-in shopper. */

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { client } from './client'
import { address, newKey, readOwn, send } from './http'
import { ACCOUNT, useShopperId } from './session'
import type { Address, AddressLines, Listed, Order, Placed, Review } from './types'

const ORDERS = ['own', 'orders']
const REVIEWS = ['own', 'reviews']

export const useOrders = () => {
  const shopperId = useShopperId()
  return useInfiniteQuery({
    queryKey: ORDERS,
    enabled: !!shopperId,
    queryFn: ({ pageParam }) => readOwn<Listed<Order>>(address('/v1/orders', { page_size: 20, page_token: pageParam })),
    initialPageParam: '',
    getNextPageParam: page => page.next_page_token || undefined,
  })
}

export const useOrder = (id: string) => {
  const shopperId = useShopperId()
  return useQuery({
    queryKey: [...ORDERS, id],
    enabled: !!shopperId,
    queryFn: () => readOwn<Order>(`/v1/orders/${encodeURIComponent(id)}`),
  })
}

/** Place the order; the same `key` places it once, however often it is sent. */
export const placeOrder = async (addressId: string, method: string, key: string): Promise<Placed> => {
  const placed = await send<Placed>('POST', '/v1/orders', {
    body: { address_id: addressId, payment: { method } },
    key,
  })
  void client.resetQueries({ queryKey: ['own'] })
  void client.invalidateQueries({ queryKey: ['product'] }) // there is less of them now
  return placed
}

export const useCancel = (id: string) =>
  useMutation({
    mutationFn: () => send('POST', `/v1/orders/${encodeURIComponent(id)}/cancel`, { key: newKey() }),
    onSettled: () => client.invalidateQueries({ queryKey: ORDERS }),
  })

export const saveAddress = async (lines: AddressLines): Promise<Address> => {
  const saved = await send<Address>('POST', '/v1/shoppers/me/addresses', { body: lines, key: newKey() })
  await client.invalidateQueries({ queryKey: ACCOUNT })
  return saved
}

export const removeAddress = async (id: string): Promise<void> => {
  await send('DELETE', `/v1/shoppers/me/addresses/${encodeURIComponent(id)}`)
  await client.invalidateQueries({ queryKey: ACCOUNT })
}

/** The shopper's reviews by product. */
export const useOwnReviews = () => {
  const shopperId = useShopperId()
  return useQuery({
    queryKey: REVIEWS,
    enabled: !!shopperId,
    queryFn: async () => {
      const found = await readOwn<Listed<Review>>('/v1/shoppers/me/reviews?page_size=500')
      return new Map(found.items.map(review => [review.product_id, review]))
    },
  })
}

/** Whether the shopper has ordered a product, as far as the last hundred orders tell. */
export const useHasBought = (productId: string): boolean | undefined => {
  const shopperId = useShopperId()
  return useQuery({
    queryKey: [...ORDERS, 'lately'],
    enabled: !!shopperId,
    queryFn: () => readOwn<Listed<Order>>('/v1/orders?page_size=100').then(found => found.items),
    select: orders =>
      orders.some(order => order.status !== 'cancelled' && order.lines.some(line => line.product_id === productId)),
  }).data
}

export interface Said {
  rating: number
  comment: string
}

export const saveReview = async (productId: string, said: Said, reviewId?: string): Promise<void> => {
  if (reviewId) await send('PATCH', `/v1/reviews/${encodeURIComponent(reviewId)}`, { body: said })
  else await send('POST', `/v1/products/${encodeURIComponent(productId)}/reviews`, { body: said, key: newKey() })
  showReviews(productId)
}

export const withdrawReview = async (productId: string, reviewId: string): Promise<void> => {
  await send('DELETE', `/v1/reviews/${encodeURIComponent(reviewId)}`)
  showReviews(productId)
}

const showReviews = (productId: string): void => {
  for (const queryKey of [REVIEWS, ['reviews', productId], ['product', productId]])
    void client.invalidateQueries({ queryKey })
}
