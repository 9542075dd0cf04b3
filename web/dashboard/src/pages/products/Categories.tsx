/** Categories: listed, opened, renamed. */

import { useState } from 'react'

import { type Category, useCategories, useCategoryNames } from '../../api/categories'
import { call, post } from '../../api/client'
import { queries } from '../../api/queries'
import { useMay } from '../../api/session'
import { jump } from '../../filters'
import { number } from '../../format'
import { Dialog } from '../../parts/Dialog'
import { Form, SelectField, TextField } from '../../parts/Form'
import { Icon } from '../../parts/Icon'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'

const words = texts.products.categories
const PATH = '/v1/categories'

export function Categories() {
  const result = useCategories()
  const names = useCategoryNames()
  const isAdmin = useMay('admin')
  const [edited, setEdited] = useState<Category | 'new' | null>(null)
  const columns: readonly Column<Category>[] = [
    {
      key: 'name',
      title: words.name,
      show: (row) => <strong>{names.get(row.category_id) ?? row.name}</strong>,
      sortBy: (row) => names.get(row.category_id) ?? row.name,
    },
    {
      key: 'id',
      title: words.id,
      show: (row) => <code className="soft whole">{row.category_id}</code>,
      sortBy: (row) => row.category_id,
    },
    {
      key: 'products',
      title: words.products,
      isNumber: true,
      show: (row) => number(row.products),
      sortBy: (row) => row.products,
    },
  ]
  const renaming: Column<Category> = {
    key: 'actions',
    title: words.actions,
    show: (row) => (
      <span onClick={(event) => event.stopPropagation()}>
        <button
          type="button"
          className="button slim"
          aria-label={words.renameOne(row.name)}
          onClick={() => setEdited(row)}
        >
          {words.rename}
        </button>
      </span>
    ),
  }
  const sheet = () => ({
    columns: ['category_id', 'name', 'parent', 'products'],
    rows: (result.data?.items ?? []).map((row) => [
      row.category_id,
      row.name,
      row.parent,
      row.products,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        isAdmin && (
          <button
            type="button"
            className="button slim main-action"
            onClick={() => setEdited('new')}
          >
            <Icon name="plus" size={14} /> {words.add}
          </button>
        )
      }
    >
      <Answered result={result} isEmpty={(page) => page.items.length === 0} empty={words.none}>
        {(page) => (
          <Table
            caption={words.title}
            columns={isAdmin ? [...columns, renaming] : columns}
            rows={page.items}
            rowKey={(row) => row.category_id}
            onOpen={(row) => jump({ tab: '', category: row.category_id })}
          />
        )}
      </Answered>
      {edited && (
        <CategoryForm category={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Panel>
  )
}

function CategoryForm({ category, onClose }: { category: Category | null; onClose: () => void }) {
  const names = useCategoryNames()
  const submit = async (fields: FormData): Promise<void> => {
    const name = String(fields.get('name'))
    if (category)
      await call('PATCH', `${PATH}/${encodeURIComponent(category.category_id)}`, { body: { name } })
    else await post(PATH, { name, parent: fields.get('parent') })
    await queries.invalidateQueries({ queryKey: [PATH] })
    toast(category ? words.renamed : words.added)
    onClose()
  }
  return (
    <Dialog
      title={category ? words.renameOne(category.name) : words.add}
      isNarrow
      onClose={onClose}
    >
      <Form action={category ? words.rename : words.addIt} onSubmit={submit} onCancel={onClose}>
        <TextField name="name" label={words.name} defaultValue={category?.name ?? ''} required />
        {!category && (
          <SelectField
            name="parent"
            label={words.parent}
            choices={[
              { value: '', label: words.noParent },
              ...[...names].map(([value, label]) => ({ value, label })),
            ]}
          />
        )}
      </Form>
    </Dialog>
  )
}
