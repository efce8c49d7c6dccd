/**
 * A process inside a network namespace: opens sockets when told and says what became of them. One JSON object a line, in and out.
 *
 * `listen` opens ports (TCP on every address of the family, UDP on one address); whoever connects is told, as JSON, which address
 * and port he reached and which address he came from. `connect` opens a connection or sends a datagram and answers with
 * that, or with `refused` or `timeout`. It ends when nobody speaks to it any more.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const open = [];

const actions = { listen, connect: connectTo, close };

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line);
    actions[request.action](request, (answer) => {
      process.stdout.write(`${JSON.stringify({ id: request.id, ...answer })}\n`);
    });
  })
  .on('close', () => process.exit());

function listen({ places }, answer) {
  let left = places.length;
  const opened = onlyOnce(answer);
  const one = (place) => (error) => {
    if (error !== undefined) opened({ outcome: `${error.code} ${JSON.stringify(place)}` });
    else if (--left === 0) opened({ outcome: 'ok' });
  };
  for (const place of places) {
    if (place.protocol === 'udp') listenUdp(place, one(place));
    else listenTcp(place, one(place));
  }
}

function listenTcp({ family, port }, done) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(reached(socket.localAddress, socket.localPort, socket.remoteAddress));
  });
  server.on('error', done);
  server.listen({ port, host: family === 4 ? '0.0.0.0' : '::', ipv6Only: true, backlog: 511 }, () => done());
  open.push(server);
}

function listenUdp({ family, port, address }, done) {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
  socket.on('error', done);
  // An answer that cannot be sent is no answer.
  socket.on('message', (_, from) => socket.send(reached(address, port, from.address), from.port, from.address, ignore));
  socket.bind(port, address, () => done());
  open.push(socket);
}

function ignore() {}

function reached(address, port, peer) {
  return JSON.stringify({ address, port, peer });
}

function connectTo(request, answer) {
  const once = onlyOnce(answer);
  const timer = setTimeout(() => finish({ outcome: 'timeout' }), request.timeoutMs);
  const socket = request.protocol === 'udp' ? sendUdp(request, finish) : connectTcp(request, finish);
  function finish(result) {
    clearTimeout(timer);
    try {
      if (request.protocol === 'udp') socket.close();
      else socket.destroy();
    } catch {
      // Closed by its own error already.
    }
    once(result);
  }
}

function connectTcp({ source, destination, port }, finish) {
  const socket = connect({ host: destination, port, localAddress: source });
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.on('end', () => finish({ outcome: 'answered', ...JSON.parse(text) }));
  socket.on('error', (error) => finish({ outcome: refusedOr(error.code) }));
  return socket;
}

function sendUdp({ source, destination, port, family }, finish) {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  socket.on('error', (error) => finish({ outcome: refusedOr(error.code) }));
  socket.on('message', (data) => finish({ outcome: 'answered', ...JSON.parse(data) }));
  socket.bind(0, source, () => {
    socket.connect(port, destination, (error) => {
      if (error) finish({ outcome: error.code });
      // EPERM says that the node's own rules stopped the datagram; whether it was refused comes as an error after it.
      else
        socket.send('x', (failed) => failed && failed.code !== 'EPERM' && finish({ outcome: refusedOr(failed.code) }));
    });
  });
  return socket;
}

function refusedOr(code) {
  return code === 'ECONNREFUSED' ? 'refused' : code;
}

function close(_, answer) {
  for (const socket of open.splice(0)) socket.close();
  answer({ outcome: 'ok' });
}

function onlyOnce(answer) {
  let done = false;
  return (result) => {
    if (done) return;
    done = true;
    answer(result);
  };
}
