// Boxes {left, top, right, bottom} in whole pixels of a picture of `size` pixels; every function returns one inside it.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The smallest box that covers the pixels of two points.
export function spanned(one, other, size) {
  const sides = (a, b) => {
    const low = clamp(Math.floor(Math.min(a, b)), 0, size - 1);
    return [low, clamp(Math.ceil(Math.max(a, b)), low + 1, size)];
  };
  const [left, right] = sides(one.x, other.x);
  const [top, bottom] = sides(one.y, other.y);
  return { left, top, right, bottom };
}

// The box shifted, as far as the picture goes.
export function moved(box, across, down, size) {
  across = clamp(Math.round(across), -box.left, size - box.right);
  down = clamp(Math.round(down), -box.top, size - box.bottom);
  return { left: box.left + across, top: box.top + down, right: box.right + across, bottom: box.bottom + down };
}

// The box with its lower right corner shifted.
export function stretched(box, across, down, size) {
  return {
    ...box,
    right: clamp(box.right + across, box.left + 1, size),
    bottom: clamp(box.bottom + down, box.top + 1, size),
  };
}

// A box in the middle, a quarter as wide as the picture.
export function middle(size) {
  const side = Math.max(1, Math.round(size / 4));
  const start = Math.floor((size - side) / 2);
  return { left: start, top: start, right: start + side, bottom: start + side };
}

// The corner across from the named one: where a box stays when the named one is dragged.
export function opposite(box, corner) {
  return {
    x: corner.includes("w") ? box.right : box.left,
    y: corner.includes("n") ? box.bottom : box.top,
  };
}
