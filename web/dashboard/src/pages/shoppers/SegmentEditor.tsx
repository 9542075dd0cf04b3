/** Defines or changes a segment, with the number of people that its rule holds for. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useState } from 'react'

import { Problem, call, post } from '../../api/client'
import { queries } from '../../api/queries'
import { digitsOf, number, share } from '../../format'
import { Dialog } from '../../parts/Dialog'
import { Form, TextField } from '../../parts/Form'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { RuleBuilder } from './RuleBuilder'
import { OWN, useShopCurrency } from './reads'
import { type Group, built, newGroup, said } from './rule'
import type { OwnSegment, Preview, Said } from './shapes'

const words = texts.shoppers.editor
const TYPING_MS = 350

export function SegmentEditor({
  segment,
  onClose,
}: {
  segment: OwnSegment | null
  onClose: () => void
}) {
  const currency = useShopCurrency()
  const digits = digitsOf(currency)
  const [group, setGroup] = useState<Group>(() =>
    segment ? built(segment.rule, digits) : newGroup(),
  )
  const rule = said(group, digits)
  const preview = usePreview(rule)
  const submit = async (fields: FormData): Promise<void> => {
    const body = { name: fields.get('name'), description: fields.get('description'), rule }
    if (segment) await call('PATCH', `${OWN}/${segment.segment_id}`, { body })
    else await post(OWN, body)
    await queries.invalidateQueries({ queryKey: [OWN] })
    toast(segment ? words.changed : words.defined)
    onClose()
  }
  return (
    <Dialog title={segment ? words.change : words.define} onClose={onClose}>
      <Form action={segment ? words.save : words.defineIt} onSubmit={submit} onCancel={onClose}>
        <TextField
          name="name"
          label={words.name}
          defaultValue={segment?.name ?? ''}
          required
          maxLength={100}
        />
        <TextField
          name="description"
          label={words.description}
          defaultValue={segment?.description ?? ''}
          maxLength={1_000}
        />
        <div className="field">
          <span className="label">{words.rule}</span>
          <RuleBuilder
            part={group}
            onChange={setGroup}
            errors={preview.error?.errors ?? []}
            path="rule"
            currency={currency}
          />
        </div>
        <Counted preview={preview} />
      </Form>
    </Dialog>
  )
}

type Previewed = ReturnType<typeof usePreview>

function usePreview(rule: Said) {
  const deferred = useDeferredValue(useSettled(JSON.stringify(rule)))
  return useQuery<Preview, Problem>({
    queryKey: ['segment-preview', deferred],
    queryFn: ({ signal }) =>
      post<Preview>(`${OWN}/preview`, { rule: JSON.parse(deferred) as Said }, { signal }),
    placeholderData: keepPreviousData,
    retry: false,
  })
}

/** Returns the value once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}

function Counted({ preview }: { preview: Previewed }) {
  const { data, error, isFetching } = preview
  return (
    <div
      className="counted"
      role="status"
      aria-busy={isFetching}
      data-old={isFetching || Boolean(error)}
    >
      {error ? (
        <p className="bad">{error.errors.length ? words.mend : error.message}</p>
      ) : data ? (
        <>
          <p>
            <strong>{words.size(data.size, number(data.size))}</strong>{' '}
            <span className="soft">
              {words.of(number(data.of), share(data.of ? data.size / data.of : null))}
            </span>
          </p>
          <div className="bar" aria-hidden="true">
            <i style={{ width: `${data.of ? (100 * data.size) / data.of : 0}%` }} />
          </div>
        </>
      ) : (
        <p className="soft">{words.counting}</p>
      )}
    </div>
  )
}
