/** A real table: sorted by its heads, walked through and opened by keyboard. */

import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react'

import { NOTHING } from '../format'

export interface Column<R> {
  key: string
  title: string
  /** What a row shows; left out: the value of `sortBy`. */
  show?: (row: R) => ReactNode
  /** Lets readers sort by it. */
  sortBy?: (row: R) => string | number
  isNumber?: boolean
}

export interface TableProps<R> {
  /** Says what the table is, to those who do not see it. */
  caption: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  rowKey: (row: R) => string
  /** Opens a row: by a click, or by Enter. */
  onOpen?: (row: R) => void
  isSelected?: (row: R) => boolean
  /** Where the rows come sorted already: by what, and how to ask for another order. */
  sorting?: Sorting
  onSort?: (sorting: Sorting) => void
}

export interface Sorting {
  key: string
  isDown: boolean
}

export function Table<R>(props: TableProps<R>) {
  const { caption, columns, rows, rowKey, onOpen, isSelected, onSort } = props
  const [own, setOwn] = useState<Sorting | null>(null)
  const sorting = onSort ? (props.sorting ?? null) : own
  const sorted = useMemo(
    () => (onSort ? rows : sort(rows, columns, own)),
    [rows, columns, own, onSort],
  )
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sorting={sorting} onSort={onSort ?? setOwn} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr
              key={rowKey(row)}
              {...(onOpen && {
                tabIndex: 0,
                onClick: () => onOpen(row),
                onKeyDown: (event: KeyboardEvent<HTMLElement>) => onKey(event, () => onOpen(row)),
              })}
              {...(isSelected && { 'aria-selected': isSelected(row) })}
            >
              {columns.map((column) => (
                <td key={column.key} className={column.isNumber ? 'number' : undefined}>
                  {column.show ? column.show(row) : (column.sortBy?.(row) ?? NOTHING)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface HeadProps<R> {
  column: Column<R>
  sorting: Sorting | null
  onSort: (sorting: Sorting) => void
}

function Head<R>({ column, sorting, onSort }: HeadProps<R>) {
  const className = column.isNumber ? 'number' : undefined
  if (!column.sortBy) {
    return (
      <th scope="col" className={className}>
        {column.title}
      </th>
    )
  }
  const isMine = sorting?.key === column.key
  const isDown = isMine ? !sorting.isDown : Boolean(column.isNumber)
  return (
    <th
      scope="col"
      className={className}
      {...(isMine && {
        'aria-sort': sorting.isDown ? ('descending' as const) : ('ascending' as const),
      })}
    >
      <button type="button" onClick={() => onSort({ key: column.key, isDown })}>
        {column.title}
        <span aria-hidden="true">{isMine ? (sorting.isDown ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  )
}

function onKey(event: KeyboardEvent<HTMLElement>, open: () => void): void {
  if (event.target !== event.currentTarget) return
  const row = event.currentTarget
  if (event.key === 'Enter') open()
  else if (event.key === 'ArrowDown') (row.nextElementSibling as HTMLElement | null)?.focus()
  else if (event.key === 'ArrowUp') (row.previousElementSibling as HTMLElement | null)?.focus()
  else return
  event.preventDefault()
}

function sort<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  sorting: Sorting | null,
): readonly R[] {
  const by = columns.find((column) => column.key === sorting?.key)?.sortBy
  if (!by || !sorting) return rows
  const sign = sorting.isDown ? -1 : 1
  return [...rows].sort((left, right) => {
    const [a, b] = [by(left), by(right)]
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b)
    return sign * order
  })
}
