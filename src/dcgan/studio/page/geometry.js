// Boxes {left, top, right, bottom} in whole pixels of a picture of `size` pixels; every function returns one inside it.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The smallest box that covers the pixels of two points; the picture is square unless its height is given.
export function spanned(one, other, width, height = width) {
  const sides = (a, b, size) => {
    const low = clamp(Math.floor(Math.min(a, b)), 0, size - 1);
    return [low, clamp(Math.ceil(Math.max(a, b)), low + 1, size)];
  };
  const [left, right] = sides(one.x, other.x, width);
  const [top, bottom] = sides(one.y, other.y, height);
  return { left, top, right, bottom };
}

// The smallest box that has both in it; null stands for none.
export function union(one, other) {
  if (!one || !other) return one ?? other;
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
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
