/** The product that a page is about: from its markup, or from JSON-LD where it names exactly one. */

import type { Properties } from './message'
import { track } from './track'

export let productOfPage: string | undefined

/** Whether a marked element is a way to a product, rather than the product's own place. */
const isTeaser = (element: Element): boolean =>
  !!element.closest('[data-ff-list],a') || element.matches('button,input,form,[data-ff-event]')

const marked = (): Properties | undefined => {
  for (const element of document.querySelectorAll<HTMLElement>('[data-ff-product]'))
    if (!isTeaser(element))
      return { product_id: element.dataset.ffProduct, category: element.dataset.ffCategory }
  return undefined
}

type LinkedData = Record<string, any>

/** Products that the page is about; those it merely lists are left out. */
const productsIn = (node: LinkedData): LinkedData[] => {
  if (Array.isArray(node)) return node.flatMap(productsIn)
  if (!node || typeof node !== 'object') return []
  if ([node['@type']].flat().some(type => /^Product(Group)?$/.test(type))) return [node]
  return productsIn([node['@graph'] ?? [], node.mainEntity ?? []].flat())
}

const linkedData = (): Properties | undefined => {
  const found: LinkedData[] = []
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
    try {
      found.push(...productsIn(JSON.parse(script.textContent!)))
    } catch {
      // a shop's broken markup is no reason to stop
    }
  }
  const [node, ...others] = found
  if (!node || others.length) return undefined
  const offer = [node.offers].flat()[0] ?? {}
  const id = node.sku ?? node.productID ?? node.productGroupID ?? node.mpn ?? node['@id']
  return {
    product_id: id && `${id}`,
    name: node.name,
    category: typeof node.category === 'string' ? node.category : undefined,
    price: offer.price ?? offer.lowPrice,
    currency: offer.priceCurrency,
  }
}

export const viewProduct = (): void => {
  const product = marked() ?? linkedData()
  productOfPage = product?.product_id as string | undefined
  if (productOfPage) track('Product Viewed', product)
}
