/** A product in a list: picture, name, price, and perhaps why it is there. */

import { Link } from 'wouter'
import type { Product } from '../api/types'
import { money } from '../format'
import { Picture } from '../pictures/picture'
import { productPath } from '../paths'
import { texts } from '../texts'
import { QuickAdd, isSoldOut } from './add-button'
import { Rating } from './stars'

interface CardProps {
  product: Product
  reason?: string
  /** Told when the way to the product is taken. */
  follow?: () => void
}

export const ProductCard = ({ product, reason, follow }: CardProps) => (
  <article className="card">
    <div className="card-picture">
      <Picture product={product} />
      {isSoldOut(product) && <span className="badge">{texts.product.soldOut}</span>}
    </div>
    <div className="card-words">
      <h3>
        <Link href={productPath(product.product_id)} onClick={follow} onAuxClick={follow}>
          {product.name}
        </Link>
      </h3>
      <Rating rating={product.rating} />
      {reason && <p className="reason">{reason}</p>}
    </div>
    <div className="card-foot">
      <span className="price">{money(product.price)}</span>
      <QuickAdd product={product} />
    </div>
  </article>
)

export const CardSkeletons = ({ count }: { count: number }) => (
  <ul className="grid" role="status" aria-label={texts.loading}>
    {Array.from({ length: count }, (_, index) => (
      <li key={index} className="card card-loading">
        <span className="skeleton card-picture" />
        <span className="skeleton" />
        <span className="skeleton skeleton-short" />
      </li>
    ))}
  </ul>
)

/** Products of a list by its name; the tracker tells clicks on them with list and position. */
export const ProductGrid = ({ name, products, isRow }: { name: string; products: Product[]; isRow?: boolean }) => (
  <ul className={isRow ? 'grid grid-four' : 'grid'} data-ff-list={name}>
    {products.map(product => (
      <li key={product.product_id} data-ff-product={product.product_id}>
        <ProductCard product={product} />
      </li>
    ))}
  </ul>
)
