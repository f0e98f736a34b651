/** The usual events of a game, with the names that its queries look for: track(levelEnded({…})). */

const event = (eventType, eventAttributes, fields) => ({ eventType, eventAttributes, ...fields });

/** Each takes the event's attributes, and top-level fields such as playerId or buildVersion. */
export const sessionStarted = (attributes = {}, fields) =>
  event("session_started", attributes, fields);
export const sessionEnded = (attributes = {}, fields) => event("session_ended", attributes, fields);
export const levelStarted = (attributes, fields) => event("level_started", attributes, fields);
export const levelEnded = (attributes, fields) => event("level_ended", attributes, fields);
export const matchStarted = (attributes, fields) => event("match_started", attributes, fields);
export const matchEnded = (attributes, fields) => event("match_ended", attributes, fields);
export const tutorialStep = (attributes, fields) => event("tutorial_step", attributes, fields);
export const currencyEarned = (attributes, fields) => event("currency_earned", attributes, fields);
export const currencySpent = (attributes, fields) => event("currency_spent", attributes, fields);
export const itemBought = (attributes, fields) => event("item_bought", attributes, fields);
export const purchaseMade = (attributes, fields) => event("purchase_made", attributes, fields);
export const adShown = (attributes, fields) => event("ad_shown", attributes, fields);
export const errorShown = (attributes, fields) => event("error_shown", attributes, fields);
