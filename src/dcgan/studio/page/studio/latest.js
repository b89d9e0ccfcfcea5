// A slider moves faster than pictures are drawn: one request is in flight, and of those that come meanwhile only the
// newest is kept.

// A function that calls `act` with what it is given, unless something newer comes before its turn. `act` throws nothing.
export function latest(act) {
  let next;
  let busy = false;
  return async (...values) => {
    next = values;
    if (busy) return;
    busy = true;
    while (next) {
      const now = next;
      next = undefined;
      await act(...now);
    }
    busy = false;
  };
}
