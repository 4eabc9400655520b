// Undo and redo without limit, as pure functions: what was, what is, what was undone. Nothing is changed in place.

/** A history that begins with a first state. */
export function begin(present) {
  return { past: [], present, future: [] };
}

/** A new step; a step that changes nothing is none. */
export function step(history, present) {
  if (JSON.stringify(present) === JSON.stringify(history.present)) return history;
  return { past: [...history.past, history.present], present, future: [] };
}

/** One step back; at the beginning nothing happens. */
export function undo(history) {
  if (!history.past.length) return history;
  const past = history.past.slice(0, -1);
  return { past, present: history.past[past.length], future: [history.present, ...history.future] };
}

/** One step forth again; at the end nothing happens. */
export function redo(history) {
  if (!history.future.length) return history;
  return { past: [...history.past, history.present], present: history.future[0], future: history.future.slice(1) };
}
