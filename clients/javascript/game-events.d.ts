import type { AnalyticsEvent } from "./analytics.js";

export type More = { [name: string]: unknown };
export type Fields = Partial<Omit<AnalyticsEvent, "eventType" | "eventAttributes">>;
type Helper<Attributes> = (attributes: Attributes & More, fields?: Fields) => AnalyticsEvent;
type Currency = { currency: string; amount: number };

export const sessionStarted: (attributes?: More, fields?: Fields) => AnalyticsEvent;
export const sessionEnded: (
  attributes?: { seconds?: number } & More,
  fields?: Fields,
) => AnalyticsEvent;
export const levelStarted: Helper<{ level: number | string }>;
export const levelEnded: Helper<{
  level: number | string;
  won: boolean;
  seconds?: number;
  score?: number;
}>;
export const matchStarted: Helper<{ matchId: string; map?: string; mode?: string }>;
export const matchEnded: Helper<{
  matchId: string;
  won?: boolean;
  place?: number;
  seconds?: number;
}>;
export const tutorialStep: Helper<{ step: number | string; skipped?: boolean }>;
export const currencyEarned: Helper<Currency & { source: string }>;
export const currencySpent: Helper<Currency & { on: string }>;
export const itemBought: Helper<{
  item: string;
  count?: number;
  currency?: string;
  price?: number;
}>;
/** `price` in the currency's own unit as text, such as "4.99": a float would not be exact. */
export const purchaseMade: Helper<{ product: string; currency: string; price: string }>;
export const adShown: Helper<{ network: string; placement?: string; rewarded?: boolean }>;
export const errorShown: Helper<{ message: string; code?: number | string }>;
