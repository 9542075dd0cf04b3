/** A product: what it is, what it costs, what goes with it, what buyers say. */

import { useState } from 'react'
import { Link } from 'wouter'
import { isMissing } from '../api/problems'
import { Problem } from '../api/http'
import { useCategories, useProduct } from '../api/catalogue'
import type { Product } from '../api/types'
import { money } from '../format'
import type { PageProps } from '../pages'
import { AddButton, isSoldOut } from '../parts/add-button'
import { Quantity } from '../parts/quantity'
import { RecommendedRow } from '../parts/recommended'
import { Reviews } from '../parts/reviews'
import { Rating } from '../parts/stars'
import { Empty, Failed, Skeleton } from '../parts/states'
import { categoryPath } from '../paths'
import { Picture } from '../pictures/picture'
import { texts } from '../texts'
import { useTitle } from '../title'

const FEW = 5
const SUGGESTED = 4

export const ProductPage = ({ params }: PageProps) => {
  const id = params.product ?? ''
  return <ProductOf key={id} id={id} />
}

const ProductOf = ({ id }: { id: string }) => {
  const found = useProduct(id)
  const product = found.data
  useTitle(product?.name ?? id)
  if (found.isError && isMissing(found.error)) return <Gone error={found.error} />
  if (found.isError && !product) return <Failed error={found.error} retry={() => void found.refetch()} />
  return (
    <>
      <Breadcrumb product={product} />
      {/* The tracker tells that this product is viewed: by its id, which is known before the rest. */}
      <article className="product" data-ff-product={id} data-ff-category={product?.category}>
        {product ? <About product={product} /> : <Loading />}
      </article>
      <Suggestions id={id} category={product?.category} />
      {product && <Reviews product={product} />}
    </>
  )
}

const Breadcrumb = ({ product }: { product: Product | undefined }) => {
  const category = useCategories().data?.find(each => each.category_id === product?.category)
  return (
    <nav className="breadcrumb" aria-label={texts.product.where}>
      <Link href="/">{texts.home}</Link>
      {category && <Link href={categoryPath(category.category_id)}>{category.name}</Link>}
    </nav>
  )
}

const About = ({ product }: { product: Product }) => {
  const [quantity, setQuantity] = useState(1)
  return (
    <>
      <div className="product-picture" role="img" aria-label={texts.product.picture(product.name)}>
        <Picture product={product} />
      </div>
      <div className="product-words">
        <h1>{product.name}</h1>
        {product.rating?.count ? <Rating rating={product.rating} /> : <p className="muted">{texts.product.unrated}</p>}
        <p className="product-price">{money(product.price)}</p>
        <Stock product={product} />
        <p className="product-description">{product.description}</p>
        <div className="product-buy">
          {!isSoldOut(product) && (
            <Quantity label={texts.product.quantity} value={quantity} most={product.stock} change={setQuantity} />
          )}
          <AddButton product={product} quantity={quantity} />
        </div>
        <Attributes attributes={product.attributes} />
      </div>
    </>
  )
}

const Stock = ({ product: { stock } }: { product: Product }) => {
  if (stock !== null && stock <= 0) return <p className="stock stock-none">{texts.product.soldOut}</p>
  if (stock !== null && stock <= FEW) return <p className="stock stock-few">{texts.product.few(stock)}</p>
  return <p className="stock">{texts.product.inStock}</p>
}

const Attributes = ({ attributes }: { attributes: Record<string, string> }) => {
  const shown = Object.entries(attributes)
  if (!shown.length) return null
  return (
    <section className="attributes" aria-label={texts.product.details}>
      <dl>
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name.replaceAll('_', ' ')}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** First what goes with it, then others of its kind, each product once. */
const Suggestions = ({ id, category }: { id: string; category: string | undefined }) => {
  const [goesWith, setGoesWith] = useState<string[]>()
  return (
    <>
      <RecommendedRow
        title={texts.recommendations.goesWith}
        where={{ placement: 'product', productId: id, count: SUGGESTED }}
        shown={setGoesWith}
      />
      <RecommendedRow
        title={texts.recommendations.similar}
        where={{ placement: 'product', productId: id, category, count: SUGGESTED, exclude: goesWith }}
        isEnabled={!!category && goesWith !== undefined}
      />
    </>
  )
}

const Gone = ({ error }: { error: unknown }) => (
  <>
    <Empty title={error instanceof Problem && error.status === 410 ? texts.product.gone : texts.product.unknown}>
      <p>{texts.product.goneLead}</p>
    </Empty>
    <RecommendedRow title={texts.front.popular} where={{ placement: 'home', count: SUGGESTED }} />
  </>
)

const Loading = () => (
  <>
    <div className="product-picture">
      <span className="skeleton picture" />
    </div>
    <div className="product-words">
      <Skeleton lines={5} />
    </div>
  </>
)
