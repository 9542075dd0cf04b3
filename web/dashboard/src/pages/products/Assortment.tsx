/** Every product with what it did, searched and sorted. */

import { useState } from 'react'
import { useLocation } from 'wouter'

import { useCategories, useCategoryNames } from '../../api/categories'
import { usePages } from '../../api/queries'
import { useMay } from '../../api/session'
import { useFilter, jump } from '../../filters'
import { NOTHING, decimal, major, money, number, share } from '../../format'
import { usePeriod } from '../../live/use-live'
import { SearchField, Select } from '../../parts/Form'
import { Icon } from '../../parts/Icon'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import { NewProduct } from './NewProduct'
import { StockPill } from './StockPill'
import { DAYS, DAY, type Span, since } from './spans'
import type { Assortment as Answer, Figures } from './shapes'

const words = texts.products.all
const SORTS = [
  'name',
  'price',
  'revenue',
  'units',
  'views',
  'conversion',
  'stock',
  'days_left',
  'rating',
] as const

export function Assortment() {
  const isAdmin = useMay('admin')
  const today = usePeriod(DAY)
  const [q, setQ] = useFilter<string>('q', '')
  const [category, setCategory] = useFilter<string>('category', '')
  const [span, setSpan] = useFilter<Span>('days', '30', DAYS)
  const [sold, setSold] = useFilter('sold', 'on', ['on', 'off'])
  const [sort] = useFilter('sort', 'revenue', SORTS)
  const [order] = useFilter('order', 'down', ['down', 'up'])
  const [isNew, setNew] = useState(false)
  const [, go] = useLocation()
  const pages = usePages<Figures, Answer>(
    '/v1/insights/assortment',
    { q, category, withdrawn: sold === 'off', sort, order, ...since(span, today) },
    { on: ['products'], everyMs: 4_000 },
  )
  const columns = useColumns()
  const sheet = () => ({
    columns: [
      'product_id',
      'name',
      'category',
      'price',
      'units',
      'revenue',
      'currency',
      'views',
      'basket_adds',
      'orders',
      'conversion',
      'stock',
      'days_left',
      'order_quantity',
      'rating',
      'ratings',
    ],
    rows: (pages.items ?? []).map((row) => [
      row.product_id,
      row.name,
      row.category,
      major(row.price),
      row.units,
      major(row.revenue),
      row.price.currency,
      row.views,
      row.basket_adds,
      row.orders,
      row.conversion,
      row.stock,
      row.days_left,
      row.order_quantity,
      row.rating,
      row.ratings,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
      actions={
        isAdmin && (
          <button type="button" className="button slim main-action" onClick={() => setNew(true)}>
            <Icon name="plus" size={14} /> {words.add}
          </button>
        )
      }
    >
      <div className="row filters-row">
        <SearchField label={words.search} value={q} onChange={setQ} />
        <CategorySelect value={category} onChange={setCategory} />
        <Select
          label={words.days}
          value={span}
          onChange={setSpan}
          choices={DAYS.map((value) => ({ value, label: words.over(Number(value)) }))}
        />
        <Select
          label={words.sold}
          value={sold}
          onChange={setSold}
          choices={[
            { value: 'on', label: words.onSale },
            { value: 'off', label: words.withdrawn },
          ]}
        />
        {pages.first && (
          <span className="small soft end">
            {words.found(pages.first.found, number(pages.first.found))}
          </span>
        )}
      </div>
      <Paged pages={pages} empty={words.none}>
        {(rows) => (
          <Table
            caption={words.title}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.product_id}
            sorting={{ key: sort, isDown: order === 'down' }}
            onSort={({ key, isDown }) => jump({ sort: key, order: isDown ? 'down' : 'up' })}
            onOpen={(row) => go(`/${partOf(row.product_id)}`)}
          />
        )}
      </Paged>
      {isNew && <NewProduct onClose={() => setNew(false)} />}
    </Panel>
  )
}

function useColumns(): readonly Column<Figures>[] {
  const categories = useCategoryNames()
  return [
    {
      key: 'name',
      title: words.product,
      show: (row) => (
        <>
          <strong>{row.name}</strong>
          <div className="small soft">{categories.get(row.category) ?? row.category}</div>
        </>
      ),
      sortBy: (row) => row.name,
    },
    {
      key: 'price',
      title: words.price,
      isNumber: true,
      show: (row) => money(row.price),
      sortBy: (row) => row.price.amount,
    },
    {
      key: 'units',
      title: words.units,
      isNumber: true,
      show: (row) => number(row.units),
      sortBy: (row) => row.units,
    },
    {
      key: 'revenue',
      title: words.revenue,
      isNumber: true,
      show: (row) => money(row.revenue),
      sortBy: (row) => row.revenue.amount,
    },
    {
      key: 'views',
      title: words.views,
      isNumber: true,
      show: (row) => number(row.views),
      sortBy: (row) => row.views,
    },
    {
      key: 'conversion',
      title: words.conversion,
      isNumber: true,
      show: (row) => share(row.conversion),
      sortBy: (row) => row.conversion ?? -1,
    },
    {
      key: 'stock',
      title: words.stock,
      isNumber: true,
      show: (row) => <StockPill figures={row} />,
      sortBy: (row) => row.stock ?? -1,
    },
    {
      key: 'days_left',
      title: words.daysLeft,
      isNumber: true,
      show: (row) => decimal(row.days_left, 0),
      sortBy: (row) => row.days_left ?? -1,
    },
    {
      key: 'rating',
      title: words.rating,
      isNumber: true,
      show: (row) =>
        row.rating === null ? NOTHING : words.stars(decimal(row.rating, 1), number(row.ratings)),
      sortBy: (row) => row.rating ?? -1,
    },
  ]
}

function CategorySelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data } = useCategories()
  const names = useCategoryNames()
  const choices = (data?.items ?? [])
    .map((one) => ({ value: one.category_id, label: names.get(one.category_id) ?? one.name }))
    .sort((left, right) => left.label.localeCompare(right.label))
  return (
    <Select
      label={words.category}
      value={value}
      onChange={onChange}
      choices={[{ value: '', label: words.everyCategory }, ...choices]}
    />
  )
}
