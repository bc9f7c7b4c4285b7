// What the tests look at and do in a page. It is put before each of their expressions.
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const figure = (name) => document.querySelector(`tapestry-figure[name="${name}"]`);
const frame = () => new Promise(requestAnimationFrame);
const until = async (condition, seconds) => {
  for (const end = performance.now() + 1000 * seconds; !condition(); await frame())
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${condition}`);
};
const slider = (figure, label) => figure.querySelector(`input[type=range][aria-label^="${label}"]`);
const slide = (input, value) => {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const button = (figure, text) => all("button", figure).find((button) => button.textContent.trim() === text);
const option = (figure, text) =>
  all(".choice label", figure).find((label) => label.textContent.trim() === text).querySelector("input");
const steps = (figure) => all(".steps p", figure).map((line) => line.textContent).join("\n");
const labels = (figure) => all(".live svg[role=img]", figure).map((svg) => svg.getAttribute("aria-label"));
const isShown = (node) => !!node && node.getClientRects().length > 0;
// The page's own WebAssembly as a function: the name of a figure's computation and its numbers
// to the answer's numbers.
const compiled = async (wasm) => {
  const bytes = Uint8Array.from(atob(wasm), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const module = await WebAssembly.instantiate(await new Response(stream).arrayBuffer());
  const { memory, input, output, ...computations } = module.instance.exports;
  return (name, numbers) => {
    const at = input(numbers.length);
    new Float64Array(memory.buffer, at, numbers.length).set(numbers);
    const count = computations[name]();
    return new Float64Array(memory.buffer, output(), count).slice();
  };
};
