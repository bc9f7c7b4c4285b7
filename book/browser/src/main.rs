//! How long a reader waits for the figures: `cargo run --manifest-path book/browser/Cargo.toml`.
//! The numbers mean something while the machine does nothing else.

use std::fs;
use std::process::ExitCode;

use browser::{Page, book};
use serde_json::Value;

/// How often each page is opened.
const VISITS: usize = 5;

fn main() -> ExitCode {
    if !book::is_ready() {
        return ExitCode::FAILURE;
    }
    let mut page = Page::new();
    let (mut drawn, mut answers) = (Vec::new(), Vec::new());
    println!("figure            on page                     drawn in    answers in   ms, medians");
    for (name, figures) in book::pages() {
        for figure in figures {
            let (mut these_drawn, mut these_answers) = (Vec::new(), Vec::new());
            for _ in 0..VISITS {
                page.open(&name);
                these_drawn.extend(numbers(&page.eval(&format!("{DRAWN}('{figure}')"))));
                these_answers.extend(numbers(&page.eval(&format!("{ANSWERS}('{figure}')"))));
            }
            let text = |times: &[f64]| median(times).map_or("-".into(), |ms| format!("{ms:.1}"));
            let (draw, answer) = (text(&these_drawn), text(&these_answers));
            println!("{figure:16}  {name:28}{draw:>8}{answer:>14}");
            drawn.extend(these_drawn);
            answers.extend(these_answers);
        }
    }
    let epochs: Vec<_> = (0..VISITS)
        .flat_map(|_| {
            page.open(&book::chapter("forecast"));
            page.reach("training");
            numbers(&page.eval(&format!("{EPOCHS}()")))
        })
        .collect();
    let computed: Vec<_> = (0..VISITS)
        .flat_map(|_| numbers(&page.eval(&format!("{COMPUTED}('{}')", book::wasm()))))
        .collect();
    let size = fs::metadata(book::folder().join("widgets.js")).map_or(0, |file| file.len());
    for (what, times, aim) in [
        ("from coming near to drawn", drawn, 200),
        ("a slider's answer", answers, 16),
        ("500 epochs of the notebook, computed", computed, 1000),
        ("500 epochs, frame by frame", epochs, 1000),
    ] {
        let median = median(&times).unwrap_or(f64::NAN);
        println!("{what}: {median:.1} ms, median of {} (aim: {aim})", times.len());
    }
    println!("widgets.js: {size} bytes (aim: 300000)");
    ExitCode::SUCCESS
}

/// From the moment when a figure comes near the screen until it is drawn. Nothing for one that
/// is near when the page opens.
const DRAWN: &str = "(async (name) => {
  const node = figure(name);
  if (node.matches('.runs')) return [];
  const begin = performance.now();
  scrollTo(0, node.getBoundingClientRect().top + scrollY - innerHeight - 400);
  await until(() => node.matches('.runs'), 20);
  return [performance.now() - begin];
})";

/// From each of a figure's sliders' moves until the page has its new place for everything.
const ANSWERS: &str = "(async (name) => {
  const node = figure(name);
  node.scrollIntoView({ block: 'center' });
  await until(() => node.matches('.runs'), 20);
  button(node, 'one epoch')?.click();
  const times = [];
  for (const input of all('input[type=range]', node).filter(isShown))
    for (let k = 0; k <= 10; k++) {
      await frame();
      const begin = performance.now();
      slide(input, Number(input.min) + (input.max - input.min) * k / 10);
      document.body.getBoundingClientRect();
      times.push(performance.now() - begin);
    }
  return times;
})";

/// From pressing «train» until all epochs are trained and drawn.
const EPOCHS: &str = "(async () => {
  const node = figure('training');
  const begin = performance.now();
  button(node, 'train').click();
  await until(() => steps(node).includes('after 500 epochs'), 20);
  return [performance.now() - begin];
})";

/// 500 epochs alone, without a picture of any.
const COMPUTED: &str = "(async (wasm) => {
  const compute = await compiled(wasm);
  const [training] = compute('training_start', [0.1]);
  const begin = performance.now();
  compute('training_run', [training, 500]);
  return [performance.now() - begin];
})";

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
