// Masks as PNG. They are encoded here, and not by a canvas, because some browsers change what is read from a canvas, so
// that pages cannot recognize them.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GRAY = [1, 0, 0, 0, 0]; // one bit, gray, deflated, a filter for each row, not interlaced

const CHECKS = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

// A mask as bytes of a PNG with one bit a pixel. It may change as soon as this has returned its promise.
export async function encode(mask) {
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, mask.width);
  new DataView(head.buffer).setUint32(4, mask.height);
  head.set(GRAY, 8);
  const data = await deflate(rows(mask));
  const parts = [chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return new Uint8Array(await new Blob([Uint8Array.from(SIGNATURE), ...parts]).arrayBuffer());
}

// The pixels of a mask, from the blob of any PNG: white is 1. What a browser changed is off by little, and if it is not,
// the digest does not fit and the server refuses what is painted on it.
export async function decode(blob) {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, pixel) => Number(data[4 * pixel] >= 128));
}

export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

// Each row after the number of its filter: 0, none.
function rows(mask) {
  const length = 1 + Math.ceil(mask.width / 8);
  const bytes = new Uint8Array(length * mask.height);
  for (let y = 0; y < mask.height; y += 1) {
    for (let x = 0; x < mask.width; x += 1) {
      if (mask.pixels[y * mask.width + x]) bytes[y * length + 1 + (x >> 3)] |= 0x80 >> (x & 7);
    }
  }
  return bytes;
}

async function deflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Length, kind, data and their check sum.
function chunk(kind, data) {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(data, 8);
  let check = 0xffffffff;
  for (const byte of bytes.subarray(4, 8 + data.length)) check = CHECKS[(check ^ byte) & 0xff] ^ (check >>> 8);
  view.setUint32(8 + data.length, ~check);
  return bytes;
}
