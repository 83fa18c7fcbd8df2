// Two npm packages whose weights lie in the package, on the WebAssembly back end that their own Node demos use.
// node peers_node.mjs NAME NODE_MODULES FACES.bin COUNT SIDE SECONDS [all]
// FACES.bin: COUNT grey faces of SIDE x SIDE bytes. Prints one line of JSON: times in ms, or with "all" every score.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const [name, modules, file, count, side, seconds, all] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const say = console.log;
console.log = () => {}; // libraries greet on stdout; stdout is ours
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
wasm.setWasmPaths(join(modules, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
await tf.setBackend('wasm');
await tf.ready();

const bytes = new Uint8Array(readFileSync(file));
const [n, s] = [Number(count), Number(side)];
const faces = (from, to) => tf.tensor4d(Float32Array.from(bytes.subarray(from * s * s, to * s * s)), [to - from, s, s, 1]);

async function openFaceApi() {
  const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
  await faceapi.tf.setBackend('wasm');
  await faceapi.tf.ready();
  const net = faceapi.nets.faceExpressionNet;
  await net.loadFromDisk(join(modules, 'node_modules/@vladmandic/face-api/model'));
  return {
    names: ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'],
    run: (batch) => {
      const rgb = tf.tidy(() => tf.tile(tf.image.resizeBilinear(batch, [112, 112]), [1, 1, 1, 3]));
      const out = net.forwardInput(new faceapi.NetInput(tf.unstack(rgb), true));
      rgb.dispose();
      return out;
    },
  };
}

async function openHuman() {
  const folder = join(modules, 'node_modules/@vladmandic/human/models');
  const json = JSON.parse(readFileSync(join(folder, 'emotion.json')));
  const weights = readFileSync(join(folder, 'emotion.bin'));
  const model = await tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap((part) => part.weights),
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
  }));
  const input = model.inputs[0].shape[2];
  return {
    names: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
    run: (batch) => tf.tidy(() => {
      const small = tf.image.resizeBilinear(batch, [input, input], false).div(255);
      return model.execute(small.sub(0.5).mul(2)); // grey in, so its weighted sum of channels is the grey itself
    }),
  };
}

const peer = name === 'human' ? await openHuman() : await openFaceApi();
const classify = (from, to) => {
  const batch = faces(from, to);
  const out = peer.run(batch);
  const scores = Array.from(out.dataSync());
  batch.dispose();
  out.dispose();
  return scores;
};
const timed = (size) => {
  for (let i = 0; i < 3; i += 1) classify(0, size);
  const times = [];
  const end = performance.now() + Number(seconds) * 1000;
  while (times.length < 5 || (performance.now() < end && times.length < 60)) {
    const begun = performance.now();
    classify(0, size);
    times.push(performance.now() - begun);
  }
  return times;
};

if (all) {
  const scores = [];
  for (let i = 0; i < n; i += 64) scores.push(...classify(i, Math.min(n, i + 64)));
  say(JSON.stringify({ names: peer.names, scores }));
} else {
  const pack = JSON.parse(readFileSync(join(modules, `node_modules/@vladmandic/${name}/package.json`)));
  say(JSON.stringify({ version: pack.version, backend: tf.getBackend(), batch_1: timed(1), batch_32: timed(Math.min(32, n)) }));
}
