// The book's running figures. WASM (gzip, base64) and CSS come from the builder, which puts this
// file and them into one classic script: it has to work from a file, without a server.

// ---- The crates, compiled

let wasm = null;
const compiled = () => (wasm ??= unpack());

async function unpack() {
  const bytes = Uint8Array.from(atob(WASM), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer());
  return instance.exports;
}

// Calls a function of exports.rs. Each call may move the memory: views are made after it.
const caller = (crate) => (name, ...numbers) => {
  const at = crate.input(numbers.length);
  new Float64Array(crate.memory.buffer, at, numbers.length).set(numbers);
  const count = crate[name]();
  if (!count) throw new Error(`${name}(${numbers}) has no answer`);
  return Array.from(new Float64Array(crate.memory.buffer, crate.output(), count));
};

// ---- The element: the static picture stays until the figure can take its place

const figures = {};
const figure = (name, title, heights, make) => (figures[name] = { title, heights, make });

class Figure extends HTMLElement {
  connectedCallback() {
    // The text below must not jump when the figure is drawn.
    const { heights } = figures[this.getAttribute("name")];
    this.style.minHeight = `${heights[(this.clientWidth < 480) + 2 * ("short" in this.dataset)]}px`;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      compiled().then((crate) => this.draw(crate), () => (this.style.minHeight = ""));
    }, { rootMargin: "800px" });
    seen.observe(this);
  }

  draw(crate) {
    const { title, make } = figures[this.getAttribute("name")];
    const live = html(`<div class="live" role="group" aria-label="${title}"></div>`);
    this.append(live);
    const stage = { live, call: caller(crate), preset: { ...this.dataset } };
    const update = make(stage);
    this.classList.add("runs");
    // Arrow keys move sliders here, and turn no page.
    live.addEventListener("keydown", (event) => event.stopPropagation());
    let width = 0;
    const fit = () => {
      // On paper it is not shown, and has no width.
      if ([0, width].includes(live.clientWidth)) return;
      width = live.clientWidth;
      update();
    };
    fit(); // at once: whoever sees that it runs, sees its numbers
    new ResizeObserver(fit).observe(live);
  }
}

// ---- Controls

const html = (source) => {
  const template = document.createElement("template");
  template.innerHTML = source;
  return template.content.firstElementChild;
};

// "c_t−1" in italics with an index.
const math = (name) => {
  const [letter, index] = name.split("_");
  return `<i>${letter}</i>${index ? `<sub>${index}</sub>` : ""}`;
};

// A slider keeps the exact number that it was set to; only a move of the hand rounds it.
function slider(parent, { name, says, min, max, step, value, digits = 2, show, wide = false }, change) {
  const node = parent.appendChild(html(
    `<label class="slider${wide ? " wide" : ""}"><span></span><output aria-live="off"></output>` +
      `<input type="range" min="${min}" max="${max}" step="${step}"></label>`,
  ));
  const [output, input] = [node.querySelector("output"), node.querySelector("input")];
  const self = {
    node,
    value,
    set(exact) {
      self.value = exact;
      input.value = exact;
      const text = show ? show(exact) : number(exact, digits);
      output.textContent = text;
      input.setAttribute("aria-valuetext", text);
    },
    limit: (most) => (input.max = most),
    rename(name) {
      node.firstChild.innerHTML = math(name);
      input.setAttribute("aria-label", says === name ? name : `${says} ${name.replace("_", "")}`);
    },
  };
  self.rename(name);
  self.set(value);
  input.addEventListener("input", () => {
    self.set(Number(input.value));
    change();
  });
  return self;
}

function button(parent, text, act) {
  const node = parent.appendChild(html(`<button type="button">${text}</button>`));
  node.addEventListener("click", act);
  return node;
}

// A button that trains: `frame` for each of the screen's, until one says that it was the last.
function player(parent, frame) {
  let timer = null;
  const self = {
    stop() {
      cancelAnimationFrame(timer);
      timer = null;
      node.textContent = "train";
    },
  };
  const next = () => {
    timer = requestAnimationFrame(next);
    if (frame()) self.stop();
  };
  const node = button(parent, "train", () => {
    if (timer) return self.stop();
    node.textContent = "pause";
    timer = requestAnimationFrame(next);
  });
  return self;
}

// One of several, as radio buttons that look like one strip.
let groups = 0;
function choice(parent, says, options, value, change) {
  const group = `choice-${groups++}`;
  const node = parent.appendChild(html(`<fieldset class="choice" aria-label="${says}"></fieldset>`));
  const self = { value };
  for (const [option, text] of options) {
    const label = node.appendChild(html(
      `<label><input type="radio" name="${group}" value="${option}"${option === value ? " checked" : ""}>` +
        `<span>${text}</span></label>`,
    ));
    label.firstChild.addEventListener("change", () => {
      self.value = option;
      change();
    });
  }
  return self;
}

const row = (parent, kind = "") => parent.appendChild(html(`<div class="row ${kind}"></div>`));
const equations = (parent, lines) => {
  const node = parent.appendChild(html(`<div class="steps">${"<p></p>".repeat(lines)}</div>`));
  return (...texts) => texts.forEach((text, k) => (node.children[k].innerHTML = text ?? ""));
};

// ---- Numbers

const number = (x, digits = 2) => {
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
};
const superscript = (n) => String(n).replace(/./g, (char) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(char)]);
// Three digits, as a power of ten where a fixed point would show zeros.
const short = (x) => (x === 0 ? "0" : Math.abs(x) >= 0.001 && Math.abs(x) < 1e5 ? number(x, 4) : scientific(x));
const scientific = (x) => {
  const [digits, power] = x.toExponential(1).split("e");
  return `${digits === "1.0" ? "" : `${digits.replace("-", "−")}·`}10${superscript(Number(power))}`;
};
// For a drawing: two decimals, unless they would hide that it is not 0, or not 1.
const two = (x) => {
  const size = Math.abs(x);
  return (size >= 0.005 || size < 5e-5) && !(size >= 0.995 && size < 1) ? number(x) : number(x, 4);
};
const result = (x, digits = 4) => `<b>${typeof x === "string" ? x : number(x, digits)}</b>`;
// The same in the colour of a figure's second thing.
const second = (x, digits) => result(x, digits).replace("b>", 'b class="second">');
// A number that stands after a sign: in brackets if it has one of its own.
const after = (x, digits = 4) => (x < 0 ? `(${number(x, digits)})` : number(x, digits));
const bar = (name) => (name[0] === "%" ? `<span class="over">${name}</span>` : math(name.replace(/^./, "$&\u0304")));
const sumOf = (numbers) => numbers.reduce((sum, x) => sum + x, 0);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

// ---- Drawing: strings of SVG, in pixels of the page

const picture = (parent, height) => {
  const node = parent.appendChild(html(`<svg height="${height}" role="img"></svg>`));
  return {
    width: () => Math.min(node.parentNode.clientWidth, 640),
    show(says, ...parts) {
      node.setAttribute("aria-label", says);
      node.setAttribute("width", this.width());
      node.innerHTML = parts.flat(9).join("");
    },
    node,
  };
};
const line = (x1, y1, x2, y2, kind = "", style = "") =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${kind}" style="${style}"/>`;
const rect = (x, y, width, height, kind) =>
  `<rect x="${x}" y="${y}" width="${Math.max(width, 0)}" height="${Math.max(height, 0)}" class="${kind}"/>`;
const circle = (x, y, r, kind) => `<circle cx="${x}" cy="${y}" r="${r}" class="${kind}"/>`;
const curve = (points, kind) => `<polyline points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}" class="${kind}"/>`;
const text = (x, y, content, kind = "") => `<text x="${x}" y="${y}" class="${kind}">${content}</text>`;
const symbol = (x, y, name, kind = "") => {
  const [letter, index] = name.split("_");
  return text(x, y, `${letter}${index ? `<tspan dy="5" class="index">${index}</tspan>` : ""}`, `symbol ${kind}`);
};
const node = (x, y, sign) => circle(x, y, 13, "node") + text(x, y + 5, sign, "middle");

// A field with axes; x and y turn numbers into places.
function axes({ left, top, width, height, xs, ys, log = false, xTicks, yTicks, xText = String, yText = String }) {
  const place = (value, [low, high], size) => ((value - low) / (high - low)) * size;
  const scaled = (value) => (log ? Math.log10(Math.max(Math.abs(value), 1e-300)) : value);
  const x = (value) => left + place(value, xs, width);
  const y = (value) => top + height - clamp(place(scaled(value), ys, height), -4, height + 4);
  const frame = [
    yTicks.map((tick) => line(left, y(tick), left + width, y(tick), "grid") + text(left - 6, y(tick) + 4, yText(tick), "tick end")),
    xTicks.map((tick) => text(x(tick), top + height + 18, xText(tick), x(tick) > left + width - 9 ? "tick end" : "tick middle")),
  ];
  return { x, y, frame, left, top, width, height };
}
// The first step, the middle and the last.
const stepTicks = (T) => [...new Set([0, Math.round(T / 2), T])];
// Lines at powers of ten, at most five of them.
const decades = (low, high) => {
  const step = Math.ceil((high - low) / 4);
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => 10 ** (low + k * step));
};
const power = (tick) => `10<tspan dy="-5" class="index">${String(Math.round(Math.log10(tick))).replace("-", "−")}</tspan>`;

// ---- One LSTM cell (chapter 11, with presets in 12 to 17)

const GATES = ["i", "f", "g", "o"];
const CELL_W = { i: [1, 0.5], f: [-0.5, 1], g: [2, -1], o: [0.5, 0.5] };

figure("cell", "One LSTM cell", [635, 735], ({ live, call, preset }) => {
  const start = { x: 1, h: 0.5, c: 0.8, i: 0.5, f: 1, g: 0, o: 0.5, mode: "values", focus: "", ...preset };
  const inputs = [1, -1]; // what the chapter's cell reads; then 0
  let t = 1;
  const top = row(live, "top");
  const mode = choice(top, "What is shown", [["values", "values →"], ["h", "← ∂h"], ["c", "← ∂c"]], start.mode, update);
  const buttons = row(top);
  button(buttons, "step", () => {
    const out = compute();
    x.set(inputs[t] ?? 0);
    h.set(out.h);
    c.set(out.c);
    t += 1;
    update();
  });
  button(buttons, "reset", () => {
    t = 1;
    for (const [slider, value] of [[x, start.x], [h, start.h], [c, start.c], ...GATES.map((k) => [b[k], start[k]])])
      slider.set(Number(value));
    update();
  });
  const drawing = picture(live, 354);
  const under = row(live, "four");
  const b = {};
  for (const [k, gate] of [["f", "forget gate"], ["i", "input gate"], ["g", "candidate"], ["o", "output gate"]])
    b[k] = slider(under, { name: `b_${k}`, says: `bias of the ${gate}`, min: -8, max: 8, step: 0.1, value: Number(start[k]) }, update);
  const state = row(live, "three");
  const of = (name, says, value, limit) =>
    slider(state, { name, says, min: -limit, max: limit, step: 0.05, value: Number(value) }, update);
  const x = of("x_t", "input", start.x, 3);
  const h = of("h_t−1", "hidden state before", start.h, 1);
  const c = of("c_t−1", "cell state before", start.c, 3);
  const say = equations(live, 4);

  function compute() {
    const o = call("cell", x.value, h.value, c.value, ...GATES.map((k) => b[k].value));
    const gates = (at) => Object.fromEntries(GATES.map((k, n) => [k, o[at + n]]));
    const slopes = (at) => ({ c: o[at], tanh: o[at + 1], gate: gates(at + 2), a: gates(at + 6), c0: o[at + 10], h0: o[at + 11] });
    return { a: gates(0), gate: gates(4), c: o[8], h: o[9], tanh: o[10], of: { h: slopes(11), c: slopes(23) } };
  }

  function update() {
    const out = compute();
    const { gate, tanh } = out;
    const d = out.of[mode.value]; // undefined when values are shown
    const at = { f: 0.125, i: 0.375, g: 0.625, o: 0.875 };
    const W = drawing.width();
    const [F, I, G, O, P] = [at.f, at.i, at.g, at.o, 0.5].map((share) => share * W);
    const [C, M, H, BOX] = [56, 130, 168, 215]; // heights: memory, i times g, h, boxes
    // A pipe is as thick as its number, and dashed if that is negative.
    const pipe = (value, ...ends) => line(...ends, value < 0 ? "pipe minus" : "pipe", `stroke-width:${(1.5 + 7 * Math.min(Math.abs(value), 1.6)).toFixed(1)}`);
    const says = (value) => (d ? `∂ ${two(value)}` : two(value));
    const pick = (value, slope) => (d ? slope : value);
    const ends = d ? (mode.value === "h" ? 1 : 0) : out.h;
    const through = pick(gate.f * c.value, d?.c); // between the two signs on the memory's line
    const write = pick(gate.i * gate.g, d?.c);
    const boxes = ["f", "i", "g", "o"].map((k) => {
      const [x0, middle] = [at[k] * W - 34, BOX + 40];
      const value = d ? clamp(d.gate[k], -1, 1) : gate[k];
      const centred = d || k === "g";
      const level = centred ? [value > 0 ? middle - 40 * value : middle, 40 * Math.abs(value)] : [BOX + 80 - 80 * value, 80 * value];
      return [
        rect(x0, level[0], 68, level[1], value < 0 ? "level minus" : "level"),
        centred ? line(x0, middle, x0 + 68, middle, "grid") : "",
        rect(x0, BOX, 68, 80, k === start.focus ? "box focus" : "box"),
        text(at[k] * W, middle + 5, says(d ? d.gate[k] : gate[k]), "middle strong halo"),
        symbol(at[k] * W - 24, BOX - 10, k),
        line(at[k] * W, BOX + 80, at[k] * W, BOX + 112, "wire"),
        text(at[k] * W, BOX + 102, d ? `∂a ${two(d.a[k])}` : `a = ${number(out.a[k])}`, "middle quiet halo"),
      ];
    });
    drawing.show(
      d ? `Derivatives of ${mode.value}: ${number(d.c)} at c, ${GATES.map((k) => `${number(d.gate[k])} at ${k}`).join(", ")}, ${number(d.c0)} at the old c.`
        : `${GATES.map((k) => `${k} is ${number(gate[k])}`).join(", ")}; c is ${number(out.c)}, h is ${number(out.h)}.`,
      pipe(pick(c.value, d?.c0), 0, C, F, C),
      pipe(through, F, C, P, C),
      pipe(pick(out.c, d?.c), P, C, W, C),
      pipe(pick(gate.f, d?.gate.f), F, C, F, BOX),
      pipe(write, P, C, P, M),
      pipe(pick(gate.i, d?.gate.i), I, M, P, M) + pipe(pick(gate.i, d?.gate.i), I, M, I, BOX),
      pipe(pick(gate.g, d?.gate.g), P, M, G, M) + pipe(pick(gate.g, d?.gate.g), G, M, G, BOX),
      pipe(pick(out.c, mode.value === "h" ? d?.c : 0), O, C, O, 100) + pipe(pick(tanh, d?.tanh), O, 100, O, H),
      pipe(pick(gate.o, d?.gate.o), O, H, O, BOX),
      pipe(ends, O, H, W, H),
      node(F, C, "×"), node(P, C, "+"), node(P, M, "×"), node(O, H, "×"),
      `<rect x="${O - 25}" y="88" width="50" height="25" rx="12" class="node"/>`, text(O, 105, "tanh", "middle small"),
      symbol(2, C - 24, "c_t−1"), text(2, C + 28, says(pick(c.value, d?.c0)), "halo"),
      text((F + P) / 2, C - 14, says(through), "middle"), text(P + 14, (C + M) / 2 + 6, says(write)),
      symbol(W - 18, C - 24, "c_t"), text((P + O) / 2, C - 14, says(pick(out.c, d?.c)), "middle"),
      text(O - 12, 142, says(pick(tanh, d?.tanh)), "end"),
      symbol(W - 18, H + 34, "h_t"), text(W, H - 14, says(ends), "end halo"),
      line(0, BOX + 112, O, BOX + 112, "wire"), symbol(2, BOX + 132, "h_t−1"), symbol(52, BOX + 132, "x_t"),
      boxes,
    );
    const next = `step ${t}; “step” goes on with ${math("x_t")} = ${number(inputs[t] ?? 0, 0)}`;
    const k = start.focus in CELL_W ? start.focus : null;
    const squash = k === "g" ? "tanh" : "σ";
    const bracket = k && `${math(`a_${k}`)} = ${number(CELL_W[k][0], 1)} · ${after(x.value, 2)} + ${after(CELL_W[k][1], 1)} · ${after(h.value, 4)} + ${after(b[k].value, 2)} = ${number(out.a[k], 4)}, ${math(k)} = ${squash}(${math(`a_${k}`)}) = ${result(gate[k])}`;
    if (!d)
      say(
        `${math("c_t")} = f·${math("c_t−1")} + i·g = ${number(gate.f, 4)} · ${after(c.value)} + ${number(gate.i, 4)} · ${after(gate.g)} = ${result(out.c)}`,
        `${math("h_t")} = o·tanh(${math("c_t")}) = ${number(gate.o, 4)} · ${after(tanh)} = ${result(out.h)}`,
        bracket ?? "",
        next,
      );
    else {
      const seed = mode.value;
      const [up, down] = [`∂${math(`${seed}_t`)}`, (name) => `∂${math(name)}`];
      const slope = k === "g" ? `(1 − g²)` : `${k}(1 − ${k})`;
      const other = { i: "g", f: "c_t−1", g: "i", o: "" }[k];
      say(
        seed === "h" ? `${up}/${down("c_t")} = o·(1 − tanh²${math("c_t")}) = ${number(gate.o, 4)} · ${number(1 - tanh * tanh, 4)} = ${result(d.c)}` : `${up}/${down("c_t")} = ${result(1, 0)}`,
        `${up}/${down("c_t−1")} = f·${up}/${down("c_t")} = ${number(gate.f, 4)} · ${number(d.c, 4)} = ${result(d.c0)}`,
        !k ? `${up}/${down("h_t−1")} = ${result(d.h0)}, through the four brackets`
          : k === "o" && seed === "c" ? `${up}/${down("a_o")} = ${result(0, 0)}: ${math("c_t")} does not depend on o`
          : k === "o" ? `${up}/${down("a_o")} = tanh(${math("c_t")})·${slope} = ${result(d.a.o)}`
          : `${up}/${down(`a_${k}`)} = ${up}/${down("c_t")} · ${math(other)} · ${slope} = ${result(d.a[k])}`,
        next,
      );
    }
  }
  return update;
});

// ---- Training the notebook (chapter 24, and the first page)

const EPOCHS = 500;
const TARGETS = [45, 65, 85, 105, 125, 145, 165, 185];

figure("training", "Training the notebook’s network", [745, 1210, 450, 730], ({ live, call, preset }) => {
  const isShort = "short" in preset; // the first page shows no gates
  let run, notebook, losses;
  let ghost = []; // the curve of the rate before
  const top = row(live, "top");
  const buttons = row(top);
  const playing = player(buttons, () => {
    if (losses.length === EPOCHS) restart();
    // The notebook's own epochs one at a time; after them as fast as the frames allow.
    go(losses.length < notebook.length ? 1 : 20);
    return losses.length === EPOCHS;
  });
  button(buttons, "one epoch", () => (playing.stop(), go(1)));
  button(buttons, "start over", () => (playing.stop(), restart()));
  const rate = choice(top, "Learning rate", [["0.03", "rate 0.03"], ["0.1", "0.1"], ["0.3", "0.3"]], "0.1", () => (playing.stop(), (ghost = losses), restart()));
  const scrub = slider(row(live), { name: "epoch", says: "epoch", min: 0, max: 0, step: 1, value: 0, digits: 0, wide: true }, () => (playing.stop(), update()));
  const drawing = picture(live, 0);
  const say = equations(live, 3);
  const window_ = isShort ? { value: 7 }
    : slider(row(live), { name: "window", says: "window whose gates are shown", min: 0, max: 7, step: 1, value: 7, digits: 0, wide: true }, update);
  const gates = isShort ? null : picture(live, 0);

  function restart() {
    [run, ...notebook] = call("training_start", Number(rate.value));
    losses = [];
    scrub.limit(0);
    scrub.set(0);
    update();
  }
  function go(epochs) {
    losses.push(...call("training_run", run, Math.min(epochs, EPOCHS - losses.length)));
    scrub.limit(losses.length);
    scrub.set(losses.length);
    update();
  }

  function update() {
    const epoch = scrub.value;
    const out = call("training_look", run, epoch, window_.value);
    const W = drawing.width();
    const isNarrow = W < 480;
    const half = isNarrow ? W : W / 2 - 12;
    drawing.node.setAttribute("height", isNarrow ? 480 : 240);
    const loss = axes({
      left: 34, top: 26, width: half - 40, height: 170, xs: [0, EPOCHS], ys: [1, 4.4], log: true,
      xTicks: [0, 100, 200, 300, 400, 500], yTicks: [10, 100, 1000, 10000], yText: power,
    });
    const [dx, dy] = isNarrow ? [0, 240] : [half + 24, 0];
    const points = axes({
      left: dx + 34, top: dy + 26, width: half - 40, height: 170, xs: [-0.5, 7.5], ys: [0, 200],
      xTicks: [0, 1, 2, 3, 4, 5, 6, 7], yTicks: [0, 100, 200],
    });
    const current = losses[epoch] ?? losses[epoch - 1];
    const isNotebooks = rate.value === "0.1";
    drawing.show(
      `${losses.length} epochs are trained. Before epoch ${epoch} the network says ${out.slice(0, 8).map((y) => number(y, 0)).join(", ")} for the targets ${TARGETS.join(", ")}.`,
      text(0, 12, "loss; dotted: always the mean, 2100", "title"), loss.frame,
      line(loss.left, loss.y(2100), loss.left + loss.width, loss.y(2100), "rule"),
      ghost.length ? curve(ghost.map((value, k) => [loss.x(k), loss.y(value)]), "curve ghost") : "",
      isNotebooks ? notebook.map((value, k) => circle(loss.x(k), loss.y(value), 3, "ring")) : [],
      losses.length ? curve(losses.map((value, k) => [loss.x(k), loss.y(value)]), "curve") : "",
      line(loss.x(epoch), loss.top, loss.x(epoch), loss.top + loss.height, "cursor"),
      text(dx, dy + 12, "targets ○ and answers ● for the 8 windows", "title"), points.frame,
      isShort ? "" : rect(points.x(window_.value - 0.4), points.top, points.x(0.8) - points.x(0), points.height, "chosen"),
      TARGETS.map((target, k) => [
        line(points.x(k), points.y(target), points.x(k), points.y(out[k]), "gap"),
        circle(points.x(k), points.y(target), 5, "ring strong"), circle(points.x(k), points.y(out[k]), 4, "dot second"),
      ]),
    );
    const told = notebook[epoch];
    say(
      current === undefined ? "not trained yet: press “train”"
        : epoch < losses.length ? `loss of epoch ${epoch}: ${result(losses[epoch])}${isNotebooks && told ? `; the notebook prints ${number(told, 4)}` : ""}` : `after ${epoch} epochs; the loss of the last was ${result(current)}`,
      isNotebooks && losses.length
        ? `${notebook.filter((value, k) => k < losses.length && Math.abs(losses[k] / value - 1) < 1e-6).length} of the notebook’s ${notebook.length} losses are found again`
        : "",
      `smallest and largest answer: ${second(Math.min(...out.slice(0, 8)), 1)} and ${second(Math.max(...out.slice(0, 8)), 1)}`,
    );
    if (!gates) return;
    const UNITS = 20;
    const [columns, cell] = isNarrow ? [3, 8] : [6, 9];
    const block = W / columns;
    gates.node.setAttribute("height", (UNITS * cell + 34) * (6 / columns) + 20);
    gates.show(
      `Of 60 values each, near 0 or ±1: ${GATES.map((name, part) => `${name} ${out.slice(8 + part * 60, 68 + part * 60).filter((x) => Math.abs(x) < 0.01 || Math.abs(x) > 0.99).length}`).join(", ")}.`,
      text(0, 12, "rows: units, columns: steps; hollow: negative", "title"),
      [...GATES, "c", "h"].map((name, part) => {
        const [left, top] = [(part % columns) * block, Math.floor(part / columns) * (UNITS * cell + 34) + 46];
        const width = (block - 14) / 3;
        const values = out.slice(8 + part * 3 * UNITS, 8 + (part + 1) * 3 * UNITS);
        return [
          symbol(left, top - 8, name), rect(left, top, width * 3, UNITS * cell, "ground"),
          values.map((value, k) => {
            const [step, unit] = [Math.floor(k / UNITS), k % UNITS];
            const size = Math.min(Math.abs(value), 1);
            const at = [left + step * width + 0.5, top + unit * cell + 0.5, width - 1, cell - 1];
            // A negative number is a hollow bar, so that the sign is not in the colour alone.
            return size < 0.02 ? "" : rect(at[0], at[1], at[2] * size, at[3], value < 0 ? "heat minus" : "heat");
          }),
        ];
      }),
    );
  }
  restart();
  return update;
});

// ---- The tape, forwards and backwards (chapters 2 and 4)

const PROGRAMS = {
  product: { number: 0, names: ["x", "y", "u", "z"], start: [3, 2], text: "u = x·y, z = u·x" },
  square: { number: 1, names: ["x", "%1", "%2", "%3", "y"], start: [3], text: "y = x·x + 2·x" },
  twice: { number: 2, names: ["a", "b", "c"], start: [3], text: "b = a + a, c = b + b" },
};

figure("tape", "A tape, forwards and backwards", [480, 590], ({ live, call, preset }) => {
  let at = 0;
  const top = row(live, "top");
  const program = choice(top, "Program", Object.entries(PROGRAMS).map(([key, value]) => [key, value.text]), preset.program ?? "product", () => {
    at = 0;
    variables.forEach((slider, k) => {
      slider.node.hidden = k >= PROGRAMS[program.value].start.length;
      slider.set(PROGRAMS[program.value].start[k] ?? 0);
      slider.rename(PROGRAMS[program.value].names[k]);
    });
    update();
  });
  const controls = row(live, "top");
  const buttons = row(controls);
  const move = (by) => () => ((at = clamp(at + by, 0, 2 * PROGRAMS[program.value].names.length)), update());
  const previous = button(buttons, "previous line", move(-1));
  const next = button(buttons, "next line", move(1));
  button(buttons, "to the end", () => {
    const lines = PROGRAMS[program.value].names.length;
    at = at < lines ? lines : 2 * lines;
    update();
  });
  button(buttons, "reset", () => ((at = 0), variables.forEach((slider, k) => slider.set(PROGRAMS[program.value].start[k] ?? 0)), update()));
  const inputs = row(controls, "two");
  const variables = [0, 1].map((k) =>
    slider(inputs, { name: PROGRAMS[program.value].names[k] ?? "y", says: "variable", min: -5, max: 5, step: 0.5, value: PROGRAMS[program.value].start[k] ?? 0, digits: 1 }, update));
  variables[1].node.hidden = PROGRAMS[program.value].start.length < 2;
  const drawing = picture(live, 290);
  const say = equations(live, 3);
  const plain = (x) => number(x, Number.isInteger(x) ? 0 : 2);
  const piece = (x) => (x < 0 ? `(${plain(x)})` : plain(x));

  function update() {
    const { number: index, names, start } = PROGRAMS[program.value];
    const out = call("tape", index, ...variables.slice(0, start.length).map((slider) => slider.value));
    const lines = names.map((name, k) => {
      const [kind, a, b, value, gradient, da, db] = out.slice(k * 7, k * 7 + 7);
      return { name, kind, inputs: [a, b], value, gradient, slopes: [da, db] };
    });
    const n = lines.length;
    previous.disabled = at === 0;
    next.disabled = at === 2 * n;
    const written = Math.min(at, n); // forwards: so many lines are on the tape
    const done = Math.max(at - n, 0); // backwards: so many lines, from the last one, have passed on
    const current = done ? n - done : -1;
    // Pieces that have arrived at line k, each from the line that sent it.
    const pieces = (k) => [
      ...(k === n - 1 && at >= n ? [1] : []),
      ...lines.flatMap(({ inputs, slopes, gradient }, from) =>
        from >= n - done ? inputs.flatMap((input, arrow) => (input === k ? [gradient * slopes[arrow]] : [])) : []).reverse(),
    ];
    const W = drawing.width();
    const [STEP, TOP] = [46, 40];
    const [nameAt, opAt, valueAt, gradientAt] = [8, 58, W * 0.46, W * 0.6];
    const y = (k) => TOP + k * STEP + 22;
    const operation = ({ kind, inputs }) => ["variable", "number", `${names[inputs[0]]} + ${names[inputs[1]]}`, `${names[inputs[0]]} · ${names[inputs[1]]}`][kind];
    drawing.node.setAttribute("height", TOP + n * STEP + 8);
    drawing.show(
      `Line by line: ${lines.slice(0, written).map((line, k) => `${line.name} is ${plain(line.value)}${done || at > n ? `, gradient so far ${plain(sumOf(pieces(k)))}` : ""}`).join("; ") || "the tape is empty"}.`,
      text(nameAt, 16, "line", "title"), text(valueAt, 16, "value ↓", "title end"), text(gradientAt, 16, "gradient ↑", "title"),
      lines.map((line_, k) => {
        if (k >= written) return rect(0, y(k) - 20, W, STEP - 8, "slot");
        const arrived = pieces(k);
        const isConstant = line_.kind === 1;
        const total = isConstant ? "not wanted" : arrived.length ? plain(sumOf(arrived)) : "waits";
        return [
          rect(0, y(k) - 20, W, STEP - 8, k === current || (!done && k === written - 1) ? "slot now" : "slot"),
          symbol(nameAt, y(k) + 5, line_.name), text(opAt, y(k) + 5, operation(line_), "quiet"),
          text(valueAt, y(k) + 5, plain(line_.value), "end strong"),
          at < n ? "" : text(gradientAt, y(k) + 5, total, arrived.length && !isConstant ? "second" : "quiet"),
          at < n || arrived.length < 2 ? "" : text(gradientAt + 46, y(k) + 5, `= ${arrived.map(piece).join(" + ")}`, "tick"),
        ];
      }),
    );
    const now = lines[current];
    const sent = now && now.kind > 1
      ? now.inputs.map((input, arrow) => lines[input].kind === 1 ? null : `${bar(names[input])} += ${bar(now.name)} · ${plain(now.slopes[arrow])} = ${second(plain(now.gradient * now.slopes[arrow]))}`)
      : [];
    const wanted = lines.filter(({ kind }) => kind === 0).map(({ name, gradient }) => `${bar(name)} = ${second(plain(gradient))}`);
    say(
      at < n ? `forwards: ${written} of ${n} lines are written` : at === n ? `the last line gets the gradient ${second("1")}` : `backwards, line ${current + 1} of ${n}: ${now.kind > 1 ? "it passes on" : now.kind ? "a number gets none" : "a variable keeps what has arrived"}`,
      at === 2 * n ? wanted.join(", ") : sent[0] ?? "",
      at === 2 * n ? "" : sent[1] ?? "",
    );
  }
  return update;
});

// ---- The conveyor: a pulse and what is left of it (chapters 13 and 16)

figure("conveyor", "What is left of a pulse", [480, 480], ({ live, call, preset }) => {
  const start = { bias: 1, steps: 20, u: 1, ...preset };
  const shown = choice(row(live), "What is shown", [["state", "what is left"], ["slope", "its derivative, log scale"]], "state", () => update());
  const drawing = picture(live, 250);
  const controls = row(live, "three");
  const bias = slider(controls, { name: "b_f", says: "forget bias", min: -2, max: 8, step: 0.01, value: Number(start.bias) }, () => update());
  const steps = slider(controls, { name: "T", says: "steps", min: 1, max: 100, step: 1, value: Number(start.steps), digits: 0 }, () => update());
  const u = slider(controls, { name: "u", says: "weight of the plain RNN", min: -2, max: 2, step: 0.01, value: Number(start.u) }, () => update());
  const say = equations(live, 4);

  function update() {
    const T = steps.value;
    const [f, half, cell, ...c] = call("conveyor", bias.value, T);
    const rnn = call("rnn", u.value, 1, T);
    const slopes = [1, ...rnn.slice(2 * T + 1)];
    const isLog = shown.value === "slope";
    const h = isLog ? slopes : rnn.slice(0, T + 1); // of the cell, state and derivative are one number
    const W = drawing.width();
    const least = Math.min(c[T], ...slopes.map((slope) => Math.abs(slope) || 1e-40));
    const low = isLog ? clamp(Math.floor(Math.log10(least)), -40, -2) : h.some((value) => value < 0) ? -1 : 0;
    const field = axes({
      left: 44, top: 24, width: W - 54, height: 190, xs: [-0.6, T + 0.6], ys: [low, isLog ? 0.3 : 1], log: isLog,
      xTicks: stepTicks(T),
      yTicks: isLog ? decades(low, 0) : [-1, -0.5, 0, 0.5, 1].filter((tick) => tick >= low), yText: isLog ? power : (tick) => number(tick, 1),
    });
    const thick = Math.max((field.width / (T + 1)) * 0.6, 1.5);
    const ground = field.y(isLog ? 10 ** low : 0);
    drawing.show(
      `After ${T} steps the cell has ${short(c[T])} of the 1 it began with; the derivative of the plain RNN is ${short(slopes[T])}.`,
      text(0, 12, 'the cell <tspan class="first">▮</tspan>, the plain RNN <tspan class="second">●</tspan>', "title"), field.frame,
      c.map((value, t) => rect(field.x(t) - thick / 2, field.y(value), thick, ground - field.y(value), "bars")),
      curve(h.map((value, t) => [field.x(t), field.y(value)]), "curve second thin"),
      T <= 50 ? h.map((value, t) => circle(field.x(t), field.y(value), 3, "dot second")) : [],
      half <= T ? [line(field.x(half), field.top, field.x(half), field.top + field.height, "cursor"), text(field.x(half) + 5, field.top + 14, "half-life", "tick halo")] : [],
    );
    say(
      `f = σ(${math("b_f")}) = σ(${number(bias.value)}) = ${result(f)}`,
      `half-life: ln ½ / ln f = ${result(half < 1e4 ? number(half) : short(half))} steps`,
      `∂${math("c_T")}/∂${math("c_0")} = f<sup>T</sup> = ${number(f, 4)}<sup>${T}</sup> = ${result(short(cell))}`,
      `RNN: ∂${math("h_T")}/∂${math("h_0")} = ∏ u(1 − ${math("h_t")}²) = ${second(short(slopes[T]))}`,
    );
  }
  return update;
});

// ---- The V-curve (chapter 1)

figure("v-curve", "The error of a central difference", [445, 490], ({ live, call, preset }) => {
  const drawing = picture(live, 300);
  const controls = row(live);
  const step = slider(controls, {
    name: "h", says: "step", min: -14, max: -1, step: 0.25, value: Number(preset.exponent ?? -1),
    show: (e) => scientific(10 ** e), wide: true,
  }, () => update());
  const say = equations(live, 3);

  function update() {
    const out = call("v_curve", step.value);
    const [wide, narrow, errors] = [out.slice(0, 4), out.slice(4, 8), out.slice(8)];
    const count = errors.length / 2;
    const W = drawing.width();
    const field = axes({
      left: 44, top: 24, width: W - 54, height: 240, xs: [-14.3, -0.7], ys: [-12, 1], log: true,
      xTicks: [-14, -12, -10, -8, -6, -4, -2], yTicks: [1, 1e-3, 1e-6, 1e-9, 1e-12], yText: power,
      xText: (tick) => `10<tspan dy="-5" class="index">${number(tick, 0)}</tspan>`,
    });
    const dots = (values, kind, mark) => values.map((error, k) => {
      const exponent = -1 - k / 4;
      return error > 0 ? mark(field.x(exponent), field.y(error), exponent === step.value ? 6 : 3, kind) : "";
    });
    const square = (x, y, r, kind) => rect(x - r, y - r, 2 * r, 2 * r, kind);
    drawing.show(
      `At the step ${short(10 ** step.value)} the error is ${short(wide[3])} in f64 and ${short(narrow[3])} in f32.`,
      text(0, 12, 'error against step: <tspan class="first">●</tspan> f64, <tspan class="second">■</tspan> f32; dotted: h² and ε/2h', "title"), field.frame,
      [2 ** -52, 2 ** -23].map((epsilon) => {
        const [left, right] = [Math.max(-14, Math.log10(epsilon / 2) - 1), Math.log10(epsilon / 2) / 3].map((e) => [field.x(e), field.y(epsilon / 2 / 10 ** e)]);
        return line(...left, ...right, "rule");
      }),
      line(field.x(-1), field.y(1e-2), field.x(-6), field.y(1e-12), "rule"),
      line(field.x(step.value), field.top, field.x(step.value), field.top + field.height, "cursor"),
      dots(errors.slice(0, count), "dot", circle), dots(errors.slice(count), "dot second", square),
    );
    const quotient = ([right, left, slope, error], places, kind) =>
      `${kind}: (${number(right, places)} − ${number(left, places)}) / 2h = ${number(slope, places > 10 ? 10 : 6)}, error ${(kind === "f32" ? second : result)(error ? scientific(error) : "0")}`;
    say(quotient(wide, 14, "f64"), quotient(narrow, 7, "f32"), "f(x) = x³ at 1; the derivative is 3");
  }
  return update;
});

// ---- Saturation (chapter 7)

figure("saturation", "σ and tanh, and their slopes", [440, 440], ({ live, call, preset }) => {
  const top = row(live, "top");
  const kind = choice(top, "Function", [["0", "σ"], ["1", "tanh"]], preset.kind ?? "0", () => update());
  const drawing = picture(live, 250);
  const a = slider(row(live), { name: "a", says: "input", min: -20, max: 20, step: 0.05, value: Number(preset.a ?? Math.log(99)), wide: true }, () => update());
  const say = equations(live, 3);

  function update() {
    const [y, slope, y32, slope32, ...values] = call("saturation", Number(kind.value), a.value);
    const isTanh = kind.value === "1";
    const W = drawing.width();
    const field = axes({
      left: 34, top: 10, width: W - 44, height: 210, xs: [-20, 20], ys: [isTanh ? -1.2 : -0.1, 1.2],
      xTicks: [-20, -10, 0, 10, 20], yTicks: isTanh ? [-1, 0, 1] : [0, 0.5, 1], xText: (tick) => number(tick, 0), yText: (tick) => number(tick, isTanh ? 0 : 1),
    });
    const reach = 5;
    const ends = [-reach, reach].map((d) => [field.x(a.value + d), field.top + field.height - ((y + slope * d - (isTanh ? -1.2 : -0.1)) / (isTanh ? 2.4 : 1.3)) * field.height]);
    drawing.show(
      `At ${number(a.value)} the value is ${number(y, 4)} and the slope ${short(slope)}.`,
      field.frame,
      curve(values.map((value, k) => [field.x(-20 + (40 * k) / (values.length - 1)), field.y(value)]), "curve"),
      `<svg x="${field.left}" y="${field.top}" width="${field.width}" height="${field.height}" viewBox="${field.left} ${field.top} ${field.width} ${field.height}">${curve(ends, "curve second")}</svg>`,
      circle(field.x(a.value), field.y(y), 5, "dot second"),
    );
    say(
      `y = ${isTanh ? "tanh" : "σ"}(${number(a.value)}) = ${result(y)}`,
      isTanh ? `slope = 1 − y² = 1 − ${after(y)}² = ${second(short(slope))}` : `slope = y·(1 − y) = ${number(y, 4)} · ${short(1 - y)} = ${second(short(slope))}`,
      `in f32: y = ${number(y32, 7)}, slope ${second(slope32 === 0 ? "0, exactly" : short(slope32))}`,
    );
  }
  return update;
});

// ---- How an RNN forgets (chapter 10)

figure("rnn", "How a plain RNN forgets", [565, 565], ({ live, call, preset }) => {
  const start = { u: 1.5, h: 0.5, steps: 20, ...preset };
  const drawing = picture(live, 400);
  const controls = row(live, "three");
  const u = slider(controls, { name: "u", says: "recurrent weight", min: -2, max: 2, step: 0.01, value: Number(start.u) }, () => update());
  const h0 = slider(controls, { name: "h_0", says: "hidden state at the start", min: -1, max: 1, step: 0.05, value: Number(start.h) }, () => update());
  const steps = slider(controls, { name: "T", says: "steps", min: 1, max: 50, step: 1, value: Number(start.steps), digits: 0 }, () => update());
  const say = equations(live, 3);

  function update() {
    const T = steps.value;
    const out = call("rnn", u.value, h0.value, T);
    const [h, factors, gradients] = [out.slice(0, T + 1), out.slice(T + 1, 2 * T + 1), [1, ...out.slice(2 * T + 1)]];
    const W = drawing.width();
    const xTicks = stepTicks(T);
    const sizes = gradients.map((slope) => Math.log10(Math.abs(slope) || 1e-60));
    const [low, high] = [Math.floor(Math.min(-2, ...sizes)), Math.ceil(Math.max(1, ...sizes))];
    const state = axes({ left: 40, top: 24, width: W - 50, height: 130, xs: [0, T], ys: [-1, 1], xTicks, yTicks: [-1, 0, 1], yText: (tick) => number(tick, 0) });
    const slope = axes({ left: 40, top: 220, width: W - 50, height: 150, xs: [0, T], ys: [low, high], log: true, xTicks, yTicks: decades(low, high), yText: power });
    drawing.show(
      `After ${T} steps h is ${number(h[T], 4)} and its derivative with respect to the start is ${short(gradients[T])}.`,
      text(0, 12, "the state h after t steps", "title"), state.frame,
      curve(h.map((value, t) => [state.x(t), state.y(value)]), "curve"), h.map((value, t) => circle(state.x(t), state.y(value), 3, "dot")),
      text(0, 208, "the size of its derivative with respect to h₀", "title"), slope.frame,
      curve(gradients.map((value, t) => [slope.x(t), slope.y(value)]), "curve second"), gradients.map((value, t) => circle(slope.x(t), slope.y(value), 3, "dot second")),
    );
    say(
      `${math("h_T")} = tanh(u·${math("h_T−1")}) = tanh(${number(u.value)} · ${after(h[T - 1])}) = ${result(h[T])}`,
      `last factor: u(1 − ${math("h_T")}²) = ${number(u.value)} · ${number(1 - h[T] ** 2, 4)} = ${result(factors[T - 1])}`,
      `∂${math("h_T")}/∂${math("h_0")} = the product of all ${T} factors = ${second(short(gradients[T]))}`,
    );
  }
  return update;
});

// ---- Backpropagation through time (chapter 19)

figure("bptt", "Backpropagation through time", [735, 800], ({ live, call }) => {
  const top = row(live, "top");
  const count = choice(top, "Steps", [["2", "2 steps"], ["3", "3"], ["4", "4"], ["5", "5"]], "2", () => {
    x.forEach((slider, t) => (slider.node.hidden = t >= Number(count.value)));
    back.limit(Number(count.value));
    back.set(Number(count.value));
    update();
  });
  const weight = choice(top, "Weight", [["ih", bar("W_ih")], ["hh", bar("W_hh")], ["b", bar("b")]], "ih", () => update());
  const drawing = picture(live, 270);
  const back = slider(row(live), { name: "back", says: "how many steps backwards", min: 0, max: 2, step: 1, value: 2, digits: 0, wide: true }, () => update());
  const stack = picture(live, 190);
  const inputs = row(live, "five");
  const x = [1, 2, -1, 0.5, 1].map((value, t) => slider(inputs, { name: `x_${t + 1}`, says: `input ${t + 1}`, min: -3, max: 3, step: 0.1, value, digits: 1 }, () => update()));
  x.forEach((slider, t) => (slider.node.hidden = t >= 2));
  const say = equations(live, 3);

  function update() {
    const T = Number(count.value);
    const out = call("bptt", ...x.slice(0, T).map((slider) => slider.value));
    const steps = Array.from({ length: T }, (_, t) => out.slice(t * 19, t * 19 + 19));
    const [, , , , C, , H, HBAR, CBAR, HLATER, CLATER] = Array.from({ length: 11 }, (_, k) => k);
    const reached = T - back.value; // steps from here on are done
    const W = drawing.width();
    const block = W / T;
    const isTight = block < 160;
    const value = (number_) => number(number_, isTight ? 2 : 4);
    drawing.show(
      `Backwards through ${back.value} of ${T} steps. ${steps.map((step, t) => (t >= reached ? `Step ${t + 1}: the adjoint of h is ${number(step[HBAR], 4)}, of c ${number(step[CBAR], 4)}.` : "")).join(" ")}`,
      isTight ? text(0, 266, "in each box: c, c̄, h, h̄", "tick") : "",
      steps.map((step, t) => {
        const [left, middle] = [t * block, (t + 0.5) * block];
        const isDone = t >= reached;
        const isNow = t === reached;
        const wide = Math.min(isTight ? block - 14 : block - 68, 150);
        return [
          rect(middle - wide / 2, 44, wide, 150, isNow ? "box focus" : "box"),
          text(middle, 66, `${isTight ? "" : "c = "}${value(step[C])}`, "middle"), text(middle, 150, `${isTight ? "" : "h = "}${value(step[H])}`, "middle"),
          isDone ? text(middle, 90, `${isTight ? "" : "c̄ = "}${value(step[CBAR])}`, "middle strong second") : "",
          isDone ? text(middle, 174, `${isTight ? "" : "h̄ = "}${value(step[HBAR])}`, "middle strong second") : "",
          t < T - 1 ? [line(middle + wide / 2, 70, left + block * 1.5 - wide / 2, 70, "wire"), line(middle + wide / 2, 154, left + block * 1.5 - wide / 2, 154, "wire")] : "",
          isDone && t < T - 1 && !isTight ? [text(left + block, 104, `←${number(step[CLATER], 4)}`, "middle tick halo second"), text(left + block, 186, `←${number(step[HLATER], 4)}`, "middle tick halo second")] : "",
          line(middle, 44, middle, 26, "wire"), text(middle, 18, `h${"₁₂₃₄₅"[t]} to L`, "middle tick"), line(middle, 194, middle, 214, "wire"),
          symbol(middle - 8, 234, `x_${t + 1}`),
        ];
      }),
    );
    const WEIGHTS = ["ih", "hh", "b"];
    const from = (t, k) => {
      const a = steps[t][15 + k];
      return weight.value === "ih" ? a * x[t].value : weight.value === "hh" ? a * (t ? steps[t - 1][H] : 0) : a;
    };
    const whole = GATES.map((_, k) => steps.map((_, t) => from(t, k)));
    const shares = whole.map((share) => share.map((value, t) => (t >= reached ? value : 0)));
    const most = Math.max(0.05, ...whole.map((all) => Math.max(sumOf(all.filter((v) => v > 0)), -sumOf(all.filter((v) => v < 0)))));
    const isSigned = whole.flat().some((value) => value < 0);
    const bars = axes({ left: 44, top: 24, width: W - 54, height: 130, xs: [-0.5, 3.5], ys: [isSigned ? -most : 0, most], xTicks: [], yTicks: [isSigned ? -most : 0, isSigned ? 0 : most / 2, most], yText: (tick) => number(tick) });
    stack.show(
      GATES.map((gate, k) => `${gate}: ${number(sumOf(shares[k]), 4)}`).join(", "),
      text(0, 12, "each step’s share of the gradient, gate by gate", "title"), bars.frame,
      shares.map((all, k) => {
        let [up, down] = [0, 0];
        return [
          all.map((share, t) => {
            const base = share >= 0 ? up : down;
            share >= 0 ? (up += share) : (down += share);
            const [y0, y1] = [bars.y(base), bars.y(base + share)];
            const size = Math.abs(y0 - y1);
            return size < 1 ? "" : [rect(bars.x(k) - 26, Math.min(y0, y1), 52, size, `share s${t}`), size > 14 ? text(bars.x(k), (y0 + y1) / 2 + 5, `t = ${t + 1}`, "middle tick") : ""];
          }),
          symbol(bars.x(k) - 4, 178, GATES[k]),
        ];
      }),
    );
    const t = Math.min(reached, T - 1);
    const [now, name] = [steps[t], (letter) => `${letter}_${t + 1}`];
    const own = now[HBAR] * now[3] * (1 - now[5] ** 2);
    const offset = T * 19 + 4 * WEIGHTS.indexOf(weight.value);
    const terms = shares[0].slice(reached).map((share) => after(share));
    say(
      back.value === 0 ? "nothing has come back yet: move the slider" : `${bar(name("h"))} = 1 + ${after(now[HLATER])} = ${second(now[HBAR])}: 1 is the partial derivative, this is the total one`,
      back.value === 0 ? "" : `${bar(name("c"))} = ${number(now[CLATER], 4)} (along c) + ${after(own)} (through h) = ${second(now[CBAR])}`,
      back.value === 0 ? "" : `gate i: ${terms.join(" + ")} = ${result(sumOf(shares[0]))}${back.value === T ? `; ${GATES.slice(1).map((gate, k) => `${gate}: ${number(out[offset + k + 1], 4)}`).join(", ")}` : ""}`,
    );
  }
  return update;
});

// ---- Learning to add (chapter 22)

figure("adding", "Learning to add", [430, 540], ({ live, call }) => {
  const BATCHES = 50; // in each point of the curve
  const MOST = 400; // points
  const LEARNT = 2e-3;
  let runs = {};
  const sequences = (points) => (points * BATCHES * 16).toLocaleString("en");
  const top = row(live, "top");
  const buttons = row(top);
  const playing = player(buttons, () => {
    const run = current();
    const until = performance.now() + 12;
    do {
      run.errors.push(call("adding_run", run.id, 1)[0]);
      if (run.errors.length === BATCHES) run.points.push(sumOf(run.errors.splice(0)) / BATCHES);
    } while (performance.now() < until);
    const isNew = run.learnt === undefined && run.points.at(-1) < LEARNT;
    if (isNew) run.learnt = run.points.length;
    update();
    return isNew || run.points.length >= MOST;
  });
  button(buttons, "start over", () => (playing.stop(), (runs = {}), update()));
  const values = choice(top, "Initial values", [["0", "PyTorch’s default"], ["1", "chrono"]], "0", () => (playing.stop(), update()));
  const length = choice(top, "Length", [["30", "T = 30"], ["50", "50"], ["100", "100"]], "50", () => (playing.stop(), (runs = {}), update()));
  const drawing = picture(live, 290);
  const say = equations(live, 3);
  const current = () => (runs[values.value] ??= { id: call("adding_start", Number(values.value), Number(length.value), 1)[0], errors: [], points: [] });

  function update() {
    const W = drawing.width();
    const most = Math.max(60, ...Object.values(runs).map((run) => run.points.length));
    const field = axes({
      left: 44, top: 24, width: W - 54, height: 225, xs: [0, most], ys: [-5, -1], log: true, xTicks: stepTicks(most),
      xText: (tick) => `${tick === most ? "sequences: " : ""}${sequences(tick)}`, yTicks: [0.1, 0.01, 0.001, 0.0001, 0.00001], yText: power,
    });
    const lines = Object.entries(runs).map(([key, { points }]) => points.length ? curve(points.map((error, k) => [field.x(k + 1), field.y(error)]), key === "1" ? "curve second" : "curve") : "");
    const last = (key) => runs[key]?.points.at(-1);
    const told = ([key, name]) => last(key) === undefined ? `${name}: not trained yet`
      : `${name}: ${sequences(runs[key].points.length)} sequences, error ${result(short(last(key)))}${runs[key].learnt ? `; learnt after ${result(sequences(runs[key].learnt))}` : ""}`;
    drawing.show(
      `Mean squared error. ${[["0", "Default"], ["1", "Chrono"]].map(([key, name]) => `${name}: ${last(key) === undefined ? "not trained" : short(last(key))}`).join(". ")}.`,
      text(0, 12, 'squared error: <tspan class="first">— default</tspan>, <tspan class="second">– – chrono</tspan>', "title"), field.frame,
      line(field.left, field.y(LEARNT), field.left + field.width, field.y(LEARNT), "rule"), text(field.left + field.width, field.y(LEARNT) - 5, "learnt: 0.002", "tick end halo"), lines,
    );
    say(told(["0", "PyTorch’s default"]), told(["1", "chrono"]), "both read the same kind of sequences, with the same rate");
  }
  return update;
});

// ---- Begin

// print.html has this script twice.
if (!customElements.get("tapestry-figure") && "DecompressionStream" in window && "WebAssembly" in window) {
  document.head.append(html(`<style>${CSS}</style>`));
  customElements.define("tapestry-figure", Figure);
}
