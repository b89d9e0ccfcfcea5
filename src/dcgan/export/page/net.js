// A generator: draws one picture at a time, layer by layer. `model` is what dcgan wrote: its layers, and which numbers of
// `weights` (an ArrayBuffer) each tensor has. Every value is a flat array in the order of torch: channel, row, column.

class Net {
  constructor(model, weights, code) {
    this.model = model;
    this.tensors = model.tensors.map(({ start, length, half }) =>
      half ? floats(new Uint16Array(weights, start, length)) : new Float32Array(weights, start, length),
    );
    const products = model.layers.filter(({ op }) => op in SHAPES).map((layer) => ({ layer, ...SHAPES[layer.op](layer) }));
    const scratch = Math.max(...products.map(({ rows, inputs, outputs }) => rows * (inputs + eights(outputs))));
    const packed = products.reduce((sum, { inputs, outputs }) => sum + inputs * eights(outputs), 0);
    this.machine = machine(code, packed + scratch);
    this.scratch = packed;
    let at = 0;
    for (const { layer, inputs, outputs, steps } of products) {
      layer.packed = at;
      pack(this.machine.numbers, at, this.tensors[layer.inputs[1].tensor], inputs, outputs, steps);
      at += inputs * eights(outputs);
    }
  }

  // The picture of a z, as an ImageData has it: RGBA, a byte each.
  draw(z) {
    const values = new Map([[this.model.input, z]]);
    for (const layer of this.model.layers) {
      const inputs = layer.inputs.map(({ value, tensor }) => (value === undefined ? this.tensors[tensor] : values.get(value)));
      values.set(layer.output, OPERATIONS[layer.op](inputs, layer, this));
    }
    return pixels(values.get(this.model.output), this.model.channels);
  }

  // The rows of x (fill(x) writes them) times a layer's weights: numbers (rows, eights(outputs)), until the next product.
  product(layer, rows, inputs, outputs, fill) {
    const { numbers, multiply } = this.machine;
    const x = this.scratch;
    const y = x + rows * inputs;
    fill(numbers.subarray(x, y));
    multiply(4 * layer.packed, 4 * x, 4 * y, rows, inputs, eights(outputs));
    return numbers.subarray(y, y + rows * eights(outputs));
  }
}

const eights = (count) => 8 * Math.ceil(count / 8);

// Of each layer that multiplies: rows, inputs and outputs of the product, and how far apart in its tensor the weights of
// two outputs and of two inputs are.
const SHAPES = {
  linear: ({ shapes: [[inputs], [outputs]] }) => ({ rows: 1, inputs, outputs, steps: [inputs, 1] }),
  conv_transpose({ shapes: [[inputs, height, width], [, ...kernel]] }) {
    const outputs = kernel[0] * kernel[1] * kernel[2];
    return { rows: height * width, inputs, outputs, steps: [1, outputs] };
  },
  conv({ shapes: [, [outputs, ...kernel]], shape: [, height, width] }) {
    const inputs = kernel[0] * kernel[1] * kernel[2];
    return { rows: height * width, inputs, outputs, steps: [inputs, 1] };
  },
};

const OPERATIONS = {
  linear([x, , bias], layer, net) {
    const { inputs, outputs } = SHAPES.linear(layer);
    const y = net.product(layer, 1, inputs, outputs, (into) => into.set(x));
    return bias.map((number, at) => number + y[at]);
  },

  // Each place of the map gives a square of the output, to which it is added.
  conv_transpose([x, , bias], layer, net) {
    const { rows, inputs, outputs } = SHAPES.conv_transpose(layer);
    const [[, , width], [, , tall, wide]] = layer.shapes;
    const [channels, outHeight, outWidth] = layer.shape;
    const { stride, pads } = layer.options;
    const y = net.product(layer, rows, inputs, outputs, (into) => {
      for (let channel = 0; channel < inputs; channel += 1) {
        for (let row = 0; row < rows; row += 1) into[row * inputs + channel] = x[channel * rows + row];
      }
    });
    const out = new Float32Array(channels * outHeight * outWidth);
    bias.forEach((number, channel) => out.fill(number, channel * outHeight * outWidth, (channel + 1) * outHeight * outWidth));
    for (let row = 0; row < rows; row += 1) {
      const top = Math.floor(row / width) * stride[0] - pads[0];
      const left = (row % width) * stride[1] - pads[1];
      const [firstDown, lastDown] = [Math.max(0, -top), Math.min(tall, outHeight - top)];
      const [firstRight, lastRight] = [Math.max(0, -left), Math.min(wide, outWidth - left)];
      for (let channel = 0; channel < channels; channel += 1) {
        for (let down = firstDown; down < lastDown; down += 1) {
          const from = row * eights(outputs) + (channel * tall + down) * wide;
          const to = (channel * outHeight + top + down) * outWidth + left;
          for (let right = firstRight; right < lastRight; right += 1) out[to + right] += y[from + right];
        }
      }
    }
    return out;
  },

  // Each place of the output is a product with the square of the map below it.
  conv([x, , bias], layer, net) {
    const { rows, inputs, outputs } = SHAPES.conv(layer);
    const [[channels, height, width], [, , tall, wide]] = layer.shapes;
    const [, , outWidth] = layer.shape;
    const { stride, pads } = layer.options;
    const y = net.product(layer, rows, inputs, outputs, (into) => {
      let at = 0;
      for (let row = 0; row < rows; row += 1) {
        const top = Math.floor(row / outWidth) * stride[0] - pads[0];
        const left = (row % outWidth) * stride[1] - pads[1];
        for (let channel = 0; channel < channels; channel += 1) {
          for (let down = top; down < top + tall; down += 1) {
            for (let right = left; right < left + wide; right += 1, at += 1) {
              const inside = down >= 0 && down < height && right >= 0 && right < width;
              into[at] = inside ? x[(channel * height + down) * width + right] : 0;
            }
          }
        }
      }
    });
    return Float32Array.from({ length: outputs * rows }, (_, at) => bias[Math.floor(at / rows)] + y[(at % rows) * eights(outputs) + Math.floor(at / rows)]);
  },

  relu([x]) {
    const out = new Float32Array(x.length);
    for (let at = 0; at < x.length; at += 1) if (x[at] > 0) out[at] = x[at];
    return out;
  },
  leaky_relu: ([x], { options }) => x.map((number) => (number < 0 ? options.slope * number : number)),
  tanh: ([x]) => x.map(Math.tanh),
  sigmoid: ([x]) => x.map((number) => 1 / (1 + Math.exp(-number))),
  add: ([x, y]) => both(x, y, (a, b) => a + b),
  sub: ([x, y]) => both(x, y, (a, b) => a - b),
  mul: ([x, y]) => both(x, y, (a, b) => a * b),
  div: ([x, y]) => both(x, y, (a, b) => a / b),
  reshape: ([x]) => x,
  slice: ([x], { options, shapes }) => x.subarray(...[options.start, options.end].map((place) => place * (x.length / shapes[0][0]))),
  concat(parts, { shape }) {
    const out = new Float32Array(shape.reduce((product, side) => product * side));
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  },
  expand: ([x], { shape }) => both(new Float32Array(shape.reduce((product, side) => product * side)), x, (_, number) => number),

  // Twice as large, by the four pixels around each place.
  resize([x], { shapes: [[channels, height, width]], shape: [, outHeight, outWidth] }) {
    const place = (at, count, outCount) => {
      const exact = Math.max(0, ((at + 0.5) * count) / outCount - 0.5);
      const first = Math.floor(exact);
      return [first, Math.min(first + 1, count - 1), exact - first];
    };
    const out = new Float32Array(channels * outHeight * outWidth);
    let at = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      for (let row = 0; row < outHeight; row += 1) {
        const [top, bottom, down] = place(row, height, outHeight).map((number, n) => (n < 2 ? (channel * height + number) * width : number));
        for (let column = 0; column < outWidth; column += 1, at += 1) {
          const [left, right, across] = place(column, width, outWidth);
          const upper = x[top + left] * (1 - across) + x[top + right] * across;
          out[at] = upper * (1 - down) + (x[bottom + left] * (1 - across) + x[bottom + right] * across) * down;
        }
      }
    }
    return out;
  },
};

// Numbers with numbers of the same count, with one, or with one for each channel.
function both(x, y, combine) {
  const share = y.length / x.length;
  return x.map((number, at) => combine(number, y[Math.floor(at * share)]));
}

// Memory for so many numbers, and the product in it: compiled where browsers can, and slowly in JavaScript elsewhere.
function machine(code, count) {
  try {
    const { memory, multiply } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports;
    memory.grow(Math.ceil((4 * count) / 65536));
    return { numbers: new Float32Array(memory.buffer), multiply };
  } catch {
    const numbers = new Float32Array(count);
    return { numbers, multiply: (...places) => slowly(numbers, ...places) };
  }
}

// What multiply.wat does.
function slowly(numbers, w, x, y, rows, inputs, outputs) {
  for (let block = 0; block < outputs; block += 8) {
    for (let row = 0; row < rows; row += 1) {
      const sums = new Float32Array(8);
      for (let input = 0; input < inputs; input += 1) {
        const number = numbers[x / 4 + row * inputs + input];
        const weight = w / 4 + block * inputs + 8 * input;
        for (let lane = 0; lane < 8; lane += 1) sums[lane] += number * numbers[weight + lane];
      }
      numbers.set(sums, y / 4 + row * outputs + block);
    }
  }
}

// Put weights where multiply.wat expects them: eight outputs side by side for each input, zeros for those that lack.
function pack(numbers, at, tensor, inputs, outputs, [outputStep, inputStep]) {
  for (let block = 0; block < outputs; block += 8) {
    const lanes = Math.min(8, outputs - block);
    for (let input = 0; input < inputs; input += 1, at += 8) {
      const from = block * outputStep + input * inputStep;
      for (let lane = 0; lane < lanes; lane += 1) numbers[at + lane] = tensor[from + lane * outputStep];
    }
  }
}

// Numbers in half precision as float32.
function floats(halves) {
  HALVES ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const [sign, exponent, rest] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    return exponent ? sign * 2 ** (exponent - 15) * (1 + rest / 1024) : sign * 2 ** -24 * rest;
  });
  const out = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at += 1) out[at] = HALVES[halves[at]];
  return out;
}

let HALVES; // the number of each of 16 bits

// Images in [-1, 1] to RGBA; gray pictures have three equal channels, and those without a fourth are opaque.
function pixels(image, channels) {
  const count = image.length / channels;
  const level = (at) => Math.round((image[at] + 1) * 127.5);
  const out = new Uint8ClampedArray(4 * count);
  for (let pixel = 0; pixel < count; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) out[4 * pixel + channel] = level((channels < 3 ? 0 : channel) * count + pixel);
    out[4 * pixel + 3] = channels === 4 ? level(3 * count + pixel) : 255;
  }
  return out;
}
