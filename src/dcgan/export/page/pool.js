// Processes that draw beside each other, as many as the browser has and memory allows. What is urgent goes first.

const MEMORY = 400e6; // bytes that the weights of all of them may take

class Pool {
  constructor(model, weights, code, source, onError) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" })); // a page from disk has no other
    const count = Math.min(8, Math.max(1, navigator.hardwareConcurrency - 1), Math.max(1, Math.floor(MEMORY / (3 * weights.byteLength))));
    this.waiting = [];
    this.idle = Array.from({ length: count }, () => {
      const worker = new Worker(address);
      worker.onerror = (event) => onError(event.message || "this browser starts no workers for a page from disk");
      worker.postMessage({ model, weights, code });
      return worker;
    });
  }

  // The pixels of a z, RGBA.
  draw(z, urgent = false) {
    return new Promise((resolve) => {
      this.waiting[urgent ? "unshift" : "push"]({ z, resolve });
      this.start();
    });
  }

  start() {
    while (this.idle.length && this.waiting.length) {
      const worker = this.idle.pop();
      const { z, resolve } = this.waiting.shift();
      worker.onmessage = ({ data }) => {
        this.idle.push(worker);
        resolve(data);
        this.start();
      };
      worker.postMessage(z);
    }
  }
}
