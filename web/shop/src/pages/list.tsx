/** Products of a category, or all of them: sorted, filtered, page after page. */

import { Link, useSearchParams } from 'wouter'
import { useCategories, useProducts, type Sort, type Wanted } from '../api/catalogue'
import { CardSkeletons, ProductGrid } from '../parts/product-card'
import { Empty, Failed } from '../parts/states'
import type { PageProps } from '../pages'
import { texts } from '../texts'
import { useTitle } from '../title'

const SORTS: Sort[] = ['newest', 'name', 'price', 'price_down']

export const EverythingPage = () => {
  useTitle(texts.list.all)
  return (
    <>
      <h1>{texts.list.all}</h1>
      <ProductList name="everything" wanted={{}} sorts={SORTS} />
    </>
  )
}

export const CategoryPage = ({ params }: PageProps) => {
  const id = params.category ?? ''
  const categories = useCategories()
  const category = categories.data?.find(each => each.category_id === id)
  useTitle(category?.name ?? texts.header.categories)
  if (categories.data && !category)
    return (
      <Empty title={texts.list.unknownCategory}>
        <Link href="/products" className="button">
          {texts.list.all}
        </Link>
      </Empty>
    )
  return (
    <>
      <h1>{category?.name ?? ' '}</h1>
      <ProductList key={id} name={`category ${id}`} wanted={{ category: id }} sorts={SORTS} />
    </>
  )
}

interface ListProps {
  /** Under which the tracker tells clicks in it. */
  name: string
  wanted: Omit<Wanted, 'sort' | 'isInStock'>
  sorts: Sort[]
}

/** How the list is sorted and filtered stands in the address, so that it can be shared. */
export const ProductList = ({ name, wanted, sorts }: ListProps) => {
  const [parameters, setParameters] = useSearchParams()
  const sort = sorts.find(each => each === parameters.get('sort')) ?? sorts[0]!
  const isInStock = parameters.get('in_stock') === 'true'
  const found = useProducts({ ...wanted, sort, isInStock })
  const products = found.data?.pages.flatMap(page => page.items) ?? []

  const turn = (parameter: string, value: string): void =>
    setParameters(
      before => {
        if (value) before.set(parameter, value)
        else before.delete(parameter)
        return before
      },
      { replace: true },
    )

  return (
    <>
      <div className="list-controls">
        <p aria-live="polite">{found.data && texts.list.shown(products.length, found.hasNextPage)}</p>
        <label className="check">
          <input
            type="checkbox"
            checked={isInStock}
            onChange={event => turn('in_stock', event.target.checked ? 'true' : '')}
          />
          {texts.list.inStock}
        </label>
        <label className="select">
          <span>{texts.list.sort}</span>
          <select value={sort} onChange={event => turn('sort', event.target.value === sorts[0] ? '' : event.target.value)}>
            {sorts.map(each => (
              <option key={each} value={each}>
                {texts.list.sorts[each]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <CardSkeletons count={8} />}
      {found.data && !products.length && (
        <div className="empty">
          <p>{isInStock ? texts.list.emptyInStock : texts.list.empty}</p>
          {isInStock && (
            <button type="button" className="button button-quiet" onClick={() => turn('in_stock', '')}>
              {texts.list.showSoldOut}
            </button>
          )}
        </div>
      )}
      <h2 className="visually-hidden">{texts.list.products}</h2>
      {products.length > 0 && <ProductGrid name={name} products={products} />}
      {found.hasNextPage && (
        <div className="more">
          <button
            type="button"
            className="button button-quiet"
            aria-disabled={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {texts.list.more}
          </button>
        </div>
      )}
    </>
  )
}
