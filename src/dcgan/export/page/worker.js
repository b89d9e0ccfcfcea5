// A process that draws: it is sent the net once, and then one z after another.

let net;
onmessage = ({ data }) => {
  if (data.model) {
    net = new Net(data.model, data.weights, data.code);
  } else {
    const drawn = net.draw(data);
    postMessage(drawn, [drawn.buffer]);
  }
};
