// The z of a seed, the same numbers as dcgan.randomness gives: a hash of the seed (BLAKE2b) is the key of numpy's Philox,
// whose numbers become uniform or normal ones as numpy's Generator makes them in single precision.

const WORD = (1n << 64n) - 1n;
const { fround } = Math;

// A stream of random numbers: 32 bits at a time, of 4x64 bits that ten rounds of Philox make of a counter.
class Philox {
  constructor(key) {
    this.key = key;
    this.counter = 0n;
    this.words = []; // 32 bits each, to be given next; of each 64 bits the lower half first
  }

  next() {
    if (!this.words.length) {
      this.counter += 1n;
      for (const word of philox([this.counter, 0n, 0n, 0n], this.key)) {
        this.words.push(Number(word & 0xffffffffn), Number(word >> 32n));
      }
    }
    return this.words.shift();
  }

  // In [0, 1), 24 bits.
  uniform() {
    return (this.next() >>> 8) / 2 ** 24;
  }

  // N(0, 1), by the ziggurat.
  normal() {
    for (;;) {
      const bits = this.next();
      const box = bits & 0xff;
      const rest = bits >>> 9;
      const x = fround((bits >>> 8) & 1 ? -fround(rest * ZIGGURAT.widths[box]) : rest * ZIGGURAT.widths[box]);
      if (rest < ZIGGURAT.limits[box]) return x;
      if (box === 0) return this.tail(rest);
      const { heights } = ZIGGURAT;
      const height = fround(fround(heights[box - 1] - heights[box]) * this.uniform()) + heights[box];
      if (fround(height) < Math.exp(-0.5 * x * x)) return x;
    }
  }

  tail(rest) {
    for (;;) {
      const x = fround(fround(-1 / ZIGGURAT_START) * fround(Math.log1p(-this.uniform())));
      const y = -fround(Math.log1p(-this.uniform()));
      if (fround(y + y) > fround(x * x)) return fround((rest >>> 8) & 1 ? -(ZIGGURAT_START + x) : ZIGGURAT_START + x);
    }
  }

  // 0 to count - 1, each as likely as any other (Lemire 2019).
  below(count) {
    for (;;) {
      const product = this.next() * count;
      if (product % 2 ** 32 >= (2 ** 32 - count) % count) return Math.floor(product / 2 ** 32);
    }
  }
}

function philox(counter, key) {
  let [a, b, c, d] = counter;
  let [first, second] = key;
  for (let round = 0; round < 10; round += 1) {
    const [left, right] = [a * 0xd2e7470ee14c6c93n, c * 0xca5a826395121157n];
    [a, b, c, d] = [(right >> 64n) ^ b ^ first, right & WORD, (left >> 64n) ^ d ^ second, left & WORD];
    first = (first + 0x9e3779b97f4a7c15n) & WORD;
    second = (second + 0xbb67ae8584caa73bn) & WORD;
  }
  return [a, b, c, d];
}

// The boxes of the normal distribution (Marsaglia and Tsang 2000): 256 of one area, in numbers of 23 bits.
const ZIGGURAT_START = fround(3.6541528853610088);
const ZIGGURAT = (() => {
  const area = 0.00492867323399141;
  const density = (x) => Math.exp(-0.5 * x * x);
  const [widths, heights, limits] = [new Float32Array(256), new Float32Array(256), new Uint32Array(256)];
  let right = 3.6541528853610088;
  const base = area / density(right);
  [limits[0], widths[0], heights[0]] = [(right / base) * 2 ** 23, base / 2 ** 23, 1];
  [widths[255], heights[255]] = [right / 2 ** 23, density(right)];
  for (let box = 254; box > 0; box -= 1) {
    const inner = Math.sqrt(-2 * Math.log(area / right + density(right)));
    limits[box + 1] = (inner / right) * 2 ** 23;
    [widths[box], heights[box]] = [inner / 2 ** 23, density(inner)];
    right = inner;
  }
  return { widths, heights, limits };
})();

const BLAKE_START = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
const BLAKE_ORDER = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
  "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
];
const MIXED = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];

// The first 128 bits, two words, of BLAKE2b of 128 bytes or less, asked for as a digest of 16 bytes.
function blake2b(bytes) {
  const block = new DataView(new ArrayBuffer(128));
  bytes.forEach((byte, at) => block.setUint8(at, byte));
  const message = BLAKE_START.concat(BLAKE_START).map((_, word) => block.getBigUint64(8 * word, true));
  const start = BLAKE_START.map((word, at) => (at ? word : word ^ 0x01010010n));
  const v = [...start, ...BLAKE_START];
  v[12] ^= BigInt(bytes.length);
  v[14] ^= WORD;
  const turn = (word, bits) => ((word >> bits) | (word << (64n - bits))) & WORD;
  for (let round = 0; round < 12; round += 1) {
    const order = Array.from(BLAKE_ORDER[round % 10], (digit) => parseInt(digit, 16));
    MIXED.forEach(([a, b, c, d], step) => {
      v[a] = (v[a] + v[b] + message[order[2 * step]]) & WORD;
      v[d] = turn(v[d] ^ v[a], 32n);
      v[c] = (v[c] + v[d]) & WORD;
      v[b] = turn(v[b] ^ v[c], 24n);
      v[a] = (v[a] + v[b] + message[order[2 * step + 1]]) & WORD;
      v[d] = turn(v[d] ^ v[a], 16n);
      v[c] = (v[c] + v[d]) & WORD;
      v[b] = turn(v[b] ^ v[c], 63n);
    });
  }
  return [0, 1].map((word) => start[word] ^ v[word] ^ v[word + 8]);
}

// The z of a seed, a whole number from 0 to 2^53 - 1: its random numbers, then the label, one-hot, of conditional nets.
function latents(seed, { latentDim, classes, distribution }) {
  const bytes = new Uint8Array(14);
  bytes.set(new TextEncoder().encode("seeds"));
  new DataView(bytes.buffer).setBigUint64(6, BigInt(seed), true);
  const random = new Philox(blake2b(bytes));
  const z = new Float32Array(latentDim);
  for (let at = 0; at < latentDim - classes; at += 1) {
    z[at] = distribution === "normal" ? random.normal() : 2 * random.uniform() - 1;
  }
  if (classes) z[latentDim - classes + random.below(classes)] = 1;
  return z;
}

// A point of the way from one z to another: along the arc about 0 of normal ones, else on the straight line. The label
// stays that of the first until half-way.
function between(first, second, t, { classes, distribution }) {
  const count = first.length - classes;
  let [a, b] = [1 - t, t];
  if (distribution === "normal") {
    const dot = (x, y) => x.reduce((sum, number, at) => (at < count ? sum + number * y[at] : sum), 0);
    const angle = Math.acos(Math.max(-1, Math.min(1, dot(first, second) / Math.sqrt(dot(first, first) * dot(second, second)))));
    if (Math.sin(angle) > 1e-6) [a, b] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  }
  return first.map((number, at) => (at < count ? a * number + b * second[at] : (t < 0.5 ? first : second)[at]));
}
