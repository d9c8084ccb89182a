/**
 * Whether a key belongs to an input method, as for Japanese or Chinese: then Enter takes a suggestion, and Escape drops
 * it. Safari says that the composition is over before it tells of the key that ended it.
 */
export function isComposing(event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari's only sign, and every browser's of old
  return event.isComposing || event.keyCode === 229;
}
