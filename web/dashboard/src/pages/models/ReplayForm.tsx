/** Asks for a replay. */

import { post } from '../../api/client'
import { queries } from '../../api/queries'
import { Dialog } from '../../parts/Dialog'
import { CheckField, Form, SelectField, TextField } from '../../parts/Form'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { REPLAYS, useModels } from './reads'
import type { Replay } from './shapes'

const words = texts.models.replays

export function ReplayForm({ onClose }: { onClose: () => void }) {
  const { data } = useModels()
  const recommenders = (data?.items ?? []).filter((model) => model.kind === 'recommender')
  const policies = [
    { value: 'popularity', label: words.popularity },
    { value: 'logged', label: words.logged },
    ...recommenders.map(({ version, is_champion: serves }) => ({
      value: version,
      label: serves ? words.serves(version) : version,
    })),
  ]
  const ask = async (fields: FormData): Promise<void> => {
    const text = (name: string): string => String(fields.get(name) ?? '')
    const moment = (name: string): object => (text(name) ? { [name]: new Date(text(name)).toISOString() } : {})
    await post<Replay>(REPLAYS, {
      policy: text('policy'),
      placement: text('placement'),
      ...moment('from'),
      ...moment('to'),
      allow_hindsight: fields.has('allow_hindsight'),
    })
    await queries.invalidateQueries({ queryKey: [REPLAYS] })
    toast(words.asked)
    onClose()
  }
  return (
    <Dialog title={words.askTitle} isNarrow onClose={onClose}>
      <Form action={words.askAction} onSubmit={ask} onCancel={onClose}>
        <SelectField name="policy" label={words.policy} hint={words.policyHint} choices={policies} />
        <SelectField
          name="placement"
          label={words.placement}
          choices={(['home', 'email'] as const).map((value) => ({ value, label: texts.models.placements[value] }))}
        />
        <div className="two-fields">
          <TextField name="from" label={words.from} hint={words.fromHint} type="datetime-local" />
          <TextField name="to" label={words.to} hint={words.toHint} type="datetime-local" />
        </div>
        <CheckField name="allow_hindsight" label={words.hindsight} hint={words.hindsightHint} />
      </Form>
    </Dialog>
  )
}
