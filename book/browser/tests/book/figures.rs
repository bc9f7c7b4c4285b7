//! Each figure on the page where it is at home: it begins with the chapter's numbers, and comes
//! to known ones.

use serde_json::json;
use widgets::adding::Adding;
use widgets::bptt;

use super::in_browser;
use browser::{Page, book};

/// One figure on an open page.
struct Figure<'a> {
    page: &'a mut Page,
    name: &'a str,
}

impl Figure<'_> {
    #[track_caller]
    fn eval(&mut self, expression: &str) -> serde_json::Value {
        let Figure { page, name } = self;
        page.eval(&format!(r#"((f) => {expression})(figure("{name}"))"#))
    }

    /// Sets a slider.
    #[track_caller]
    fn slide(&mut self, label: &str, value: f64) {
        self.eval(&format!(r#"slide(slider(f, "{label}"), {value})"#));
    }

    /// Presses a button with this text.
    #[track_caller]
    fn press(&mut self, text: &str) {
        self.eval(&format!(r#"button(f, "{text}").click()"#));
    }

    /// Chooses one of several.
    #[track_caller]
    fn choose(&mut self, text: &str) {
        self.eval(&format!(r#"option(f, "{text}").click()"#));
    }

    /// Checks that its equations have these texts in them.
    #[track_caller]
    fn says(&mut self, texts: &[&str]) {
        let steps = self.eval("steps(f)");
        let steps = steps.as_str().expect("equations are text");
        for text in texts {
            assert!(steps.contains(text), "no {text} in\n{steps}");
        }
    }

    /// Waits until its equations have this text in them.
    #[track_caller]
    fn comes_to_say(&mut self, text: &str) {
        let Figure { page, name } = self;
        page.wait(&format!(r#"steps(figure("{name}")).includes("{text}")"#));
    }

    /// Checks the number beside a slider.
    #[track_caller]
    fn shows(&mut self, label: &str, number: &str) {
        let shown = self.eval(&format!(
            r#"slider(f, "{label}").closest("label").querySelector("output").textContent"#
        ));
        assert_eq!(shown, json!(number), "{label}");
    }
}

/// Opens a chapter, and plays with its first figure of this name.
fn play(chapter: &str, name: &str, test: impl FnOnce(Figure<'_>)) {
    in_browser(|page| {
        page.open(&book::chapter(chapter));
        page.reach(name);
        test(Figure { page, name });
    });
}

/// Whoever sees that a figure runs, sees its numbers.
#[test]
fn there_is_no_empty_figure() {
    in_browser(|page| {
        page.open(&book::chapter("lstm-at-a-glance"));
        let steps = page.eval(
            r#"new Promise((resolve) => {
                const cell = figure("cell");
                const look = () => cell.classList.contains("runs") && resolve(steps(cell));
                new MutationObserver(look).observe(cell, { attributes: true });
                cell.scrollIntoView();
                look();
            })"#,
        );
        assert!(steps.as_str().is_some_and(|steps| steps.contains("1.3560")), "{steps}");
    });
}

#[test]
fn cell() {
    play("lstm-at-a-glance", "cell", |mut cell| {
        cell.says(&["1.3560", "0.6805"]);
        cell.press("step");
        cell.shows("input", "−1.00");
        cell.says(&["0.7625", "0.3754"]);
        cell.press("reset");
        cell.shows("input", "1.00");
        cell.says(&["1.3560", "0.6805"]);
        cell.choose("← ∂c");
        cell.says(&["0.7311"]);
        // The forget gate shut: of c, only what is written is left, 0.8520 · 0.9051.
        cell.choose("values →");
        cell.slide("bias of the forget gate", -8.0);
        assert_eq!(cell.eval("labels(f)[0].includes('f is 0.00')"), true);
        cell.says(&["0.0003 · 0.80", "0.7714"]);
    });
}

#[test]
fn training() {
    play("forecast", "training", |mut training| {
        training.says(&["not trained yet"]);
        training.press("one epoch");
        training.says(&["15388.949", "1 of the notebook’s 29 losses"]);
        training.press("start over");
        training.says(&["not trained yet"]);
        training.press("train");
        training.comes_to_say("29 of the notebook’s 29 losses are found again");
        training.comes_to_say("after 500 epochs");
        training.slide("epoch", 28.0);
        training.says(&["loss of epoch 28", "the notebook prints"]);
        training.choose("rate 0.03");
        training.says(&["not trained yet"]);
    });
}

#[test]
fn tape() {
    play("chain-rule", "tape", |mut tape| {
        tape.choose("u = x·y, z = u·x");
        tape.says(&["0 of 4 lines"]);
        tape.press("next line");
        tape.says(&["1 of 4 lines"]);
        tape.press("previous line");
        tape.says(&["0 of 4 lines"]);
        tape.press("to the end"); // forwards
        tape.says(&["the last line gets the gradient 1"]);
        tape.press("to the end"); // and back
        tape.says(&["= 12", "= 9"]);
        // z = x·y·x: the derivatives are 2xy and x².
        tape.slide("variable", 2.0);
        tape.says(&["= 8", "= 4"]);
        tape.press("reset");
        tape.shows("variable", "3.0");
        tape.says(&["0 of 4 lines"]);
        tape.choose("y = x·x + 2·x");
        tape.press("to the end");
        tape.press("to the end");
        tape.says(&["= 8"]);
    });
}

#[test]
fn conveyor() {
    play("forget-gate", "conveyor", |mut conveyor| {
        conveyor.says(&["2.21"]);
        conveyor.slide("forget bias", 4.97);
        conveyor.slide("steps", 100.0);
        conveyor.says(&["= 0.50"]); // half of it is there after 100 steps
        conveyor.slide("forget bias", 1.0);
        conveyor.slide("steps", 20.0);
        conveyor.says(&["0.7311", "2.21", "0.0019"]);
    });
}

#[test]
fn v_curve() {
    play("one-derivative", "v-curve", |mut curve| {
        curve.slide("step", -6.0);
        curve.shows("step", "10⁻⁶");
        curve.says(&["2.5·10⁻¹¹"]);
        curve.slide("step", -12.0);
        curve.says(&["error 10⁻⁴"]);
    });
}

#[test]
fn saturation() {
    play("sigmoid-tanh", "saturation", |mut curve| {
        curve.slide("input", 0.0);
        curve.says(&["0.5000", "0.2500"]);
        curve.slide("input", 18.0);
        curve.says(&["0, exactly"]);
        curve.choose("tanh");
        curve.slide("input", 0.0);
        curve.says(&["tanh(0.00) = 0.0000", "1.0000"]);
    });
}

#[test]
fn rnn() {
    play("rnn", "rnn", |mut rnn| {
        for (label, value) in
            [("recurrent weight", 1.5), ("hidden state at the start", 0.5), ("steps", 20.0)]
        {
            rnn.slide(label, value);
        }
        rnn.says(&["0.8586", "5.5·10⁻⁸"]);
        // One step from 0.5: tanh(0.75), and 1.5 · (1 − tanh²(0.75)).
        rnn.slide("steps", 1.0);
        rnn.says(&["0.6351", "0.8949"]);
    });
}

#[test]
fn backpropagation_through_time() {
    /// The gradient of W_ii, and those of the other gates as the figure prints them.
    fn gradients(x: &[f64]) -> [String; 2] {
        let out = bptt::compute(x).expect("there are inputs");
        let w_ih = &out[x.len() * bptt::PER_STEP..][..4];
        let digits = |slope: f64| format!("{slope:.4}").replace('-', "−");
        let [i, f, g, o] = [0, 1, 2, 3].map(|k| digits(w_ih[k]));
        [format!("= {i};"), format!("; f: {f}, g: {g}, o: {o}")]
    }
    play("bptt", "bptt", |mut bptt| {
        bptt.says(&["1.0825", "= 0.2165;", "; f: 0.0388, g: 0.3191, o: 0.4247"]);
        let says = |bptt: &mut Figure<'_>, x: &[f64]| {
            bptt.says(&gradients(x).each_ref().map(|text| &text[..]))
        };
        says(&mut bptt, &[1.0, 2.0]);
        bptt.slide("input 1", -1.5);
        says(&mut bptt, &[-1.5, 2.0]);
        bptt.slide("how many steps backwards", 0.0);
        bptt.says(&["nothing has come back yet"]);
        bptt.choose("4");
        says(&mut bptt, &[-1.5, 2.0, -1.0, 0.5]);
    });
}

#[test]
fn adding() {
    play("table-of-1997", "adding", |mut adding| {
        // The first point of the curve: the mean over fifty batches.
        let mut network = Adding::new(false, 50, 1);
        let first = (0..50).map(|_| network.batch()).sum::<f64>() / 50.0;
        adding.press("train");
        adding.comes_to_say("default: 800 sequences");
        adding.says(&[&format!("{first:.4}")]);
        adding.choose("chrono"); // pauses
        adding.press("train");
        adding.comes_to_say("; learnt after"); // and stops
        adding.press("start over");
        adding.says(&["PyTorch’s default: not trained yet", "chrono: not trained yet"]);
    });
}
