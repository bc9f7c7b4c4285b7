// Makes the question of a chapter's «Predict» answer. The answer is in the page, hidden, with what
// to choose from or the number to type; it comes when the reader has tried. Where no script runs,
// and on paper, the question stands alone. Nothing is stored and nothing is counted.
(() => {
"use strict";

const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

/** The number that somebody typed, as 0.25 or 0,25 or 1/4 or 25 %; or NaN. */
const parse = (typed) => {
  const text = typed.replace(/\s/g, "").replaceAll(",", ".").replaceAll("−", "-");
  const [, number, divisor = 1, percent] = /^([-+.\de]+)(?:\/([.\d]+))?(%?)$/i.exec(text) ?? [];
  const value = Number(number) / divisor / (percent ? 100 : 1);
  return Number.isFinite(value) ? value : NaN;
};

const list = (text = "") => text.split("|").map((part) => part.trim().replace(/\s+/g, " "));

for (const answer of document.querySelectorAll("blockquote > .answer")) {
  const { choices, right, number, within, hints } = answer.dataset;
  const fields = make("fieldset", {}, make("legend", {}, "Your answer"));
  const verdict = make("p", {});
  const show = make("button", { type: "button", hidden: true }, "Show me the answer");
  const form = make("form", { className: "predict" }, fields, verdict, show);
  verdict.setAttribute("role", "status");

  const end = (text) => {
    verdict.textContent = `${text} ${right ?? number}.`;
    show.hidden = true;
    answer.hidden = false;
    for (const button of fields.querySelectorAll("button")) {
      const found = button.textContent === right;
      button.setAttribute(found ? "aria-current" : "aria-disabled", "true");
    }
  };
  const attempt = (given, isRight, isSame) => {
    if (isRight) return end("Right:");
    // A hint is a wrong answer, a colon, and a sentence to whoever gives it.
    const hint = list(hints).find((hint) => isSame(hint.split(":")[0]));
    const why = hint ? hint.slice(hint.indexOf(":") + 1) : " Try again, or see the answer.";
    verdict.textContent = `${given}: not this one.${why}`;
    show.hidden = false;
  };

  for (const choice of choices ? list(choices) : []) {
    const button = make("button", { type: "button" }, choice);
    button.addEventListener("click", () => {
      if (!answer.hidden || button.hasAttribute("aria-disabled")) return;
      if (choice !== right) button.setAttribute("aria-disabled", "true");
      attempt(choice, choice === right, (wrong) => wrong === choice);
    });
    fields.append(button);
  }
  if (number) {
    const input = make("input", { inputMode: "decimal", autocomplete: "off" });
    input.setAttribute("aria-label", "A number");
    fields.append(input, make("button", {}, "Check"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!answer.hidden) return;
      const value = parse(input.value);
      if (Number.isNaN(value)) return void (verdict.textContent = "Type a number, as 0.25 or 1/4.");
      const isNear = (to) => Math.abs(value - to) <= Number(within) + 1e-12; // for 0.3 is not 3/10
      attempt(input.value.trim(), isNear(number), isNear);
    });
  }
  show.addEventListener("click", () => {
    end("It is");
    answer.tabIndex = -1;
    answer.focus(); // this button is gone
  });
  // mdBook's keys turn pages and open the search.
  answer.parentElement.addEventListener("keydown", (event) => event.stopPropagation());
  answer.before(form);
}
})();
