/** Countries that an address can be in, by their ISO 3166 codes. */

import { country } from '../format'

const CODES =
  'AD AE AR AT AU BA BE BG BR CA CH CL CN CO CY CZ DE DK EE EG ES FI FR GB GE GR HK HR HU ID IE IL IN IS IT JP KE KR LI LT LU LV MA MC MD ME MK MT MX MY NG NL NO NZ PE PH PL PT RO RS SE SG SI SK TH TN TR TW UA US UY VN ZA'

const region = (): string => {
  try {
    return new Intl.Locale(navigator.language).maximize().region ?? ''
  } catch {
    return ''
  }
}

/** The country of the browser's language, where it is one of them. */
export const usualCountry = (): string => (CODES.split(' ').includes(region()) ? region() : 'DE')

export const countries = (): { code: string; name: string }[] =>
  CODES.split(' ')
    .map(code => ({ code, name: country(code) }))
    .sort((one, other) => one.name.localeCompare(other.name))
