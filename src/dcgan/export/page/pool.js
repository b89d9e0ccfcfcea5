// Processes that draw beside each other, as many as the browser has and memory allows. What is urgent goes first.

const MEMORY = 400e6; // bytes that the weights of all of them may take

class Pool {
  constructor(model, weights, code, source, onError) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" })); // a page from disk has no other
    const most = Math.floor(MEMORY / (3 * weights.byteLength));
    const count = Math.max(1, Math.min(8, navigator.hardwareConcurrency - 1, most));
    this.waiting = [];
    this.idle = [];
    try {
      for (let number = 0; number < count; number += 1) {
        const worker = new Worker(address);
        worker.onerror = (event) => onError(event.message);
        worker.postMessage({ model, weights, code });
        this.idle.push(worker);
      }
    } catch (error) {
      onError(error.message);
    }
  }

  // The pixels of a z, RGBA.
  draw(z, urgent = false) {
    return new Promise((resolve) => {
      this.waiting[urgent ? "unshift" : "push"]({ z, urgent, resolve });
      this.start();
    });
  }

  // Give up what waits and is not urgent.
  drop() {
    this.waiting = this.waiting.filter(({ urgent }) => urgent);
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
