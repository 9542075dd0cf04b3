/** What the API answers, as far as several pages need it. */

export interface Money {
  amount: number
  currency: string
}

export interface Page<T> {
  items: T[]
  next_page_token: string
}

export type Role = 'analyst' | 'auditor' | 'ml' | 'admin'
