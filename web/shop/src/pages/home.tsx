/** The front page: what suits this visitor, the categories, what others like, what is new. */

import { useState } from 'react'
import { Link } from 'wouter'
import { useCategories, useFirstOf, useProducts } from '../api/catalogue'
import { useIsPersonal } from '../api/recommendations'
import type { Category } from '../api/types'
import { CardSkeletons, ProductGrid } from '../parts/product-card'
import { RecommendedRow } from '../parts/recommended'
import { Failed } from '../parts/states'
import { categoryPath } from '../paths'
import { Picture } from '../pictures/picture'
import { texts } from '../texts'
import { useTitle } from '../title'

const IN_A_ROW = 8

export const HomePage = () => {
  useTitle()
  const isPersonal = useIsPersonal()
  const [forYou, setForYou] = useState<string[]>()
  const newest = useProducts({ sort: 'newest' })
  return (
    <>
      <section className="hero">
        <div>
          <h1>{texts.front.title}</h1>
          <p>{texts.front.lead}</p>
          <Link href="/products" className="button button-large">
            {texts.front.browse}
          </Link>
        </div>
        <HeroPictures />
      </section>
      {isPersonal && (
        <RecommendedRow
          title={texts.front.forYou}
          lead={texts.front.forYouLead}
          where={{ placement: 'home', count: IN_A_ROW }}
          isLive
          shown={setForYou}
        />
      )}
      <CategoryTiles />
      <RecommendedRow
        title={texts.front.popular}
        lead={texts.front.popularLead}
        where={{ placement: 'home', count: IN_A_ROW, isForAnybody: true, exclude: isPersonal ? forYou : undefined }}
        isEnabled={!isPersonal || forYou !== undefined}
      />
      <section className="row" aria-label={texts.front.newest}>
        <div className="row-head">
          <h2>{texts.front.newest}</h2>
          <Link href="/products">{texts.front.all}</Link>
        </div>
        {newest.isError && <Failed error={newest.error} retry={() => void newest.refetch()} />}
        {newest.isPending && <CardSkeletons count={4} />}
        {newest.data && <ProductGrid name="newest" isRow products={newest.data.pages[0]!.items.slice(0, IN_A_ROW)} />}
      </section>
    </>
  )
}

const HERO = [
  { product_id: 'hero-1', name: 'Vase', attributes: { colour: 'cobalt' } },
  { product_id: 'hero-2', name: 'Teapot', attributes: { colour: 'coral' } },
  { product_id: 'hero-7', name: 'Table Lamp', attributes: { colour: 'mustard' } },
  { product_id: 'hero-4', name: 'Planter', attributes: { colour: 'rust' } },
]

const HeroPictures = () => (
  <div className="hero-pictures" aria-hidden="true">
    {HERO.map(product => (
      <Picture key={product.product_id} product={product} />
    ))}
  </div>
)

const CategoryTiles = () => {
  const categories = useCategories()
  const filled = categories.data?.filter(category => category.products > 0) ?? []
  if (!filled.length) return null
  return (
    <section className="row" aria-label={texts.front.categories}>
      <div className="row-head">
        <h2>{texts.front.categories}</h2>
      </div>
      <ul className="tiles">
        {filled.map(category => (
          <li key={category.category_id}>
            <CategoryTile category={category} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A tile looks like one of the category's own products. */
const CategoryTile = ({ category }: { category: Category }) => {
  const product = useFirstOf(category.category_id).data
  return (
    <Link href={categoryPath(category.category_id)} className="tile">
      {product ? <Picture product={product} /> : <span className="skeleton picture" />}
      <span>
        <strong>{category.name}</strong>
        <small>{texts.front.products(category.products)}</small>
      </span>
    </Link>
  )
}
