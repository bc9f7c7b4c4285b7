// What the tests look at and do in a page. It is put before each of their expressions.
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const figure = (name) => document.querySelector(`tapestry-figure[name="${name}"]`);
const frame = () => new Promise(requestAnimationFrame);
const until = async (condition, seconds) => {
  for (const end = performance.now() + 1000 * seconds; !condition(); await frame())
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${condition}`);
};
const slider = (figure, label) => figure.querySelector(`input[type=range][aria-label="${label}"]`);
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
