/** What the shop wants of its recommendations, whatever a model says. */

import { useState } from 'react'

import { useCategories } from '../../api/categories'
import { call } from '../../api/client'
import { useProductNames } from '../../api/product-names'
import { useMay } from '../../api/session'
import { Panels } from '../../app/PageFrame'
import { dateTime, decimal, number } from '../../format'
import { useNow } from '../../live/use-live'
import { Confirm } from '../../parts/Dialog'
import { Icon } from '../../parts/Icon'
import { Panel } from '../../parts/Panel'
import { Answered, Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { RuleForm } from './RuleForm'
import { RULES, rulesChanged, useRules } from './reads'
import type { Rule } from './shapes'

const words = texts.models.rules
const PANELS = [{ key: 'rules', span: 12, content: AllRules }] as const

export function Rules() {
  return <Panels panels={PANELS} />
}

function AllRules() {
  const result = useRules()
  const mayRead = useMay('analyst')
  const mayChange = useMay('admin')
  const names = useNames()
  const now = useNow()
  const [edited, setEdited] = useState<Rule | 'new' | null>(null)
  const [removed, setRemoved] = useState<Rule | null>(null)
  const columns: Column<Rule>[] = [
    {
      key: 'action',
      title: words.action,
      show: (rule) => (
        <span className="pill" data-tone="accent">
          {words.actions[rule.action]}
        </span>
      ),
      sortBy: (rule) => rule.action,
    },
    { key: 'what', title: words.what, show: (rule) => effectOf(rule, names) },
    {
      key: 'where',
      title: words.where,
      show: (rule) => (rule.placement ? texts.models.placements[rule.placement] : words.everywhere),
      sortBy: (rule) => rule.placement,
    },
    { key: 'when', title: words.period, show: (rule) => <Period rule={rule} now={now} /> },
    { key: 'note', title: words.note, show: (rule) => rule.note || texts.models.nothing },
  ]
  if (mayChange) {
    columns.push({
      key: 'change',
      title: texts.models.kinds.actions,
      isNumber: true,
      show: (rule) => (
        <span className="row end">
          <button
            type="button"
            className="button slim"
            aria-label={`${words.edit}: ${effectOf(rule, names)}`}
            onClick={() => setEdited(rule)}
          >
            {words.edit}
          </button>
          <button
            type="button"
            className="button slim"
            aria-label={`${words.remove}: ${effectOf(rule, names)}`}
            onClick={() => setRemoved(rule)}
          >
            {words.remove}
          </button>
        </span>
      ),
    })
  }
  const sheet = () => ({
    columns: [
      'rule_id',
      'action',
      'product_id',
      'category',
      'place',
      'factor',
      'strength',
      'placement',
      'starts_at',
      'ends_at',
      'note',
    ],
    rows: (result.data?.items ?? []).map((r) => [
      r.rule_id,
      r.action,
      r.product_id,
      r.category,
      r.place,
      r.factor,
      r.strength,
      r.placement,
      r.starts_at,
      r.ends_at,
      r.note,
    ]),
  })
  const remove = async (rule: Rule): Promise<void> => {
    await call('DELETE', `${RULES}/${encodeURIComponent(rule.rule_id)}`)
    await rulesChanged()
    toast(words.removed)
  }
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={mayRead ? result.dataUpdatedAt : 0}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        mayChange ? (
          <button type="button" className="button slim" onClick={() => setEdited('new')}>
            <Icon name="plus" size={15} />
            {words.add}
          </button>
        ) : null
      }
    >
      {mayRead ? (
        <Answered
          result={result}
          isEmpty={(answer) => answer.items.length === 0}
          empty={words.empty}
        >
          {(answer) => (
            <Table
              caption={words.title}
              columns={columns}
              rows={answer.items}
              rowKey={(rule) => rule.rule_id}
            />
          )}
        </Answered>
      ) : (
        <Empty text={words.notYours} />
      )}
      {edited && (
        <RuleForm rule={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed && (
        <Confirm
          title={words.confirmRemove}
          text={words.confirmRemoveText(effectOf(removed, names))}
          action={words.remove}
          isDangerous
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        />
      )}
    </Panel>
  )
}

interface Names {
  products: ReadonlyMap<string, string>
  categories: ReadonlyMap<string, string>
}

function useNames(): Names {
  const products = useProductNames()
  const { data } = useCategories()
  return { products, categories: new Map(data?.items.map((each) => [each.category_id, each.name])) }
}

function effectOf(rule: Rule, { products, categories }: Names): string {
  const { product_id: product, category } = rule
  const target = product
    ? (products.get(product) ?? product)
    : words.category(categories.get(category) ?? category)
  switch (rule.action) {
    case 'pin':
      return words.pinned(target, number(rule.place))
    case 'boost':
      return words.boosted(target, decimal(rule.factor))
    case 'bury':
      return rule.factor === 0 ? words.hidden(target) : words.buried(target, decimal(rule.factor))
    case 'diversify':
      return words.diversified(decimal(rule.strength))
  }
}

function Period({ rule, now }: { rule: Rule; now: number }) {
  const { starts_at: starts, ends_at: ends } = rule
  if (starts && Date.parse(starts) > now)
    return <span className="pill">{words.startsAt(dateTime(starts))}</span>
  if (ends && Date.parse(ends) <= now)
    return <span className="pill">{words.endedAt(dateTime(ends))}</span>
  return ends ? words.until(dateTime(ends)) : words.always
}
